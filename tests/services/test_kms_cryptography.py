"""What keys of KMS do: contexts that are authenticated, signatures that hold elsewhere, data keys, MACs; stacks."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.services.kms import ciphertexts
from tests.conftest import Client
from tests.services.test_kms import refusal
from tests.settling import wait_for

CONTEXTS = st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=8), max_size=3)
MATERIAL = "ab" * 32


@pytest.fixture
def kms(aws: Client) -> Any:
    return aws("kms")


@settings(max_examples=40)
@given(st.binary(max_size=64), CONTEXTS, CONTEXTS, st.binary(min_size=12, max_size=12))
def test_a_ciphertext_opens_with_its_context_alone(
    plaintext: bytes, context: dict[str, str], other: dict[str, str], nonce: bytes
) -> None:
    secret = b"k" * 32
    blob = ciphertexts.seal(secret, "key", MATERIAL, nonce, plaintext, context)
    parsed = ciphertexts.parse(blob)
    assert parsed is not None
    assert (parsed.key_id, parsed.material) == ("key", MATERIAL)
    reordered = dict(reversed(context.items()))
    assert ciphertexts.unseal(secret, parsed, reordered) == plaintext
    assert (ciphertexts.unseal(secret, parsed, other) == plaintext) == (other == context)
    damaged = ciphertexts.parse(blob[:-1] + bytes((blob[-1] ^ 1,)))
    assert damaged is not None
    assert ciphertexts.unseal(secret, damaged, context) is None


@given(st.binary(max_size=90))
def test_any_bytes_may_be_asked_about(blob: bytes) -> None:
    parsed = ciphertexts.parse(blob)
    assert parsed is None or blob.startswith(parsed.head)


def test_encrypt_and_decrypt(kms: Any) -> None:
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    sealed = kms.encrypt(KeyId=arn, Plaintext=b"secret", EncryptionContext={"a": "1", "b": "2"})
    assert (sealed["KeyId"], sealed["EncryptionAlgorithm"]) == (arn, "SYMMETRIC_DEFAULT")
    blob = sealed["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext={"b": "2", "a": "1"})
    assert (opened["Plaintext"], opened["KeyId"]) == (b"secret", arn)
    assert refusal(kms.decrypt, CiphertextBlob=blob)[0] == "InvalidCiphertextException"
    assert refusal(kms.decrypt, CiphertextBlob=b"nonsense")[0] == "InvalidCiphertextException"
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    assert refusal(kms.decrypt, CiphertextBlob=blob, KeyId=other) == (
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )
    assert refusal(kms.encrypt, KeyId=arn, Plaintext=b"x" * 4097)[1] == (
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
        "Member must have length less than or equal to 4096"
    )
    assert refusal(kms.encrypt, KeyId=arn, Plaintext=b"x", DryRun=True)[0] == "DryRunOperationException"
    again = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext={"a": "1", "b": "2"}, DestinationKeyId=other)
    assert again["SourceKeyId"] == arn
    assert kms.decrypt(CiphertextBlob=again["CiphertextBlob"], KeyId=other)["Plaintext"] == b"secret"


def test_a_pair_of_rsa(kms: Any) -> None:
    made = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]
    named = {"KeyId": made["KeyId"], "EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    assert made["EncryptionAlgorithms"] == ["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]
    public = load_der_public_key(kms.get_public_key(KeyId=made["KeyId"])["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    blob = public.encrypt(b"from outside", padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    assert kms.decrypt(CiphertextBlob=blob, **named)["Plaintext"] == b"from outside"
    assert refusal(kms.encrypt, Plaintext=b"x" * 191, **named) == (
        "ValidationException",
        "Algorithm RSAES_OAEP_SHA_256 and key spec RSA_2048 cannot encrypt data larger than 190 bytes.",
    )
    assert refusal(kms.decrypt, CiphertextBlob=b"nonsense", **named)[0] == "InvalidCiphertextException"
    assert refusal(kms.encrypt, KeyId=made["KeyId"], Plaintext=b"x")[0] == "InvalidKeyUsageException"


def test_signatures_hold_elsewhere(kms: Any) -> None:
    made = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    named = {"KeyId": made["KeyId"], "SigningAlgorithm": "RSASSA_PSS_SHA_256"}
    signed = kms.sign(Message=b"text", **named)
    public = load_der_public_key(kms.get_public_key(KeyId=made["KeyId"])["PublicKey"])
    assert isinstance(public, rsa.RSAPublicKey)
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256().digest_size)
    public.verify(signed["Signature"], b"text", scheme, hashes.SHA256())
    digest = hashlib.sha256(b"text").digest()
    assert kms.verify(Message=digest, MessageType="DIGEST", Signature=signed["Signature"], **named)["SignatureValid"]
    assert refusal(kms.verify, Message=b"other", Signature=signed["Signature"], **named) == (
        "KMSInvalidSignatureException",
        "",
    )
    assert refusal(kms.sign, Message=b"short", MessageType="DIGEST", **named) == (
        "ValidationException",
        "Digest is invalid length for algorithm RSASSA_PSS_SHA_256.",
    )
    curve = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    signed = kms.sign(KeyId=curve, Message=b"text", SigningAlgorithm="ECDSA_SHA_256")
    point = load_der_public_key(kms.get_public_key(KeyId=curve)["PublicKey"])
    assert isinstance(point, ec.EllipticCurvePublicKey)
    point.verify(signed["Signature"], b"text", ec.ECDSA(hashes.SHA256()))
    assert refusal(kms.sign, KeyId=curve, Message=b"text", SigningAlgorithm="ECDSA_SHA_512") == (
        "InvalidKeyUsageException",
        "Algorithm ECDSA_SHA_512 is incompatible with key spec ECC_NIST_P256.",
    )
    symmetric = kms.create_key()["KeyMetadata"]
    assert refusal(kms.sign, KeyId=symmetric["KeyId"], Message=b"x", SigningAlgorithm="ECDSA_SHA_256") == (
        "InvalidKeyUsageException",
        f"{symmetric['Arn']} key usage is ENCRYPT_DECRYPT which is not valid for Sign.",
    )
    assert refusal(kms.get_public_key, KeyId=symmetric["KeyId"])[0] == "UnsupportedOperationException"


def test_macs(kms: Any) -> None:
    named = {
        "KeyId": kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"],
        "MacAlgorithm": "HMAC_SHA_256",
    }
    mac = kms.generate_mac(Message=b"m", **named)["Mac"]
    assert len(mac) == 32
    assert kms.verify_mac(Message=b"m", Mac=mac, **named)["MacValid"]
    assert not hmac.compare_digest(mac, kms.generate_mac(Message=b"n", **named)["Mac"])
    assert refusal(kms.verify_mac, Message=b"n", Mac=mac, **named) == ("KMSInvalidMacException", "")
    wrong = named | {"MacAlgorithm": "HMAC_SHA_512"}
    assert refusal(kms.generate_mac, Message=b"m", **wrong) == (
        "InvalidKeyUsageException",
        "Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.",
    )


def test_data_keys(kms: Any) -> None:
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    made = kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext={"for": "x"})
    assert len(made["Plaintext"]) == 32
    opened = kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext={"for": "x"})
    assert opened["Plaintext"] == made["Plaintext"]
    kept = kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=7)
    assert "Plaintext" not in kept
    assert len(kms.decrypt(CiphertextBlob=kept["CiphertextBlob"])["Plaintext"]) == 7
    assert refusal(kms.generate_data_key, KeyId=key)[1] == "Please specify either number of bytes or key spec."
    for spec in ("ECC_NIST_P256", "RSA_2048"):
        pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec=spec)
        assert kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"] == pair["PrivateKeyPlaintext"]
        public = load_der_private_key(pair["PrivateKeyPlaintext"], None).public_key()
        assert public == load_der_public_key(pair["PublicKey"])
    assert "PrivateKeyPlaintext" not in kms.generate_data_key_pair_without_plaintext(
        KeyId=key, KeyPairSpec="ECC_NIST_P384"
    )
    assert len(kms.generate_random(NumberOfBytes=9)["Plaintext"]) == 9
    assert refusal(kms.generate_random) == ("ValidationException", "NumberOfBytes is required.")


def test_keys_of_a_stack(aws: Client, kms: Any) -> None:
    cloudformation = aws("cloudformation")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    key: dict[str, Any] = {
        "KeyPolicy": policy,
        "EnableKeyRotation": True,
        "Description": "one",
        "PendingWindowInDays": 7,
    }
    pair = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY", "KeyPolicy": policy}
    template: dict[str, Any] = {
        "Resources": {
            "Key": {"Type": "AWS::KMS::Key", "Properties": key},
            "Pair": {"Type": "AWS::KMS::Key", "Properties": pair},
            "Alias": {
                "Type": "AWS::KMS::Alias",
                "Properties": {"AliasName": "alias/of-stack", "TargetKeyId": {"Ref": "Key"}},
            },
        },
        "Outputs": {
            "Arn": {"Value": {"Fn::GetAtt": ["Key", "Arn"]}},
            "Id": {"Value": {"Fn::GetAtt": ["Key", "KeyId"]}},
            "Alias": {"Value": {"Ref": "Alias"}},
            "Pair": {"Value": {"Ref": "Pair"}},
        },
    }
    cloudformation.create_stack(StackName="keys", TemplateBody=json.dumps(template), Tags=[{"Key": "t", "Value": "v"}])
    wait_for(cloudformation, "stack_create_complete", StackName="keys")
    (stack,) = cloudformation.describe_stacks(StackName="keys")["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    told = kms.describe_key(KeyId="alias/of-stack")["KeyMetadata"]
    assert (told["Arn"], told["KeyId"], told["Description"]) == (outputs["Arn"], outputs["Id"], "one")
    assert kms.get_key_rotation_status(KeyId=outputs["Id"])["KeyRotationEnabled"]
    assert {"TagKey": "t", "TagValue": "v"} in kms.list_resource_tags(KeyId=outputs["Id"])["Tags"]
    assert kms.describe_key(KeyId=outputs["Pair"])["KeyMetadata"]["KeySpec"] == "RSA_2048"
    key.update({"Enabled": False, "Description": "two"})
    cloudformation.update_stack(StackName="keys", TemplateBody=json.dumps(template))
    wait_for(cloudformation, "stack_update_complete", StackName="keys")
    told = kms.describe_key(KeyId=outputs["Id"])["KeyMetadata"]
    assert (told["KeyState"], told["Description"]) == ("Disabled", "two")
    cloudformation.delete_stack(StackName="keys")
    wait_for(cloudformation, "stack_delete_complete", StackName="keys")
    assert kms.describe_key(KeyId=outputs["Id"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert refusal(kms.describe_key, KeyId="alias/of-stack")[0] == "NotFoundException"
