"""Uploads from browsers' forms, and the policies that they carry."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from tests.services.http import Answer, ask
from tests.services.test_s3_objects import bucket, s3  # noqa: F401 - fixtures

KIND = "multipart/form-data; boundary=XX"
Form = dict[str, str]


def form(fields: dict[str, str], body: bytes) -> bytes:
    parts = [f'--XX\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()]
    head = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="me.txt"\r\nContent-Type: text/plain\r\n\r\n'
    return b"".join(parts) + head + body + b"\r\n--XX--\r\n"


def post(endpoint: str, bucket: str, fields: Form, body: bytes = b"abc") -> Answer:  # noqa: F811
    return ask("POST", f"{endpoint}/{bucket}", form(fields, body), content_type=KIND)


def policy(*conditions: Any, expiration: str = "2999-01-01T00:00:00Z") -> str:
    return base64.b64encode(orjson.dumps({"expiration": expiration, "conditions": conditions})).decode()


def signed(s3: Any, bucket: str, key: str, *conditions: Any, **fields: str) -> Form:  # noqa: F811
    """A form's fields as boto3 makes them; ``fields`` have dashes for underscores."""
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    made = s3.generate_presigned_post(bucket, key, Fields=named, Conditions=list(conditions))
    return dict(made["fields"])


def test_a_form(s3: Any, bucket: str, endpoint: str) -> None:  # noqa: F811
    created = {"success_action_status": "201"}
    fields = signed(s3, bucket, "up/${filename}", ["content-length-range", 1, 5], created)
    answer = post(endpoint, bucket, fields | created)
    assert (answer.status, b"<Key>up/me.txt</Key>" in answer.body) == (201, True)
    assert answer.headers["location"] == f"{endpoint}/{bucket}/up/me.txt"
    assert s3.get_object(Bucket=bucket, Key="up/me.txt")["Body"].read() == b"abc"
    fields = signed(s3, bucket, "up/${filename}")
    answer = post(endpoint, bucket, fields, b"abc\r\n")
    assert (answer.status, answer.body) == (204, b"")
    assert s3.get_object(Bucket=bucket, Key="up/me.txt")["Body"].read() == b"abc\r\n"
    answer = ask("POST", endpoint, form(fields, b"host"), content_type=KIND, Host=f"{bucket}.localhost:4566")
    assert answer.status == 204
    for broken in (b"", b"--XX", form({}, b"x"), form(fields, b"x")[:40]):
        assert 400 <= ask("POST", f"{endpoint}/{bucket}", broken, content_type=KIND).status < 500


def test_what_a_policy_does_not_allow(s3: Any, bucket: str, endpoint: str) -> None:  # noqa: F811
    fields = signed(s3, bucket, "k", ["content-length-range", 2, 4], ["starts-with", "$Content-Type", "image/"])
    image = {**fields, "Content-Type": "image/png"}

    def refused(sent: Form, body: bytes = b"abc") -> str:
        answer = post(endpoint, bucket, sent, body)
        assert answer.status in (400, 403)
        return answer.body.decode().replace("&quot;", '"')

    assert post(endpoint, bucket, image).status == 204
    assert "EntityTooLarge" in refused(image, b"abcde")
    assert "<MinSizeAllowed>2</MinSizeAllowed>" in refused(image, b"a")
    assert 'Policy Condition failed: ["starts-with", "$Content-Type", "image/"]' in refused(fields)
    assert f'Policy Condition failed: ["eq", "$key", "{fields["key"]}"]' in refused({**image, "key": "other"})
    assert "Invalid according to Policy: Extra input fields: x-amz-meta-a" in refused({**image, "x-amz-meta-a": "1"})
    assert post(endpoint, bucket, {**image, "x-ignore-a": "1"}).status == 204
    late = policy(expiration="2001-01-01T00:00:00Z")
    assert "Policy expired." in refused({**image, "policy": late})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "Invalid JSON."),
        ('{"conditions": []}', "Policy missing expiration."),
        ('{"expiration": "2999-01-01T00:00:00Z"}', "Policy missing conditions."),
        ('{"expiration": "soon", "conditions": []}', "Invalid 'expiration' value"),
        ('{"expiration": "2999-01-01T00:00:00Z", "conditions": [{"a": "1", "b": "2"}]}', "exactly one property"),
        ('{"expiration": "2999-01-01T00:00:00Z", "conditions": [["is", "$a", "b"]]}', "Invalid Condition"),
        ('{"expiration": "2999-01-01T00:00:00Z", "conditions": [["content-length-range", "a", 1]]}', "numbers"),
    ],
)
def test_policies_that_cannot_be_read(bucket: str, endpoint: str, text: str, told: str) -> None:  # noqa: F811
    fields = {"key": "k", "policy": base64.b64encode(text.encode()).decode()}
    fields |= {"AWSAccessKeyId": "111122223333", "signature": "c2lnbmVk"}
    answer = post(endpoint, bucket, fields)
    assert (answer.status, b"InvalidPolicyDocument" in answer.body) == (400, True)
    assert told in answer.body.decode()
    del fields["signature"]
    assert b"must contain a field named 'signature'" in post(endpoint, bucket, fields).body


def test_what_a_form_says_of_its_object(s3: Any, bucket: str, endpoint: str) -> None:  # noqa: F811
    tags = "<Tagging><TagSet><Tag><Key>a b</Key><Value>c+d</Value></Tag></TagSet></Tagging>"
    fields = {"key": "k", "tagging": tags, "x-amz-meta-who": "me", "x-amz-storage-class": "STANDARD_IA"}
    fields |= {"x-amz-server-side-encryption": "AES256", "x-amz-checksum-crc32": "NSRBwg==", "acl": "private"}
    answer = post(endpoint, bucket, fields)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["x-amz-checksum-crc32"] == "NSRBwg=="
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a b", "Value": "c+d"}]
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["Metadata"], head["StorageClass"]) == ({"who": "me"}, "STANDARD_IA")
    assert b"MalformedXML" in post(endpoint, bucket, {"key": "k", "tagging": "a=b"}).body
    assert b"BadDigest" in post(endpoint, bucket, {"key": "k", "x-amz-checksum-crc32": "AAAAAA=="}).body
    assert b"AccessControlListNotSupported" in post(endpoint, bucket, {"key": "k", "acl": "public-read"}).body
