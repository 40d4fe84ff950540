"""Encrypting small things with a key, decrypting them, encrypting them again with another one.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#cryptographic-operations
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from headwater.services.kms import ciphertexts, tables
from headwater.services.kms.errors import ciphertext_of_nobody, incorrect_key, invalid_ciphertext, validation
from headwater.services.kms.key import Key, check_access, find_key
from headwater.services.kms.specs import ENCRYPT_DECRYPT, RSA_BITS, SYMMETRIC, random_bytes
from headwater.services.kms.using import check_algorithm, check_dry_run, check_usable, usable_key
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.shapes import failure, validation_error

Context = Mapping[str, str] | None


class Opened(NamedTuple):
    """A plaintext, whose key it was, and which of its materials (of a symmetric key)."""

    plaintext: bytes
    key: Key
    algorithm: str
    material: str | None


def secret_of_key(call: Call, key: Key, material: str | None = None) -> bytes:
    """A key's material: the present one, or a former one that a ciphertext names."""
    row = call.store.one(tables.FIND_MATERIAL, (key.arn, material or key.material))
    if row is None:
        raise invalid_ciphertext()
    return bytes(row[0])


def encrypt_with(call: Call, key: Key, plaintext: bytes, context: Context) -> bytes:
    nonce = random_bytes(call.ids, ciphertexts.NONCE_BYTES)
    return ciphertexts.seal(secret_of_key(call, key), key.id, key.material, nonce, plaintext, context)


@operation("kms", "Encrypt", reads=True)
def encrypt(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html"""
    key = usable_key(call, request, ENCRYPT_DECRYPT)
    algorithm = check_algorithm(key, request.get("EncryptionAlgorithm") or SYMMETRIC)
    blob = _sealed(call, key, algorithm, request["Plaintext"], request.get("EncryptionContext"))
    check_dry_run(request)
    return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": algorithm}


def _sealed(call: Call, key: Key, algorithm: str, plaintext: bytes, context: Context) -> bytes:
    if algorithm == SYMMETRIC:
        return encrypt_with(call, key, plaintext, context)
    _check_no_context(context)
    scheme, overhead = _oaep(algorithm)
    most = RSA_BITS[key.spec] // 8 - overhead
    if len(plaintext) > most:
        raise validation(f"Algorithm {algorithm} and key spec {key.spec} cannot encrypt data larger than {most} bytes.")
    return _private(call, key).public_key().encrypt(plaintext, scheme)


def _check_no_context(context: Context) -> None:
    if context:
        raise validation("EncryptionContext is not supported for asymmetric encryption algorithms.")


def _oaep(algorithm: str) -> tuple[padding.OAEP, int]:
    """The padding, and how many bytes it takes away from a modulus."""
    digest = hashes.SHA1() if algorithm.endswith("SHA_1") else hashes.SHA256()
    return padding.OAEP(padding.MGF1(digest), digest, None), 2 * digest.digest_size + 2


def _private(call: Call, key: Key) -> rsa.RSAPrivateKey:
    loaded = load_der_private_key(secret_of_key(call, key), None)
    assert isinstance(loaded, rsa.RSAPrivateKey)
    return loaded


@operation("kms", "Decrypt", reads=True)
def decrypt(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html"""
    opened = _opened(call, request, "KeyId", "EncryptionAlgorithm", "EncryptionContext")
    check_dry_run(request)
    return {
        "KeyId": opened.key.arn,
        "Plaintext": opened.plaintext,
        "EncryptionAlgorithm": opened.algorithm,
        "KeyMaterialId": opened.material,
    }


def _opened(call: Call, request: Request, key_member: str, algorithm_member: str, context_member: str) -> Opened:
    if request.get("DryRunModifiers"):
        raise not_implemented("DryRunModifiers of KMS")
    if "CiphertextBlob" not in request:  # the model does not require it: in a trial it may be left out
        raise validation_error([failure(None, "ciphertextBlob", "Member must not be null")])
    algorithm = request.get(algorithm_member) or SYMMETRIC
    blob, context = request["CiphertextBlob"], request.get(context_member)
    if algorithm != SYMMETRIC:
        return _opened_by_pair(call, request, key_member, algorithm, context)
    ciphertext = ciphertexts.parse(blob)
    if ciphertext is None:
        if request.get(key_member):
            usable_key(call, request, ENCRYPT_DECRYPT, key_member)
        raise invalid_ciphertext()
    if request.get(key_member):
        key = find_key(call, request[key_member], aliases=True)
        if key.id != ciphertext.key_id:
            raise incorrect_key()
        usable_key(call, request, ENCRYPT_DECRYPT, key_member)
    else:
        key = _key_of(call, ciphertext.key_id)
    secret = secret_of_key(call, key, ciphertext.material)
    plaintext = ciphertexts.unseal(secret, ciphertext, context)
    if plaintext is None:
        raise invalid_ciphertext()
    return Opened(plaintext, key, algorithm, ciphertext.material)


def _opened_by_pair(call: Call, request: Request, key_member: str, algorithm: str, context: Context) -> Opened:
    """A ciphertext of a pair says nothing of its key."""
    if not request.get(key_member):
        raise validation(f"{key_member} is required for asymmetric encryption algorithms.")
    key = usable_key(call, request, ENCRYPT_DECRYPT, key_member)
    check_algorithm(key, algorithm)
    _check_no_context(context)
    try:
        plaintext = _private(call, key).decrypt(request["CiphertextBlob"], _oaep(algorithm)[0])
    except ValueError:
        raise invalid_ciphertext() from None
    return Opened(plaintext, key, algorithm, None)


def _key_of(call: Call, identity: str) -> Key:
    """The key that a ciphertext names, of whichever account; one that may not be used cannot be told from none."""
    rows = call.store.all(tables.FIND_KEYS_BY_ID, (call.region, identity))
    if not rows:
        raise ciphertext_of_nobody()
    key = Key(*rows[0])
    call.span.subject = key.arn
    if key.account != call.account:
        check_access(call, key)
    check_usable(call, key, ENCRYPT_DECRYPT)
    return key


@operation("kms", "ReEncrypt", reads=True)
def re_encrypt(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html"""
    opened = _opened(call, request, "SourceKeyId", "SourceEncryptionAlgorithm", "SourceEncryptionContext")
    key = usable_key(call, request, ENCRYPT_DECRYPT, "DestinationKeyId")
    algorithm = check_algorithm(key, request.get("DestinationEncryptionAlgorithm") or SYMMETRIC)
    blob = _sealed(call, key, algorithm, opened.plaintext, request.get("DestinationEncryptionContext"))
    check_dry_run(request)
    return {
        "CiphertextBlob": blob,
        "SourceKeyId": opened.key.arn,
        "KeyId": key.arn,
        "SourceEncryptionAlgorithm": opened.algorithm,
        "DestinationEncryptionAlgorithm": algorithm,
        "SourceKeyMaterialId": opened.material,
        "DestinationKeyMaterialId": key.material if algorithm == SYMMETRIC else None,
    }
