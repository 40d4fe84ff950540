"""A server that verifies signatures, as its clients see it, and what is told where nothing is refused."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from headwater.client import Headwater
from headwater.languages.signatures.canonical import EMPTY, canonical_request, signature_of, string_to_sign
from headwater.languages.signatures.claims import ALGORITHM, DATE_FORMAT, Claim
from headwater.languages.signatures.message import Message
from tests.conftest import Client
from tests.services.http import Answer, ask

WRONG = "The request signature we calculated does not match the signature you provided. Check your "
INVALID = "The security token included in the request is invalid."


def client(
    endpoint: str, service: str, key: str = "test", secret: str = "test", token: str | None = None, **config: Any
) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"max_attempts": 0}, **config),
    )


def refused(function: Any, **request: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        function(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def reasons(endpoint: str, key: str) -> list[str]:
    """What was noted of requests that were signed with a key, the last one first."""
    flaws = Headwater(endpoint).signatures()
    return [f"{each['error']}: {each['reason']}" for each in flaws if each["key"] == key]


@pytest.mark.parametrize(
    ("service", "operation", "unknown", "mismatch", "status"),
    [
        ("sqs", "list_queues", "UnrecognizedClientException", "InvalidSignatureException", 400),
        ("dynamodb", "list_tables", "UnrecognizedClientException", "InvalidSignatureException", 400),
        ("lambda", "list_functions", "UnrecognizedClientException", "InvalidSignatureException", 403),
        ("sns", "list_topics", "InvalidClientTokenId", "SignatureDoesNotMatch", 403),
        ("sts", "get_caller_identity", "InvalidClientTokenId", "SignatureDoesNotMatch", 403),
    ],
)
def test_who_is_refused(verifying: str, service: str, operation: str, unknown: str, mismatch: str, status: int) -> None:
    assert getattr(client(verifying, service), operation)()
    assert getattr(client(verifying, service, "123456789012"), operation)()
    for stranger in (("AKIAIOSFODNN7EXAMPLE", "x"), ("dummy", "dummy"), ("test", "test", "a token")):
        assert refused(getattr(client(verifying, service, *stranger), operation)) == (unknown, INVALID, status)
    code, text, answered = refused(getattr(client(verifying, service, "test", "wrong"), operation))
    assert (code, answered) == (mismatch, status)
    assert text.startswith(f"{WRONG}AWS Secret Access Key and signing method. Consult the service documentation")
    quoted = re.search(r"The Canonical String for this request should have been\n'POST\n.*'\n\nThe String", text, re.S)
    assert (quoted is not None) == (status == 400)  # the others say no more
    assert reasons(verifying, "test")[0].startswith(f"{mismatch}: {WRONG}")


def test_what_s3_says(verifying: str) -> None:
    assert refused(client(verifying, "s3", "AKIAIOSFODNN7EXAMPLE").list_buckets) == (
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
    )
    text = "The provided token is malformed or otherwise invalid."
    assert refused(client(verifying, "s3", token="x").list_buckets) == ("InvalidToken", text, 400)
    with pytest.raises(ClientError) as caught:
        client(verifying, "s3", secret="wrong").list_buckets()
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("SignatureDoesNotMatch", f"{WRONG}key and signing method.")
    assert error["AWSAccessKeyId"] == "test" and len(error["SignatureProvided"]) == 64
    assert error["StringToSign"].startswith("AWS4-HMAC-SHA256\n")
    assert error["CanonicalRequest"].startswith("GET\n/\n")
    assert bytes.fromhex(error["CanonicalRequestBytes"]).decode() == error["CanonicalRequest"]
    assert bytes.fromhex(error["StringToSignBytes"]).decode() == error["StringToSign"]


def test_issued_keys(verifying: str) -> None:
    iam = client(verifying, "iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    own = (key["AccessKeyId"], key["SecretAccessKey"])
    arn = "arn:aws:iam::000000000000:user/alice"
    sts = client(verifying, "sts", *own)
    assert sts.get_caller_identity()["Arn"] == arn
    assert refused(client(verifying, "sts", own[0], "x").get_caller_identity)[0] == "SignatureDoesNotMatch"
    session = sts.get_session_token()["Credentials"]
    made = session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]
    assert client(verifying, "sts", *made).get_caller_identity()["Arn"] == arn
    other = client(verifying, "sts").get_session_token()["Credentials"]
    for stolen in ((*made[:2], other["SessionToken"]), made[:2], (*own, made[2]), ("test", "test", made[2])):
        assert refused(client(verifying, "sts", *stolen).get_caller_identity)[:2] == ("InvalidClientTokenId", INVALID)
    iam.update_access_key(UserName="alice", AccessKeyId=own[0], Status="Inactive")
    assert refused(sts.get_caller_identity)[:2] == ("InvalidClientTokenId", INVALID)
    assert reasons(verifying, own[0])[0] == f"InvalidClientTokenId: the access key {own[0]} is not active"
    iam.delete_access_key(UserName="alice", AccessKeyId=own[0])
    assert refused(sts.get_caller_identity)[:2] == ("InvalidClientTokenId", INVALID)


def test_unsigned_requests(verifying: str) -> None:
    answer = ask("POST", f"{verifying}/", b"{}", X_Amz_Target="AmazonSQS.ListQueues")
    told: Any = answer.json
    assert (answer.status, told["message"]) == (400, "Request is missing Authentication Token")
    assert told["__type"].endswith("#MissingAuthenticationTokenException")
    answer = ask("GET", f"{verifying}/?Action=ListTopics", Host="sns.us-east-1.amazonaws.com")
    assert answer.status == 403 and b"<Code>MissingAuthenticationToken</Code>" in answer.body
    # links that mails have in them, and public buckets, need no signature
    answer = ask("GET", f"{verifying}/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:1:t&Token=x")
    assert b"Authentication" not in answer.body
    assert b"<Code>NoSuchBucket</Code>" in ask("GET", f"{verifying}/no-such-bucket-here/key").body


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_uploads_and_urls(verifying: str, version: str) -> None:
    s3 = client(verifying, "s3", signature_version=version)
    s3.create_bucket(Bucket="uploads")
    named = {"Bucket": "uploads", "Key": "a (b)+ü/ü?&=~.txt"}
    s3.put_object(**named, Body=b"hello", Metadata={"a": "b  c"}, ContentType="text/plain")
    assert s3.get_object(**named)["Body"].read() == b"hello"
    got = s3.generate_presigned_url("get_object", Params=named | {"ResponseContentType": "text/css"})
    assert ask("GET", got).body == b"hello"
    put = s3.generate_presigned_url("put_object", Params=named | {"ContentType": "image/png"})
    assert ask("PUT", put, b"x", Content_Type="image/png").status == 200
    for answer in (ask("PUT", put, b"x", Content_Type="image/jpeg"), ask("GET", put)):
        assert answer.status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in answer.body


def test_why_a_url_is_refused(verifying: str) -> None:
    s3 = client(verifying, "s3", signature_version="s3v4")
    s3.create_bucket(Bucket="reasons")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "reasons", "Key": "k"})
    assert ask("PUT", url, b"x").status == 403
    why = "it was signed for the method GET, and sent with PUT"
    assert reasons(verifying, "test")[0] == f"SignatureDoesNotMatch: {why}"
    answer = ask("GET", url, x_amz_meta_a="1")
    assert b"There were headers present in the request which were not signed" in answer.body
    assert b"<HeadersNotSigned>x-amz-meta-a</HeadersNotSigned>" in answer.body
    assert b"AuthorizationQueryParametersError" in ask("GET", url.replace("X-Amz-Date", "X-Date")).body


def test_what_a_body_has_to_be(verifying: str) -> None:
    s3 = client(verifying, "s3")
    s3.create_bucket(Bucket="bodies")

    s3.meta.events.register("before-send.s3.PutObject", lambda request, **_: setattr(request, "body", b"other"))
    code, text, status = refused(s3.put_object, Bucket="bodies", Key="k", Body=b"hello", ChecksumCRC32="NhCmhg==")
    assert (code, status) == ("XAmzContentSHA256Mismatch", 400)
    assert text == "The provided 'x-amz-content-sha256' header does not match what was computed."


def dated(verifying: str, service: str, minutes: int, path: str = "/", query: str = "") -> Answer:
    """A request that was signed so many minutes from now, the signature right."""
    date = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime(DATE_FORMAT)
    host = verifying.removeprefix("http://")
    headers = {"host": host, "x-amz-date": date, "x-amz-content-sha256": EMPTY}
    claim = Claim("test", date[:8], "us-east-1", service, tuple(headers), "", date, None, None, False)
    canonical = canonical_request(Message("GET", path, query, headers, b""), claim, path, query, EMPTY)
    signature = signature_of(string_to_sign(claim, canonical), "test", claim)
    given = f"Credential=test/{claim.scope}, SignedHeaders={';'.join(headers)}, Signature={signature}"
    headers["authorization"] = f"{ALGORITHM} {given}"
    return ask("GET", f"{verifying}{path}?{query}", None, **headers)


def test_clocks_that_are_off(verifying: str) -> None:
    assert dated(verifying, "s3", -14).status == 200
    for minutes in (-16, 16):
        answer = dated(verifying, "s3", minutes)
        assert answer.status == 403 and b"<Code>RequestTimeTooSkewed</Code>" in answer.body
        assert b"The difference between the request time and the current time is too large." in answer.body
        assert b"<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>" in answer.body
    old = dated(verifying, "sns", -16, query="Action=ListTopics").body
    assert b"<Code>SignatureDoesNotMatch</Code>" in old and b"<Message>Signature expired: " in old
    assert re.search(rb"(\w+) is now earlier than (\w+) \((\w+) - 15 min\.\)", old)
    early: Any = dated(verifying, "lambda", 6, "/2015-03-31/functions").json
    assert re.fullmatch(r"Signature not yet current: \w+ is still later than \w+ \(\w+ \+ 5 min\.\)", early["message"])


def test_forms(verifying: str) -> None:
    s3 = client(verifying, "s3", signature_version="s3v4")
    s3.create_bucket(Bucket="forms")
    form = s3.generate_presigned_post("forms", "k")
    assert _post(form["url"], form["fields"]).status == 204
    other = s3.generate_presigned_post("forms", "k", ExpiresIn=7200)["fields"]
    answer = _post(form["url"], form["fields"] | {"policy": other["policy"]})
    assert answer.status == 403 and b"<Code>SignatureDoesNotMatch</Code>" in answer.body
    assert re.search(rb"<StringToSign>[A-Za-z0-9+/=]+</StringToSign>", answer.body)
    credential = form["fields"]["x-amz-credential"].replace("test/", "AKIA/")
    made = client(verifying, "s3", "AKIA", signature_version="s3v4").generate_presigned_post("forms", "k")
    assert made["fields"]["x-amz-credential"] == credential
    assert b"<Code>InvalidAccessKeyId</Code>" in _post(made["url"], made["fields"]).body


def _post(url: str, fields: dict[str, str]) -> Answer:
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()]
    parts.append('--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhello\r\n--x--\r\n')
    return ask("POST", url, "\r\n".join(parts).encode(), Content_Type="multipart/form-data; boundary=x")


def test_it_is_noted_where_nothing_is_refused(aws: Client, endpoint: str, account: str) -> None:
    aws("s3").create_bucket(Bucket=f"noted-{account}")
    named = {"Bucket": f"noted-{account}", "Key": "k"}
    session = client(endpoint, "sts", account).get_session_token()["Credentials"]
    made = session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]
    for keys in (made, (account, "test")):
        s3 = client(endpoint, "s3", *keys, signature_version="s3v4")
        url = s3.generate_presigned_url("put_object", Params=named | {"ContentType": "image/png"})
        assert ask("PUT", url, b"x", Content_Type="image/png").status == 200
        assert reasons(endpoint, keys[0]) == []
        assert ask("PUT", url, b"x", Content_Type="image/jpeg").status == 200
        why = "it was signed for the header content-type: image/png, and sent with image/jpeg"
        assert reasons(endpoint, keys[0]) == [f"SignatureDoesNotMatch: {why}"]
    # nothing is said where the secret is not known
    url = client(endpoint, "s3", account, "my own", signature_version="s3v4").generate_presigned_url(
        "get_object", named
    )
    assert ask("GET", url.replace("X-Amz-Expires=3600", "X-Amz-Expires=3500")).status == 200
    assert reasons(endpoint, account) == [f"SignatureDoesNotMatch: {why}"]
