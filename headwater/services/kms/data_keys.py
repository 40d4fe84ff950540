"""Data keys: made here, used elsewhere, kept under a key. And random bytes for whoever wants them.

https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#data-keys
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from headwater.services.kms.encrypting import encrypt_with
from headwater.services.kms.errors import unsupported, validation
from headwater.services.kms.key import Key
from headwater.services.kms.specs import CURVES, ENCRYPT_DECRYPT, RSA_BITS, SYMMETRIC, private_key, random_bytes
from headwater.services.kms.using import check_dry_run, usable_key
from headwater.spine.errors import not_implemented
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.work import Work

_SIZES = (("AES_128", 16), ("AES_256", 32))


@operation("kms", "GenerateRandom", reads=True)
def generate_random(call: Call, request: Request) -> Result:
    if request.get("CustomKeyStoreId") or request.get("Recipient"):
        raise not_implemented("CustomKeyStoreId and Recipient of GenerateRandom")
    if request.get("NumberOfBytes") is None:
        raise validation("NumberOfBytes is required.")
    return {"Plaintext": random_bytes(call.ids, request["NumberOfBytes"])}


@operation("kms", "GenerateDataKey", reads=True)
def generate_data_key(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html"""
    return _data_key(call, request)


@operation("kms", "GenerateDataKeyWithoutPlaintext", reads=True)
def generate_data_key_without_plaintext(call: Call, request: Request) -> Result:
    made = _data_key(call, request)
    del made["Plaintext"]
    return made


def _data_key(call: Call, request: Request) -> Result:
    spec, count = request.get("KeySpec"), request.get("NumberOfBytes")
    if (spec is None) == (count is None):
        raise validation("Please specify either number of bytes or key spec.")
    size = int(dict(_SIZES)[spec] if spec else request["NumberOfBytes"])
    key = _symmetric(call, request)
    check_dry_run(request)
    plaintext = random_bytes(call.ids, size)
    blob = encrypt_with(call, key, plaintext, request.get("EncryptionContext"))
    return {"CiphertextBlob": blob, "Plaintext": plaintext, "KeyId": key.arn, "KeyMaterialId": key.material}


def _symmetric(call: Call, request: Request) -> Key:
    key = usable_key(call, request, ENCRYPT_DECRYPT)
    if key.spec != SYMMETRIC:
        raise unsupported()
    return key


@operation("kms", "GenerateDataKeyPair")
def generate_data_key_pair(call: Call, request: Request) -> Answer:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKeyPair.html"""
    return _pair(call, request, True)


@operation("kms", "GenerateDataKeyPairWithoutPlaintext")
def generate_data_key_pair_without_plaintext(call: Call, request: Request) -> Answer:
    return _pair(call, request, False)


def _pair(call: Call, request: Request, with_plaintext: bool) -> Answer:
    spec = request["KeyPairSpec"]
    if spec not in RSA_BITS and spec not in CURVES:
        raise not_implemented(f"KeyPairSpec {spec} of {call.span.name.removeprefix('kms:')}")
    _symmetric(call, request)
    check_dry_run(request)
    if spec in CURVES:
        return _wrapped(call, request, private_key(spec), with_plaintext)
    return _pair_slowly(call.work, request, spec, with_plaintext)


def _pair_slowly(work: Work, request: Request, spec: str, with_plaintext: bool) -> Coroutine[Any, Any, Result]:
    async def make() -> Result:
        private = await asyncio.to_thread(private_key, spec)
        return await work.transact(_wrapped, request, private, with_plaintext)

    return make()


def _wrapped(call: Call, request: Request, private: bytes, with_plaintext: bool) -> Result:
    key = _symmetric(call, request)
    public = load_der_private_key(private, None).public_key()
    result: Result = {
        "PrivateKeyCiphertextBlob": encrypt_with(call, key, private, request.get("EncryptionContext")),
        "PublicKey": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "KeyId": key.arn,
        "KeyPairSpec": request["KeyPairSpec"],
        "KeyMaterialId": key.material,
    }
    return {**result, "PrivateKeyPlaintext": private} if with_plaintext else result
