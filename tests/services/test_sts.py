"""Temporary credentials: whose they are, and that they expire by the clock."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from zlib import crc32

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from headwater.spine.ids import Ids
from headwater.spine.session_tokens import Session, make_token, session_of
from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.http import ask

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


def with_credentials(endpoint: str, service: str, credentials: dict[str, Any]) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def refusal(operation: Any, **request: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        operation(**request)
    response = caught.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return response["Error"]["Code"], response["Error"]["Message"], status


@given(st.integers(0, 2**53), st.text(max_size=60))
def test_a_token_says_what_it_was_made_of(expires: int, principal: str) -> None:
    token = make_token(Session(expires, principal), Ids())
    assert session_of(token) == Session(expires, principal)
    assert session_of(token[:-40]) in (None, Session(expires, principal))


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'["soon", "me"]', b"[1, 2]"])
def test_forged_tokens_say_nothing(text: bytes) -> None:
    data = len(text).to_bytes(2, "big") + text + crc32(text).to_bytes(4, "big")
    assert session_of(f"IQoJb3JpZ2luX2Vj{b64encode(data).decode()}") is None


@given(st.text(max_size=80))
def test_other_tokens_say_nothing(text: str) -> None:
    assert session_of(text) is None
    assert session_of(f"IQoJb3JpZ2luX2Vj{text}") is None


def test_who_is_in_a_role(aws: Client, endpoint: str, account: str) -> None:
    role = aws("iam").create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    assumed = aws("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="me")
    sts = with_credentials(endpoint, "sts", assumed["Credentials"])
    me = sts.get_caller_identity()
    arn = f"arn:aws:sts::{account}:assumed-role/deployer/me"
    assert (me["Arn"], me["UserId"], me["Account"]) == (arn, f"{role['RoleId']}:me", account)
    assert me["Arn"] == assumed["AssumedRoleUser"]["Arn"]
    aws("iam").update_role(RoleName="deployer", MaxSessionDuration=7200)
    again = {"RoleArn": role["Arn"], "RoleSessionName": "again"}
    assert sts.assume_role(**again)["AssumedRoleUser"]["Arn"].endswith("/again")
    assert refusal(sts.assume_role, **again, DurationSeconds=7200)[:2] == (
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    )
    federated = aws("sts").get_federation_token(Name="guest")
    me = with_credentials(endpoint, "sts", federated["Credentials"]).get_caller_identity()
    assert (me["Arn"], me["UserId"]) == (f"arn:aws:sts::{account}:federated-user/guest", f"{account}:guest")


def test_credentials_expire_by_the_clock(timed: ServerThread) -> None:
    owner = client_factory(timed.endpoint, "000000000000")
    credentials = owner("sts").get_session_token(DurationSeconds=900)["Credentials"]
    owner("s3").create_bucket(Bucket="kept")

    def client(service: str) -> Any:
        return with_credentials(timed.endpoint, service, credentials)

    url = client("s3").generate_presigned_url("list_objects_v2", {"Bucket": "kept"}, ExpiresIn=3600)
    timed.advance(899_000)
    client("sqs").list_queues()
    assert ask("GET", url).status == 200
    timed.advance(2_000)
    text = "The security token included in the request is expired"
    assert refusal(client("sts").get_caller_identity) == ("ExpiredToken", text, 403)
    assert refusal(client("dynamodb").list_tables) == ("ExpiredTokenException", text, 400)
    assert refusal(client("lambda").list_functions) == ("ExpiredTokenException", text, 403)
    assert refusal(client("s3").list_buckets) == ("ExpiredToken", "The provided token has expired.", 400)
    assert ask("GET", url).status == 400
    owner("sqs").list_queues()
