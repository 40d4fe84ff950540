"""Buckets of S3 and what is set on them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.conftest import Client, client_factory
from tests.services.test_s3_objects import bucket, fields, refusal, s3  # noqa: F401 - fixtures


def test_create_head_list_delete(s3: Any, bucket: str, account: str) -> None:  # noqa: F811
    head = s3.head_bucket(Bucket=bucket)
    assert (head["BucketRegion"], head["BucketArn"]) == ("us-east-1", f"arn:aws:s3:::{bucket}")
    assert [item["Name"] for item in s3.list_buckets()["Buckets"]] == [bucket]
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k")
    assert refusal(s3.delete_bucket, Bucket=bucket)["Code"] == "BucketNotEmpty"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.delete_bucket(Bucket=bucket)
    assert refusal(s3.head_bucket, Bucket=bucket)["Status"] == 404
    assert refusal(s3.delete_bucket, Bucket=bucket)["Code"] == "NoSuchBucket"


def test_names_are_shared_by_all_accounts(endpoint: str, bucket: str, account: str) -> None:  # noqa: F811
    other = client_factory(endpoint, str(int(account) + 500_000))("s3", s3={"addressing_style": "path"})
    assert refusal(other.create_bucket, Bucket=bucket)["Code"] == "BucketAlreadyExists"


@pytest.mark.parametrize("name", ["ab", "Bucket-x", "a..bc", "192.168.0.1", "-abc", "xn--abc", "a_bcd", "abc-s3alias"])
def test_names_that_are_none(s3: Any, name: str) -> None:  # noqa: F811
    error = refusal(s3.create_bucket, Bucket=name)
    assert (error["Code"], error["BucketName"]) == ("InvalidBucketName", name)


def test_regions(endpoint: str, account: str) -> None:
    europe = client_factory(endpoint, account, "eu-west-1")("s3", s3={"addressing_style": "path"})
    name = f"europe-{account}"
    assert refusal(europe.create_bucket, Bucket=name)["Code"] == "IllegalLocationConstraintException"
    place = {"LocationConstraint": "eu-west-1"}
    europe.create_bucket(Bucket=name, CreateBucketConfiguration=place)
    assert (
        refusal(europe.create_bucket, Bucket=name, CreateBucketConfiguration=place)["Code"] == "BucketAlreadyOwnedByYou"
    )
    assert europe.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"


POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
}
SETTINGS = [
    ("bucket_versioning", {"VersioningConfiguration": {"Status": "Enabled"}}, None, {"Status": "Enabled"}),
    (
        "bucket_website",
        {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "e.html"}}},
        "NoSuchWebsiteConfiguration",
        {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "e.html"}},
    ),
    (
        "bucket_cors",
        {
            "CORSConfiguration": {
                "CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 5}]
            }
        },
        "NoSuchCORSConfiguration",
        {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 5}]},
    ),
    (
        "bucket_tagging",
        {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
        "NoSuchTagSet",
        {"TagSet": [{"Key": "a", "Value": "b"}]},
    ),
    (
        "bucket_policy",
        {"Policy": orjson.dumps(POLICY).decode()},
        "NoSuchBucketPolicy",
        {"Policy": orjson.dumps(POLICY).decode()},
    ),
    (
        "public_access_block",
        {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
        "NoSuchPublicAccessBlockConfiguration",
        {
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "IgnorePublicAcls": False,
                "BlockPublicPolicy": False,
                "RestrictPublicBuckets": False,
            }
        },
    ),
    (
        "bucket_ownership_controls",
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
        "OwnershipControlsNotFoundError",
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
    ),
]


@pytest.mark.parametrize(("name", "request_", "absent", "result"), SETTINGS, ids=[row[0] for row in SETTINGS])
def test_settings(
    s3: Any,  # noqa: F811
    bucket: str,  # noqa: F811
    name: str,
    request_: dict[str, Any],
    absent: str | None,
    result: dict[str, Any],
) -> None:
    getattr(s3, f"put_{name}")(Bucket=bucket, **request_)
    assert fields(getattr(s3, f"get_{name}")(Bucket=bucket)) == result
    if absent is not None:
        getattr(s3, f"delete_{name}")(Bucket=bucket)
        error = refusal(getattr(s3, f"get_{name}"), Bucket=bucket)
        assert (error["Code"], error["Status"], error["BucketName"]) == (absent, 404, bucket)


def test_defaults(s3: Any, bucket: str) -> None:  # noqa: F811
    assert fields(s3.get_bucket_versioning(Bucket=bucket)) == {}
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule == {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True
    ownership = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert ownership == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert fields(s3.get_bucket_notification_configuration(Bucket=bucket)) == {}


def test_bad_settings(s3: Any, bucket: str) -> None:  # noqa: F811
    both = {"RedirectAllRequestsTo": {"HostName": "x"}, "IndexDocument": {"Suffix": "i"}}
    assert refusal(s3.put_bucket_website, Bucket=bucket, WebsiteConfiguration=both)["Code"] == "InvalidArgument"
    rules = {"CORSRules": [{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]}
    assert (
        "Unsupported method is PATCH" in refusal(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration=rules)["Message"]
    )
    assert refusal(s3.put_bucket_policy, Bucket=bucket, Policy="{")["Code"] == "MalformedPolicy"
    twice = {"TagSet": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}
    assert refusal(s3.put_bucket_tagging, Bucket=bucket, Tagging=twice)["Code"] == "InvalidTag"
    assert refusal(s3.get_bucket_abac, Bucket=bucket)["Status"] == 501


def test_listing_many_buckets(aws: Client, account: str) -> None:
    client = aws("s3", s3={"addressing_style": "path"})
    names = [f"list-{account}-{number}" for number in range(5)]
    for name in names:
        client.create_bucket(Bucket=name)
    pages = list(client.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2}))
    assert [item["Name"] for page in pages for item in page["Buckets"]] == names
    assert [len(page["Buckets"]) for page in pages] == [2, 2, 1]
    assert [b["Name"] for b in client.list_buckets(Prefix=names[3])["Buckets"]] == [names[3]]
