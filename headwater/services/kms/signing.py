"""Signatures of RSA and elliptic curves, and the public keys by which anybody can check them.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from headwater.services.kms.encrypting import secret_of_key
from headwater.services.kms.errors import unsupported, validation
from headwater.services.kms.key import Key, check_enabled, find_key
from headwater.services.kms.specs import CURVES, ENCRYPT_DECRYPT, RSA_BITS, SIGN_VERIFY
from headwater.services.kms.using import check_algorithm, check_dry_run, usable_key
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_DIGESTS: tuple[tuple[str, hashes.HashAlgorithm], ...] = (
    ("SHA_256", hashes.SHA256()),
    ("SHA_384", hashes.SHA384()),
    ("SHA_512", hashes.SHA512()),
)


class _Signing(NamedTuple):
    """A request to sign or verify: which key, how, and the digest of what."""

    key: Key
    algorithm: str
    private: Private
    digest: bytes
    hashing: hashes.HashAlgorithm


def _prepared(call: Call, request: Request) -> _Signing:
    key = usable_key(call, request, SIGN_VERIFY)
    algorithm = check_algorithm(key, request["SigningAlgorithm"])
    hashing = dict(_DIGESTS)[algorithm[-7:]]
    message, kind = request["Message"], request.get("MessageType") or "RAW"
    if kind == "EXTERNAL_MU":
        raise validation(f"Message type {kind} is incompatible with key spec {key.spec}.")
    if kind == "RAW":
        hasher = hashes.Hash(hashing)
        hasher.update(message)
        message = hasher.finalize()
    elif len(message) != hashing.digest_size:
        raise validation(f"Digest is invalid length for algorithm {algorithm}.")
    return _Signing(key, algorithm, _private(call, key), message, hashing)


def _private(call: Call, key: Key) -> Private:
    loaded = load_der_private_key(secret_of_key(call, key), None)
    assert isinstance(loaded, Private)
    return loaded


def _padding(algorithm: str, hashing: hashes.HashAlgorithm) -> padding.AsymmetricPadding:
    if algorithm.startswith("RSASSA_PSS"):
        return padding.PSS(padding.MGF1(hashing), hashing.digest_size)
    return padding.PKCS1v15()


@operation("kms", "Sign", reads=True)
def sign(call: Call, request: Request) -> Result:
    asked = _prepared(call, request)
    check_dry_run(request)
    given = Prehashed(asked.hashing)
    if isinstance(asked.private, rsa.RSAPrivateKey):
        signature = asked.private.sign(asked.digest, _padding(asked.algorithm, asked.hashing), given)
    else:
        signature = asked.private.sign(asked.digest, ec.ECDSA(given))
    return {"KeyId": asked.key.arn, "Signature": signature, "SigningAlgorithm": asked.algorithm}


@operation("kms", "Verify", reads=True)
def verify(call: Call, request: Request) -> Result:
    """A signature that does not hold is an error: KMSInvalidSignatureException.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html
    """
    asked = _prepared(call, request)
    check_dry_run(request)
    given = Prehashed(asked.hashing)
    try:
        if isinstance(asked.private, rsa.RSAPrivateKey):
            scheme = _padding(asked.algorithm, asked.hashing)
            asked.private.public_key().verify(request["Signature"], asked.digest, scheme, given)
        else:
            asked.private.public_key().verify(request["Signature"], asked.digest, ec.ECDSA(given))
    except InvalidSignature:
        raise AwsError("KMSInvalidSignatureException", "") from None
    return {"KeyId": asked.key.arn, "SignatureValid": True, "SigningAlgorithm": asked.algorithm}


@operation("kms", "GetPublicKey", reads=True)
def get_public_key(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GetPublicKey.html"""
    key = find_key(call, request["KeyId"], aliases=True)
    if key.spec not in RSA_BITS and key.spec not in CURVES:
        raise unsupported()
    check_enabled(key)
    public = _private(call, key).public_key()
    algorithms = "EncryptionAlgorithms" if key.usage == ENCRYPT_DECRYPT else "SigningAlgorithms"
    return {
        "KeyId": key.arn,
        "PublicKey": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "CustomerMasterKeySpec": key.spec,
        "KeySpec": key.spec,
        "KeyUsage": key.usage,
        algorithms: list(key.algorithms),
    }
