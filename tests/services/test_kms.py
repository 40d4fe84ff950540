"""KMS through boto3: keys and their states, aliases, policies, grants, rotation and deletion on the clock."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.settling import settle

DAY = 86_400_000
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def kms(aws: Client) -> Any:
    return aws("kms")


@pytest.fixture
def key(kms: Any) -> Any:
    return kms.create_key(Description="d")["KeyMetadata"]


def refusal(operation: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        operation(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_key_is_described(kms: Any, key: Any, account: str) -> None:
    arn = f"arn:aws:kms:us-east-1:{account}:key/{key['KeyId']}"
    told = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    assert told == key
    del told["CreationDate"], told["CurrentKeyMaterialId"]
    assert told == {
        "AWSAccountId": account,
        "Arn": arn,
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "Description": "d",
        "Enabled": True,
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "KeyId": key["KeyId"],
        "KeyManager": "CUSTOMER",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "MultiRegion": False,
        "Origin": "AWS_KMS",
    }
    assert kms.describe_key(KeyId=arn)["KeyMetadata"] == key
    kms.update_key_description(KeyId=arn, Description="other")
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["Description"] == "other"
    assert kms.list_keys()["Keys"] == [{"KeyId": key["KeyId"], "KeyArn": arn}]


def test_kinds_of_keys(kms: Any) -> None:
    made = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
    assert made["MacAlgorithms"] == ["HMAC_SHA_256"]
    made = kms.create_key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    assert made["SigningAlgorithms"] == ["ECDSA_SHA_384"]
    made = kms.create_key(MultiRegion=True)["KeyMetadata"]
    assert made["KeyId"].startswith("mrk-")
    assert made["MultiRegionConfiguration"] == {
        "MultiRegionKeyType": "PRIMARY",
        "PrimaryKey": {"Arn": made["Arn"], "Region": "us-east-1"},
        "ReplicaKeys": [],
    }
    assert refusal(kms.create_key, KeySpec="HMAC_256") == (
        "ValidationException",
        "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
    )
    code, message = refusal(kms.create_key, KeySpec="ECC_NIST_P256", KeyUsage="ENCRYPT_DECRYPT")
    assert (code, message) == (
        "ValidationException",
        "KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec ECC_NIST_P256",
    )
    assert refusal(kms.create_key, Origin="EXTERNAL")[0] == "NotImplemented"
    assert refusal(kms.create_key, KeySpec="SM2", KeyUsage="SIGN_VERIFY")[0] == "NotImplemented"


def test_names_of_keys(kms: Any, account: str) -> None:
    arn = f"arn:aws:kms:us-east-1:{account}:key/{NOBODY}"
    missing = ("NotFoundException", f"Key '{arn}' does not exist")
    assert refusal(kms.describe_key, KeyId=NOBODY) == missing
    assert refusal(kms.describe_key, KeyId=arn) == missing
    assert refusal(kms.describe_key, KeyId="fake-key-id") == ("NotFoundException", "Invalid keyId 'fake-key-id'")
    elsewhere = arn.replace("us-east-1", "eu-west-1")
    assert refusal(kms.describe_key, KeyId=elsewhere) == ("NotFoundException", "Invalid arn eu-west-1")
    assert refusal(kms.describe_key, KeyId="alias/none") == (
        "NotFoundException",
        f"Alias arn:aws:kms:us-east-1:{account}:alias/none is not found.",
    )
    assert refusal(kms.enable_key, KeyId="alias/none")[1] == "Invalid keyId 'alias/none'"


def test_aliases(kms: Any, key: Any, account: str) -> None:
    other = kms.create_key()["KeyMetadata"]
    arn = f"arn:aws:kms:us-east-1:{account}:alias/shop"
    kms.create_alias(AliasName="alias/shop", TargetKeyId=key["Arn"])
    assert kms.describe_key(KeyId="alias/shop")["KeyMetadata"]["KeyId"] == key["KeyId"]
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyId"] == key["KeyId"]
    assert refusal(kms.create_alias, AliasName="alias/shop", TargetKeyId=other["KeyId"]) == (
        "AlreadyExistsException",
        f"An alias with the name {arn} already exists",
    )
    assert refusal(kms.create_alias, AliasName="shop", TargetKeyId=key["KeyId"])[1].startswith("Alias must start with")
    assert refusal(kms.create_alias, AliasName="alias/aws/x", TargetKeyId=key["KeyId"])[0] == "NotAuthorizedException"
    assert refusal(kms.create_alias, AliasName="alias/two", TargetKeyId="alias/shop")[0] == "ValidationException"
    kms.update_alias(AliasName="alias/shop", TargetKeyId=other["KeyId"])
    (listed,) = kms.list_aliases(KeyId=other["KeyId"])["Aliases"]
    assert (listed["AliasName"], listed["AliasArn"], listed["TargetKeyId"]) == ("alias/shop", arn, other["KeyId"])
    kms.delete_alias(AliasName="alias/shop")
    assert refusal(kms.delete_alias, AliasName="alias/shop")[0] == "NotFoundException"


def test_managed_keys_are_made_when_asked_for(kms: Any) -> None:
    before = {each["AliasName"]: each for each in kms.list_aliases()["Aliases"]}
    assert "TargetKeyId" not in before["alias/aws/sqs"]
    assert refusal(kms.encrypt, KeyId="alias/aws/sqs", Plaintext=b"x")[0] == "NotFoundException"  # and makes none
    assert {each["AliasName"]: each for each in kms.list_aliases()["Aliases"]} == before
    managed = kms.describe_key(KeyId="alias/aws/sqs")["KeyMetadata"]
    assert managed["KeyManager"] == "AWS"
    assert managed["Description"] == "Default key that protects my SQS messages when no other key is defined"
    after = {each["AliasName"]: each for each in kms.list_aliases()["Aliases"]}
    assert after["alias/aws/sqs"]["TargetKeyId"] == managed["KeyId"]
    assert before.keys() == after.keys()
    assert kms.describe_key(KeyId="alias/aws/sqs")["KeyMetadata"] == managed
    assert kms.get_key_rotation_status(KeyId=managed["KeyId"])["KeyRotationEnabled"]
    assert refusal(kms.schedule_key_deletion, KeyId=managed["KeyId"])[0] == "AccessDeniedException"
    assert refusal(kms.encrypt, KeyId="alias/aws/sqs", Plaintext=b"x")[0] == "AccessDeniedException"
    assert refusal(kms.describe_key, KeyId="alias/aws/none")[0] == "NotFoundException"


def test_states(kms: Any, key: Any) -> None:
    arn, identity = key["Arn"], key["KeyId"]
    kms.disable_key(KeyId=identity)
    assert refusal(kms.encrypt, KeyId=identity, Plaintext=b"x") == ("DisabledException", f"{arn} is disabled.")
    assert refusal(kms.enable_key_rotation, KeyId=identity)[0] == "DisabledException"
    kms.enable_key(KeyId=identity)
    blob = kms.encrypt(KeyId=identity, Plaintext=b"x")["CiphertextBlob"]
    assert refusal(kms.cancel_key_deletion, KeyId=identity) == (
        "KMSInvalidStateException",
        f"{arn} is not pending deletion.",
    )
    assert refusal(kms.schedule_key_deletion, KeyId=identity, PendingWindowInDays=6)[0] == "ValidationException"
    scheduled = kms.schedule_key_deletion(KeyId=identity)
    assert (scheduled["KeyId"], scheduled["KeyState"], scheduled["PendingWindowInDays"]) == (arn, "PendingDeletion", 30)
    pending = ("KMSInvalidStateException", f"{arn} is pending deletion.")
    assert refusal(kms.decrypt, CiphertextBlob=blob) == pending
    assert refusal(kms.enable_key, KeyId=identity) == pending
    assert kms.describe_key(KeyId=identity)["KeyMetadata"]["DeletionDate"] == scheduled["DeletionDate"]
    assert kms.cancel_key_deletion(KeyId=identity)["KeyId"] == arn
    assert kms.describe_key(KeyId=identity)["KeyMetadata"]["KeyState"] == "Disabled"


def test_policies(kms: Any, key: Any, account: str) -> None:
    identity = key["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=identity)["Policy"])
    assert policy["Statement"][0]["Principal"] == {"AWS": f"arn:aws:iam::{account}:root"}
    assert kms.list_key_policies(KeyId=identity)["PolicyNames"] == ["default"]
    text = json.dumps(policy | {"Id": "mine"})
    kms.put_key_policy(KeyId=identity, Policy=text)
    assert kms.get_key_policy(KeyId=identity, PolicyName="default")["Policy"] == text
    assert refusal(kms.get_key_policy, KeyId=identity, PolicyName="x") == ("NotFoundException", "No such policy exists")
    policy["Statement"][0]["Principal"] = {"Service": "sns.amazonaws.com"}
    assert refusal(kms.put_key_policy, KeyId=identity, Policy=json.dumps(policy)) == (
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    )
    kms.put_key_policy(KeyId=identity, Policy=json.dumps(policy), BypassPolicyLockoutSafetyCheck=True)
    for broken in ({"Principal": {"AWS": [1]}}, {"Action": 2}, {"Condition": [3]}, {"Effect": "Perhaps"}):
        given = json.dumps({"Statement": [policy["Statement"][0] | broken]})
        assert refusal(kms.put_key_policy, KeyId=identity, Policy=given)[0] == "MalformedPolicyDocumentException"
    for text in ("{", "[]", '{"Statement": 1}'):
        assert refusal(kms.put_key_policy, KeyId=identity, Policy=text)[0] == "MalformedPolicyDocumentException"


def test_another_account_needs_the_policy(kms: Any, key: Any, account: str, endpoint: str) -> None:
    guest = client_factory(endpoint, "777777777777")("kms")
    blob = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"shared")["CiphertextBlob"]
    code, message = refusal(guest.decrypt, CiphertextBlob=blob)
    assert code == "AccessDeniedException"
    assert message.startswith(
        "User: arn:aws:iam::777777777777:root is not authorized to perform: kms:Decrypt on resource"
    )
    policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"])["Policy"])
    guests = {"Effect": "Allow", "Principal": {"AWS": "777777777777"}, "Action": "kms:Decrypt", "Resource": "*"}
    policy["Statement"].append(guests)
    kms.put_key_policy(KeyId=key["KeyId"], Policy=json.dumps(policy))
    assert guest.decrypt(CiphertextBlob=blob)["Plaintext"] == b"shared"
    assert refusal(guest.encrypt, KeyId=key["Arn"], Plaintext=b"x")[0] == "AccessDeniedException"


def test_tags(kms: Any, key: Any) -> None:
    identity = key["KeyId"]
    kms.tag_resource(KeyId=identity, Tags=[{"TagKey": name, "TagValue": name.upper()} for name in "abc"])
    kms.untag_resource(KeyId=identity, TagKeys=["b"])
    first = kms.list_resource_tags(KeyId=identity, Limit=1)
    assert (first["Tags"], first["Truncated"]) == ([{"TagKey": "a", "TagValue": "A"}], True)
    rest = kms.list_resource_tags(KeyId=identity, Marker=first["NextMarker"])
    assert (rest["Tags"], rest["Truncated"]) == ([{"TagKey": "c", "TagValue": "C"}], False)
    assert refusal(kms.list_resource_tags, KeyId=identity, Marker="%")[0] == "InvalidMarkerException"
    reserved = [{"TagKey": "aws:x", "TagValue": ""}]
    assert refusal(kms.tag_resource, KeyId=identity, Tags=reserved)[0] == "TagException"


def test_grants(kms: Any, key: Any, account: str) -> None:
    role = f"arn:aws:iam::{account}:role/reader"
    asked = {"KeyId": key["KeyId"], "GranteePrincipal": role, "RetiringPrincipal": role, "Operations": ["Decrypt"]}
    named = asked | {"Name": "n", "Constraints": {"EncryptionContextEquals": {"a": "b"}}}
    granted = kms.create_grant(**named)
    again = kms.create_grant(**named)
    assert (granted["GrantId"], granted["GrantToken"]) == (again["GrantId"], again["GrantToken"])
    other = kms.create_grant(**asked)
    grants = {each["GrantId"]: each for each in kms.list_grants(KeyId=key["KeyId"])["Grants"]}
    assert grants.keys() == {granted["GrantId"], other["GrantId"]}
    told = grants[granted["GrantId"]]
    assert (told["KeyId"], told["Name"], told["GranteePrincipal"]) == (key["Arn"], "n", role)
    assert told["Constraints"] == {"EncryptionContextEquals": {"a": "b"}}
    assert len(kms.list_retirable_grants(RetiringPrincipal=role)["Grants"]) == 2
    assert kms.list_grants(KeyId=key["KeyId"], GranteePrincipal="nobody")["Grants"] == []
    kms.retire_grant(GrantToken=granted["GrantToken"])
    assert refusal(kms.retire_grant, GrantToken=granted["GrantToken"])[0] == "InvalidGrantTokenException"
    kms.revoke_grant(KeyId=key["KeyId"], GrantId=other["GrantId"])
    assert kms.list_grants(KeyId=key["KeyId"])["Grants"] == []
    assert refusal(kms.revoke_grant, KeyId=key["KeyId"], GrantId=other["GrantId"])[0] == "NotFoundException"


def test_rotation_and_deletion_by_the_clock(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, "000000000000")
    kms, sqs, events = aws("kms"), aws("sqs"), aws("events")
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    events.put_rule(Name="told", EventPattern='{"source": ["aws.kms"]}')
    events.put_targets(Rule="told", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:000000000000:told"}])
    identity = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/old", TargetKeyId=identity)
    blob = kms.encrypt(KeyId=identity, Plaintext=b"first")["CiphertextBlob"]
    assert kms.get_key_rotation_status(KeyId=identity)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=identity, RotationPeriodInDays=90)
    status = kms.get_key_rotation_status(KeyId=identity)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 90)
    kms.rotate_key_on_demand(KeyId=identity)
    settle(kms)
    [told] = sqs.receive_message(QueueUrl=url)["Messages"]
    event = json.loads(told["Body"])
    assert (event["detail-type"], event["detail"]) == ("KMS CMK Rotation", {"key-id": identity})
    timed.advance(91 * DAY)
    rotations = kms.list_key_rotations(KeyId=identity)["Rotations"]
    assert [each["RotationType"] for each in rotations] == ["ON_DEMAND", "AUTOMATIC"]
    every = kms.list_key_rotations(KeyId=identity, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert [each["KeyMaterialState"] for each in every] == ["NON_CURRENT", "NON_CURRENT", "CURRENT"]
    opened = kms.decrypt(CiphertextBlob=blob)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"first", every[0]["KeyMaterialId"])
    later = (kms.get_key_rotation_status(KeyId=identity)["NextRotationDate"] - status["NextRotationDate"]).days
    assert later == 90
    kms.disable_key_rotation(KeyId=identity)
    timed.advance(91 * DAY)
    assert len(kms.list_key_rotations(KeyId=identity)["Rotations"]) == 2
    kms.schedule_key_deletion(KeyId=identity, PendingWindowInDays=7)
    timed.advance(6 * DAY)
    assert kms.describe_key(KeyId="alias/old")["KeyMetadata"]["KeyState"] == "PendingDeletion"
    timed.advance(DAY)
    assert refusal(kms.describe_key, KeyId="alias/old")[0] == "NotFoundException"
    assert refusal(kms.decrypt, CiphertextBlob=blob)[0] == "AccessDeniedException"
    [told] = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(told["Body"])["detail-type"] == "KMS CMK Deletion"
