"""S3 with its neighbours: buckets in templates, notifications to topics and functions, code from a bucket."""

from __future__ import annotations

import json
from typing import Any

import orjson

from tests.conftest import Client
from tests.services.http import ask
from tests.services.lambda_lab import make, package
from tests.services.test_cloudformation import create, outputs
from tests.services.test_s3_events import queue, received  # noqa: F401 - fixture
from tests.services.test_s3_objects import bucket, refusal, s3  # noqa: F401 - fixtures
from tests.settling import wait_for

TEMPLATE: dict[str, Any] = {
    "Parameters": {"Name": {"Type": "String"}},
    "Resources": {
        "Events": {"Type": "AWS::SQS::Queue"},
        "Site": {
            "Type": "AWS::S3::Bucket",
            "Properties": {
                "BucketName": {"Ref": "Name"},
                "VersioningConfiguration": {"Status": "Enabled"},
                "WebsiteConfiguration": {
                    "IndexDocument": "index.html",
                    "ErrorDocument": "error.html",
                    "RoutingRules": [
                        {
                            "RoutingRuleCondition": {"KeyPrefixEquals": "old/"},
                            "RedirectRule": {"ReplaceKeyPrefixWith": "new/"},
                        }
                    ],
                },
                "CorsConfiguration": {
                    "CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": 60, "Id": "all"}]
                },
                "NotificationConfiguration": {
                    "QueueConfigurations": [
                        {
                            "Event": "s3:ObjectCreated:*",
                            "Queue": {"Fn::GetAtt": ["Events", "Arn"]},
                            "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}},
                        }
                    ]
                },
                "PublicAccessBlockConfiguration": {"BlockPublicAcls": "true", "BlockPublicPolicy": False},
                "Tags": [{"Key": "team", "Value": "shop"}],
            },
        },
        "SitePolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Site"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": "*",
                            "Action": "s3:GetObject",
                            "Resource": {"Fn::Sub": "${Site.Arn}/*"},
                        }
                    ],
                },
            },
        },
        "Unnamed": {"Type": "AWS::S3::Bucket"},
    },
    "Outputs": {
        "Url": {"Value": {"Fn::GetAtt": ["Site", "WebsiteURL"]}},
        "Arn": {"Value": {"Fn::GetAtt": ["Site", "Arn"]}},
        "Queue": {"Value": {"Ref": "Events"}},
        "Unnamed": {"Value": {"Ref": "Unnamed"}},
    },
}


def test_buckets_in_templates(aws: Client, s3: Any, account: str) -> None:  # noqa: F811
    cloudformation, name = aws("cloudformation"), f"site-{account}"
    parameters = [{"ParameterKey": "Name", "ParameterValue": name}]
    create(cloudformation, json.dumps(TEMPLATE), Parameters=parameters)
    told = outputs(cloudformation)
    assert told["Arn"] == f"arn:aws:s3:::{name}"
    assert told["Unnamed"].startswith("shop-unnamed-")
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert {"Key": "team", "Value": "shop"} in s3.get_bucket_tagging(Bucket=name)["TagSet"]
    rule = s3.get_bucket_cors(Bucket=name)["CORSRules"][0]
    assert rule == {"ID": "all", "AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAgeSeconds": 60}
    assert s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"]["IsPublic"] is True
    s3.put_object(Bucket=name, Key="index.html", Body=b"<h1>", ContentType="text/html")
    s3.put_object(Bucket=name, Key="in/x", Body=b"")
    assert ask("GET", told["Url"] + "/").body == b"<h1>"
    assert ask("GET", told["Url"] + "/old/a").headers["location"].endswith("/new/a")
    bodies = received(aws, told["Queue"], 2)
    assert bodies[0]["Event"] == "s3:TestEvent"
    assert bodies[1]["Records"][0]["s3"]["object"]["key"] == "in/x"

    changed = json.loads(json.dumps(TEMPLATE))
    properties = changed["Resources"]["Site"]["Properties"]
    for gone in ("CorsConfiguration", "NotificationConfiguration", "VersioningConfiguration"):
        del properties[gone]
    del changed["Resources"]["SitePolicy"]
    cloudformation.update_stack(StackName="shop", TemplateBody=json.dumps(changed), Parameters=parameters)
    wait_for(cloudformation, "stack_update_complete", StackName="shop")
    assert refusal(s3.get_bucket_cors, Bucket=name)["Code"] == "NoSuchCORSConfiguration"
    assert refusal(s3.get_bucket_policy, Bucket=name)["Code"] == "NoSuchBucketPolicy"
    assert "QueueConfigurations" not in s3.get_bucket_notification_configuration(Bucket=name)
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Suspended"

    for version in s3.list_object_versions(Bucket=name)["Versions"]:
        s3.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")
    assert refusal(s3.head_bucket, Bucket=name)["Status"] == 404


def test_to_a_topic_and_a_function(aws: Client, s3: Any, bucket: str, queue: tuple[str, str]) -> None:  # noqa: F811
    url, arn = queue
    topic = aws("sns").create_topic(Name="objects")["TopicArn"]
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    forward = (
        "import boto3, json\n"
        "def handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl={url!r}, MessageBody=json.dumps(event))\n"
    )
    function = make(aws("lambda"), source=forward)
    settings = {
        "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}],
        "LambdaFunctionConfigurations": [{"LambdaFunctionArn": function, "Events": ["s3:ObjectRemoved:*"]}],
    }
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=settings)
    assert received(aws, url, 1)[0]["Event"] == "s3:TestEvent"
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    s3.delete_object(Bucket=bucket, Key="k")
    names = {body["Records"][0]["eventName"] for body in received(aws, url, 2)}
    assert names == {"ObjectCreated:Put", "ObjectRemoved:Delete"}


def test_code_from_a_bucket(aws: Client, s3: Any, bucket: str) -> None:  # noqa: F811
    s3.put_object(Bucket=bucket, Key="code.zip", Body=package())
    made = aws("lambda").create_function(
        FunctionName="from-s3",
        Runtime="python3.11",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/function",
        Code={"S3Bucket": bucket, "S3Key": "code.zip"},
    )
    answer = aws("lambda").invoke(FunctionName=made["FunctionArn"], Payload=b'{"a": 1}')
    assert orjson.loads(answer["Payload"].read()) == {"a": 1}
