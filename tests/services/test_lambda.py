"""Lambda through boto3: functions, versions, aliases, layers, policies."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.lambda_lab import ECHO, ROLE, make, package


def refused(call: Any, **request: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    response: dict[str, Any] = caught.value.response
    return response["Error"] | {"Status": response["ResponseMetadata"]["HTTPStatusCode"]}


def answer(lambda_: Any, name: str = "f", event: object = None, **more: Any) -> Any:
    result = lambda_.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    assert "FunctionError" not in result
    return json.loads(result["Payload"].read())


def test_a_configuration_has_all_that_aws_returns(aws: Client, account: str) -> None:
    lambda_ = aws("lambda")
    code = package()
    created = lambda_.create_function(
        FunctionName="f",
        Runtime="python3.11",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": code},
        Environment={"Variables": {"STAGE": "test"}},
        Tags={"team": "orders"},
    )
    del created["ResponseMetadata"]
    arn = f"arn:aws:lambda:us-east-1:{account}:function:f"
    fixed = {
        "FunctionName": "f",
        "FunctionArn": arn,
        "Runtime": "python3.11",
        "Role": ROLE,
        "Handler": "app.handler",
        "CodeSize": len(code),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "CodeSha256": base64.b64encode(hashlib.sha256(code).digest()).decode(),
        "Version": "$LATEST",
        "Environment": {"Variables": {"STAGE": "test"}},
        "TracingConfig": {"Mode": "PassThrough"},
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"},
    }
    varying = {"LastModified", "RevisionId", "RuntimeVersionConfig"}
    pending = {"State": "Pending", "StateReason": "The function is being created.", "StateReasonCode": "Creating"}
    assert {name: created[name] for name in created if name not in varying} == fixed | pending
    found = lambda_.get_function(FunctionName=arn)
    configuration = found["Configuration"]
    active = {"State": "Active", "LastUpdateStatus": "Successful"}
    assert {name: configuration[name] for name in configuration if name not in varying} == fixed | active
    assert found["Tags"] == {"team": "orders"}
    assert found["Code"]["RepositoryType"] == "S3"
    listed = lambda_.list_functions()["Functions"]
    assert [each["FunctionName"] for each in listed] == ["f"]


def test_errors_of_creation(aws: Client, account: str) -> None:
    lambda_ = aws("lambda")
    make(lambda_)
    valid = {
        "FunctionName": "g",
        "Runtime": "python3.11",
        "Handler": "app.handler",
        "Role": ROLE,
        "Code": {"ZipFile": package()},
    }
    again = refused(lambda_.create_function, **valid | {"FunctionName": "f"})
    assert (again["Code"], again["Message"], again["Status"]) == (
        "ResourceConflictException",
        "Function already exist: f",
        409,
    )
    broken = refused(lambda_.create_function, **valid | {"Code": {"ZipFile": b"no zip"}})
    assert broken["Message"].startswith("Could not unzip uploaded file.")
    reserved = refused(lambda_.create_function, **valid, Environment={"Variables": {"AWS_REGION": "x"}})
    assert reserved["Code"] == "InvalidParameterValueException"
    assert reserved["Message"].endswith("Reserved keys used in this request: AWS_REGION")
    slow = refused(lambda_.create_function, **valid, Timeout=901)
    assert "at 'timeout' failed to satisfy constraint" in slow["Message"]
    java = refused(lambda_.create_function, **valid | {"Runtime": "java21"})
    assert (java["Code"], java["Status"]) == ("NotImplemented", 501)
    gone = refused(lambda_.get_function, FunctionName="gone")
    assert (gone["Code"], gone["Message"], gone["Status"]) == (
        "ResourceNotFoundException",
        f"Function not found: arn:aws:lambda:us-east-1:{account}:function:gone",
        404,
    )
    missing = refused(lambda_.create_function, **valid | {"Code": {"S3Bucket": "gone", "S3Key": "k"}})
    assert "S3 Error Code: NoSuchBucket" in missing["Message"]


def test_code_from_s3(aws: Client) -> None:
    s3, lambda_ = aws("s3"), aws("lambda")
    bucket = "code-" + base64.b32encode(hashlib.sha1(repr(aws).encode()).digest()).decode().lower()
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="f.zip", Body=package("def handler(e, c):\n    return 's3'\n"))
    code = {"S3Bucket": bucket, "S3Key": "f.zip"}
    lambda_.create_function(FunctionName="f", Runtime="python3.11", Handler="app.handler", Role=ROLE, Code=code)
    assert answer(lambda_) == "s3"


def test_code_from_s3_may_be_larger_than_a_request(aws: Client) -> None:
    """Only a package within the request is limited to 50 MB."""
    s3, lambda_ = aws("s3"), aws("lambda")
    bucket = "large-" + base64.b32encode(hashlib.sha1(repr(aws).encode()).digest()).decode().lower()
    s3.create_bucket(Bucket=bucket)
    large = io.BytesIO()
    with zipfile.ZipFile(large, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("data", bytes(52_428_801))
    s3.put_object(Bucket=bucket, Key="f.zip", Body=large.getvalue())
    code = {"S3Bucket": bucket, "S3Key": "f.zip"}
    made = lambda_.create_function(FunctionName="f", Runtime="python3.11", Handler="a.b", Role=ROLE, Code=code)
    assert made["CodeSize"] == len(large.getvalue())


def test_updates_take_effect_at_once(aws: Client) -> None:
    lambda_ = aws("lambda")
    make(lambda_, source="import os\ndef handler(e, c):\n    return ['old', os.environ.get('MODE')]\n")
    assert answer(lambda_) == ["old", None]
    updated = lambda_.update_function_configuration(
        FunctionName="f", Environment={"Variables": {"MODE": "x"}}, Timeout=5, Description="d"
    )
    assert (updated["LastUpdateStatus"], updated["Timeout"], updated["Description"]) == ("InProgress", 5, "d")
    assert answer(lambda_) == ["old", "x"]
    source = "import os\ndef handler(e, c):\n    return ['new', os.environ.get('MODE')]\n"
    lambda_.update_function_code(FunctionName="f", ZipFile=package(source))
    assert answer(lambda_) == ["new", "x"]
    stale = refused(lambda_.update_function_code, FunctionName="f", ZipFile=package(), RevisionId=updated["RevisionId"])
    assert (stale["Code"], stale["Status"]) == ("PreconditionFailedException", 412)
    lambda_.delete_function(FunctionName="f")
    assert refused(lambda_.invoke, FunctionName="f")["Code"] == "ResourceNotFoundException"


def test_versions_and_aliases(aws: Client, account: str) -> None:
    lambda_ = aws("lambda")
    arn = make(lambda_, source="def handler(e, c):\n    return [1, c.function_version, c.invoked_function_arn]\n")
    one = lambda_.publish_version(FunctionName="f", Description="first")
    assert (one["Version"], one["FunctionArn"], one["Description"]) == ("1", f"{arn}:1", "first")
    assert lambda_.publish_version(FunctionName="f")["Version"] == "1"  # nothing has changed
    lambda_.update_function_code(FunctionName="f", ZipFile=package("def handler(e, c):\n    return [2]\n"))
    assert lambda_.publish_version(FunctionName="f")["Version"] == "2"
    assert answer(lambda_, "f:1") == [1, "1", f"{arn}:1"]
    assert answer(lambda_, "f", Qualifier="2") == [2]
    versions = lambda_.list_versions_by_function(FunctionName="f")["Versions"]
    assert [version["Version"] for version in versions] == ["$LATEST", "1", "2"]
    alias = lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    assert (alias["AliasArn"], alias["FunctionVersion"]) == (f"{arn}:live", "1")
    result = lambda_.invoke(FunctionName=f"{account}:function:f:live")
    assert result["ExecutedVersion"] == "1"
    assert json.loads(result["Payload"].read()) == [1, "1", f"{arn}:live"]
    referenced = refused(lambda_.delete_function, FunctionName="f", Qualifier="1")
    assert referenced["Code"] == "ResourceConflictException"
    lambda_.update_alias(FunctionName="f", Name="live", FunctionVersion="2")
    assert answer(lambda_, "f:live") == [2]
    lambda_.delete_function(FunctionName="f", Qualifier="1")
    assert refused(lambda_.invoke, FunctionName="f:1")["Message"] == f"Function not found: {arn}:1"
    assert [a["Name"] for a in lambda_.list_aliases(FunctionName="f")["Aliases"]] == ["live"]
    lambda_.delete_alias(FunctionName="f", Name="live")
    assert refused(lambda_.get_alias, FunctionName="f", Name="live")["Message"].startswith("Cannot find alias arn")
    twice = refused(lambda_.invoke, FunctionName="f:2", Qualifier="live")
    assert "does not match the specified qualifier" in twice["Message"]


def test_an_alias_shares_its_traffic(aws: Client) -> None:
    lambda_ = aws("lambda")
    make(lambda_, source="def handler(e, c):\n    return c.function_version\n")
    lambda_.publish_version(FunctionName="f")
    lambda_.update_function_configuration(FunctionName="f", Description="2")
    lambda_.publish_version(FunctionName="f")
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    lambda_.create_alias(FunctionName="f", Name="live", FunctionVersion="1", RoutingConfig=routing)
    seen = {lambda_.invoke(FunctionName="f:live")["ExecutedVersion"] for _ in range(40)}
    assert seen == {"1", "2"}
    bad = refused(
        lambda_.update_alias, FunctionName="f", Name="live", RoutingConfig={"AdditionalVersionWeights": {"9": 0.5}}
    )
    assert bad["Code"] == "ResourceNotFoundException"


def test_layers(aws: Client, account: str) -> None:
    lambda_ = aws("lambda")
    content = {"ZipFile": package("NAME = 'layer'\n", "python/shared.py")}
    layer = lambda_.publish_layer_version(LayerName="l", Content=content, CompatibleRuntimes=["python3.11"])
    arn = f"arn:aws:lambda:us-east-1:{account}:layer:l"
    assert (layer["LayerArn"], layer["LayerVersionArn"], layer["Version"]) == (arn, f"{arn}:1", 1)
    make(lambda_, source="import shared\ndef handler(e, c):\n    return shared.NAME\n", Layers=[f"{arn}:1"])
    assert answer(lambda_) == "layer"
    shown = lambda_.get_function_configuration(FunctionName="f")["Layers"]
    assert shown == [{"Arn": f"{arn}:1", "CodeSize": layer["Content"]["CodeSize"]}]
    assert lambda_.list_layers()["Layers"][0]["LatestMatchingVersion"]["Version"] == 1
    lambda_.delete_layer_version(LayerName="l", VersionNumber=1)
    assert lambda_.list_layer_versions(LayerName="l")["LayerVersions"] == []
    assert refused(lambda_.get_layer_version, LayerName="l", VersionNumber=1)["Status"] == 404
    assert lambda_.publish_layer_version(LayerName="l", Content=content)["Version"] == 2
    assert answer(lambda_) == "layer"
    unknown = refused(lambda_.update_function_configuration, FunctionName="f", Layers=[f"{arn}:9"])
    assert unknown["Message"] == f"Layer version {arn}:9 does not exist."


def test_policies(aws: Client) -> None:
    lambda_ = aws("lambda")
    arn = make(lambda_)
    request = {
        "FunctionName": "f",
        "StatementId": "bus",
        "Action": "lambda:InvokeFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": "arn:aws:events:us-east-1:000000000000:rule/r",
    }
    statement = json.loads(lambda_.add_permission(**request)["Statement"])
    assert statement == {
        "Sid": "bus",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": arn,
        "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:events:us-east-1:000000000000:rule/r"}},
    }
    assert refused(lambda_.add_permission, **request)["Code"] == "ResourceConflictException"
    policy = json.loads(lambda_.get_policy(FunctionName="f")["Policy"])
    assert policy == {"Version": "2012-10-17", "Id": "default", "Statement": [statement]}
    lambda_.remove_permission(FunctionName="f", StatementId="bus")
    assert refused(lambda_.get_policy, FunctionName="f")["Message"] == "The resource you requested does not exist."


def test_tags_and_pages(aws: Client) -> None:
    lambda_ = aws("lambda")
    arns = [make(lambda_, f"f{n}") for n in range(3)]
    lambda_.tag_resource(Resource=arns[0], Tags={"a": "1", "b": "2"})
    lambda_.untag_resource(Resource=arns[0], TagKeys=["a"])
    assert lambda_.list_tags(Resource=arns[0])["Tags"] == {"b": "2"}
    pages = lambda_.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})
    assert [[f["FunctionName"] for f in page["Functions"]] for page in pages] == [["f0", "f1"], ["f2"]]


def test_concurrency_settings(aws: Client) -> None:
    lambda_ = aws("lambda")
    make(lambda_)
    lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=5)
    assert lambda_.get_function(FunctionName="f")["Concurrency"] == {"ReservedConcurrentExecutions": 5}
    assert lambda_.get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"] == 995
    much = refused(lambda_.put_function_concurrency, FunctionName="f", ReservedConcurrentExecutions=901)
    assert "below its minimum value of [100]" in much["Message"]
    lambda_.delete_function_concurrency(FunctionName="f")
    assert "Concurrency" not in lambda_.get_function(FunctionName="f")


def test_function_urls_are_configured(aws: Client) -> None:
    lambda_ = aws("lambda")
    arn = make(lambda_)
    made = lambda_.create_function_url_config(FunctionName="f", AuthType="NONE", Cors={"AllowOrigins": ["*"]})
    assert (made["FunctionArn"], made["AuthType"]) == (arn, "NONE")
    found = lambda_.get_function_url_config(FunctionName="f")
    assert (found["FunctionUrl"], found["InvokeMode"]) == (made["FunctionUrl"], "BUFFERED")
    again = refused(lambda_.create_function_url_config, FunctionName="f", AuthType="NONE")
    assert again["Code"] == "ResourceConflictException"
    lambda_.delete_function_url_config(FunctionName="f")
    assert lambda_.list_function_url_configs(FunctionName="f")["FunctionUrlConfigs"] == []


def test_an_empty_package_is_refused(aws: Client) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w"):
        pass
    lambda_ = aws("lambda")
    make(lambda_, source=ECHO)
    error = refused(lambda_.update_function_code, FunctionName="f", ZipFile=buffer.getvalue())
    assert error["Message"] == "Uploaded file must be a non-empty zip"


@pytest.mark.node
@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_a_node_function(aws: Client) -> None:
    lambda_ = aws("lambda")
    source = "exports.handler = async (event) => ({ got: event, stage: process.env.STAGE });\n"
    lambda_.create_function(
        FunctionName="n",
        Runtime="nodejs22.x",
        Handler="index.handler",
        Role=ROLE,
        Code={"ZipFile": package(source, "index.js")},
        Environment={"Variables": {"STAGE": "test"}},
    )
    assert answer(lambda_, "n", {"a": 1}) == {"got": {"a": 1}, "stage": "test"}


def test_defaults_that_tools_ask_for(aws: Client) -> None:
    lambda_ = aws("lambda")
    arn = make(lambda_)
    assert lambda_.get_function_code_signing_config(FunctionName="f")["FunctionName"] == "f"
    assert lambda_.get_runtime_management_config(FunctionName="f")["FunctionArn"] == arn
    assert lambda_.list_provisioned_concurrency_configs(FunctionName="f")["ProvisionedConcurrencyConfigs"] == []
