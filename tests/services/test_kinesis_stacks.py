"""Streams, delivery streams and schemas in stacks, SAM's Kinesis event among them; and in state machines."""

from __future__ import annotations

import json
from typing import Any

from headwater.client import Headwater
from tests.conftest import Client
from tests.services.lambda_lab import receive
from tests.services.test_cloudformation import outputs
from tests.services.test_cloudformation_serverless import CAPABILITIES, settled
from tests.settling import wait_for

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters: {Hours: {Type: Number, Default: 48}, Shards: {Type: Number, Default: 1}}
Resources:
  Lake: {Type: AWS::S3::Bucket}
  Out: {Type: AWS::SQS::Queue}
  Orders:
    Type: AWS::Kinesis::Stream
    Properties: {ShardCount: !Ref Shards, RetentionPeriodHours: !Ref Hours, Tags: [{Key: team, Value: a}]}
  Reader:
    Type: AWS::Kinesis::StreamConsumer
    Properties: {ConsumerName: reader, StreamARN: !GetAtt Orders.Arn}
  ToLake:
    Type: AWS::KinesisFirehose::DeliveryStream
    Properties:
      DeliveryStreamType: KinesisStreamAsSource
      KinesisStreamSourceConfiguration:
        KinesisStreamARN: !GetAtt Orders.Arn
        RoleARN: !Sub arn:aws:iam::${AWS::AccountId}:role/any
      ExtendedS3DestinationConfiguration:
        BucketARN: !GetAtt Lake.Arn
        RoleARN: !Sub arn:aws:iam::${AWS::AccountId}:role/any
        BufferingHints: {IntervalInSeconds: "0", SizeInMBs: "1"}
        Prefix: !Sub "${Hours}/"
  Forward:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Timeout: 20
      Environment: {Variables: {OUT: !Ref Out}}
      InlineCode: |
        import boto3, json, os
        def handler(event, context):
            boto3.client("sqs").send_message(QueueUrl=os.environ["OUT"], MessageBody=json.dumps(event))
      Events:
        Orders: {Type: Kinesis, Properties: {Stream: !GetAtt Orders.Arn, StartingPosition: TRIM_HORIZON}}
  Registry: {Type: AWS::EventSchemas::Registry, Properties: {RegistryName: shop}}
  Schema:
    Type: AWS::EventSchemas::Schema
    Properties:
      RegistryName: !GetAtt Registry.RegistryName
      Type: OpenApi3
      Content: '{"openapi": "3.0.0", "info": {"version": "1", "title": "E"}, "paths": {}}'
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: shop}}
  Discoverer: {Type: AWS::EventSchemas::Discoverer, Properties: {SourceArn: !GetAtt Bus.Arn}}
Outputs:
  Stream: {Value: !Ref Orders}
  StreamArn: {Value: !GetAtt Orders.Arn}
  Consumer: {Value: !Ref Reader}
  Delivery: {Value: !Ref ToLake}
  Lake: {Value: !Ref Lake}
  Out: {Value: !Ref Out}
  SchemaVersion: {Value: !GetAtt Schema.SchemaVersion}
  DiscovererId: {Value: !GetAtt Discoverer.DiscovererId}
"""


def test_streams_and_schemas_of_a_stack(aws: Client, endpoint: str) -> None:
    cloudformation, kinesis = aws("cloudformation"), aws("kinesis")
    cloudformation.create_stack(StackName="shop", TemplateBody=TEMPLATE, Capabilities=CAPABILITIES)
    assert settled(cloudformation) == "CREATE_COMPLETE"
    out = outputs(cloudformation, "shop")

    def summary() -> dict[str, Any]:
        found: dict[str, Any] = kinesis.describe_stream_summary(StreamName=out["Stream"])["StreamDescriptionSummary"]
        return found

    assert (summary()["RetentionPeriodHours"], summary()["StreamARN"]) == (48, out["StreamArn"])
    assert summary()["ConsumerCount"] == 1
    assert out["Consumer"].startswith(f"{out['StreamArn']}/consumer/reader:")
    assert (out["SchemaVersion"], out["DiscovererId"]) == ("1", "events-event-bus-shop")
    kinesis.put_record(StreamName=out["Stream"], Data=b"hello", PartitionKey="a")
    (message,) = receive(aws("sqs"), out["Out"])
    assert json.loads(message["Body"])["Records"][0]["kinesis"]["partitionKey"] == "a"
    Headwater(endpoint).settle(timeout=60)
    (key,) = (each["Key"] for each in aws("s3").list_objects_v2(Bucket=out["Lake"])["Contents"])
    assert key.startswith("48/20")
    changes = [{"ParameterKey": "Hours", "ParameterValue": "24"}, {"ParameterKey": "Shards", "ParameterValue": "2"}]
    cloudformation.update_stack(
        StackName="shop", UsePreviousTemplate=True, Parameters=changes, Capabilities=CAPABILITIES
    )
    assert settled(cloudformation) == "UPDATE_COMPLETE"
    assert (summary()["RetentionPeriodHours"], summary()["OpenShardCount"]) == (24, 2)
    described = aws("firehose").describe_delivery_stream(DeliveryStreamName=out["Delivery"])
    assert described["DeliveryStreamDescription"]["VersionId"] == "2"
    aws("s3").delete_object(Bucket=out["Lake"], Key=key)
    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")
    assert kinesis.list_streams()["StreamNames"] == []
    assert aws("schemas").list_registries()["Registries"][0]["RegistryName"] == "discovered-schemas"


def test_a_state_machine_puts_records(aws: Client) -> None:
    kinesis, states = aws("kinesis"), aws("stepfunctions", inject_host_prefix=False)
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    wait_for(kinesis, "stream_exists", StreamName="orders")
    put = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:kinesis:putRecord",
        "Parameters": {"StreamName": "orders", "PartitionKey": "a", "Data.$": "$.data"},
        "End": True,
    }
    machine = states.create_state_machine(
        name="m",
        definition=json.dumps({"StartAt": "Put", "States": {"Put": put}}),
        roleArn="arn:aws:iam::000000000000:role/any",
        type="EXPRESS",
    )["stateMachineArn"]
    answer = states.start_sync_execution(stateMachineArn=machine, input='{"data": "aGVsbG8="}')
    assert json.loads(answer["output"])["ShardId"] == "shardId-000000000000"
