"""Kinds of keys, what each may be used for, by which algorithms, and how the material of one is made.

https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-choose-key-spec.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from headwater.spine.ids import Ids

SYMMETRIC = "SYMMETRIC_DEFAULT"
ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC = "ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"

_OAEP = ("RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256")
_RSA_SIGNATURES = tuple(f"RSASSA_{kind}_SHA_{bits}" for kind in ("PKCS1_V1_5", "PSS") for bits in (256, 384, 512))
_RSA = MappingProxyType({ENCRYPT_DECRYPT: _OAEP, SIGN_VERIFY: _RSA_SIGNATURES})
RSA_BITS: Mapping[str, int] = MappingProxyType({f"RSA_{bits}": bits for bits in (2048, 3072, 4096)})
CURVES: Mapping[str, ec.EllipticCurve] = MappingProxyType(
    {
        "ECC_NIST_P256": ec.SECP256R1(),
        "ECC_NIST_P384": ec.SECP384R1(),
        "ECC_NIST_P521": ec.SECP521R1(),
        "ECC_SECG_P256K1": ec.SECP256K1(),
    }
)
_ECC_BITS = MappingProxyType({"ECC_NIST_P256": 256, "ECC_NIST_P384": 384, "ECC_NIST_P521": 512, "ECC_SECG_P256K1": 256})
# the sizes that AWS gives its HMAC keys
_SECRET_BYTES = MappingProxyType({SYMMETRIC: 32, "HMAC_224": 28, "HMAC_256": 32, "HMAC_384": 48, "HMAC_512": 64})

ALGORITHMS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        SYMMETRIC: {ENCRYPT_DECRYPT: (SYMMETRIC,)},
        **dict.fromkeys(RSA_BITS, _RSA),
        **{spec: {SIGN_VERIFY: (f"ECDSA_SHA_{bits}",)} for spec, bits in _ECC_BITS.items()},
        **{f"HMAC_{bits}": {GENERATE_VERIFY_MAC: (f"HMAC_SHA_{bits}",)} for bits in (224, 256, 384, 512)},
    }
)
"""What a key of a kind may be used for, and by which algorithms. Kinds that are not here we lack."""
TAKES_LONG = frozenset(RSA_BITS)
"""A pair of RSA is looked for so long (tenths of a second) that nothing may wait for it."""


def random_bytes(ids: Ids, count: int) -> bytes:
    return ids.bits(8 * count).to_bytes(count, "big")


def secret_of(spec: str, ids: Ids) -> bytes:
    """New material: random bytes, or a private key (PKCS #8). RSA's takes long."""
    size = _SECRET_BYTES.get(spec)
    return private_key(spec) if size is None else random_bytes(ids, size)


def private_key(spec: str) -> bytes:
    """A new private key of RSA or an elliptic curve, by the machine's own randomness, whatever the seed."""
    bits = RSA_BITS.get(spec)
    made = ec.generate_private_key(CURVES[spec]) if bits is None else rsa.generate_private_key(65537, bits)
    return made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
