"""Functions' requests are signed as botocore signs them, header for header."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.auth
import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from headwater.runtime.guest.signing import Signing

NOW = datetime(2026, 11, 28, 1, 2, 3, tzinfo=UTC)
USUAL = SigV4Auth.add_auth
WITH_TOKEN, WITHOUT = Credentials("000000000000", "headwater", "a token"), Credentials("AKID", "secret")
NAMES = ["X-Amz-Target", "Content-Type", "User-Agent", "X-Amzn-Trace-Id", "X-Odd", "Host", "x-amz-meta-a", "Connection"]
VALUES = st.text("aZ09 ;=,/\t.", max_size=20)


class Counted:
    """The usual way, and how often it was gone."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, signer: Any, request: Any) -> None:
        self.times += 1
        USUAL(signer, request)


@pytest.fixture(autouse=True)
def stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_: NOW)


def signed(given: dict[str, Any], ours: bool, times: int = 1, signer: Any = SigV4Auth, **more: Any) -> tuple[Any, int]:
    """The headers with which a request leaves, and how often it was signed as usual."""
    request = AWSRequest(**given)
    request.context.update(more.pop("context", {}))
    usual = Counted()
    add_auth = Signing(botocore.auth, usual).add_auth if ours else USUAL
    one = signer(more.pop("credentials", WITH_TOKEN), more.pop("service", "dynamodb"), "eu-west-1")
    for _ in range(times):
        add_auth(one, request)
    return sorted(request.headers.items()), usual.times


def request(**more: Any) -> dict[str, Any]:
    headers = {"X-Amz-Target": "DynamoDB_20120810.PutItem", "Content-Type": "application/x-amz-json-1.0"}
    given = {"method": "POST", "url": "http://127.0.0.1:4566/", "headers": headers, "data": b'{"a": 1}'}
    return given | more


@given(
    st.dictionaries(st.sampled_from(NAMES), VALUES),
    st.sampled_from(
        ["", "/", "/topics/orders%2Fx", "/a//b/../c", "/2015-03-31/functions/f:é/x y", "/t?qos=1", "?b&a=%2F"]
    ),
    st.sampled_from([{}, {"z": 1, "a b": "é"}]),
    st.sampled_from([None, b"", b"{}", b"\xff" * 100]),
    st.sampled_from([WITH_TOKEN, WITHOUT]),
    st.integers(1, 2),
)
def test_a_signature_is_the_one_of_botocore(
    headers: dict[str, str], path: str, params: Any, data: bytes | None, credentials: Credentials, times: int
) -> None:
    given_ = request(url=f"http://127.0.0.1:4566{path}", headers=headers, data=data, params=params)
    ours, as_usual = signed(given_, True, times, credentials=credentials)
    assert ours == signed(given_, False, times, credentials=credentials)[0]
    assert as_usual == 0


@pytest.mark.parametrize(
    ("given_", "more"),
    [
        (request(url="https://dynamodb.eu-west-1.amazonaws.com/"), {}),
        (request(data={"Action": "ListTopics"}), {}),
        (request(headers={"X-Amz-Meta-A": "é"}), {}),
        (request(headers={"Date": "today"}), {}),
        (request(headers={"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}), {}),
        (request(), {"context": {"payload_signing_enabled": False}}),
        (request(), {"context": {"checksum": {"request_algorithm": {"in": "trailer"}}}}),
        (request(), {"signer": S3SigV4Auth, "service": "s3"}),
    ],
)
def test_what_is_not_plain_is_signed_as_usual(given_: dict[str, Any], more: dict[str, Any]) -> None:
    assert signed(given_, True, **more) == (signed(given_, False, **more)[0], 1)


def test_a_token_of_the_callers_own_is_left_and_signed() -> None:
    given_ = request(headers={"X-Amz-Security-Token": "mine"})
    ours, as_usual = signed(given_, True, credentials=WITHOUT)
    assert ours == signed(given_, False, credentials=WITHOUT)[0]
    assert (as_usual, dict(ours)["X-Amz-Security-Token"]) == (0, "mine")


def test_one_who_signs_in_another_way_is_let_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Counted()
    signing = Signing(botocore.auth, usual)
    monkeypatch.setattr(SigV4Auth, "signature", lambda *_: "another")
    one = AWSRequest(**request())
    signing.add_auth(SigV4Auth(WITHOUT, "sqs", "us-east-1"), one)
    assert usual.times == 1
    assert one.headers["Authorization"].endswith("Signature=another")


def test_without_credentials_nothing_is_signed() -> None:
    with pytest.raises(botocore.exceptions.NoCredentialsError):
        signed(request(), True, credentials=None)
