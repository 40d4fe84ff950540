"""A pipe in a stack: it is made, changed and removed with it."""

from __future__ import annotations

from tests.conftest import Client
from tests.services.test_cloudformation import outputs
from tests.services.test_cloudformation_serverless import settled
from tests.settling import wait_for

TEMPLATE = """
Parameters: {Batch: {Type: String, Default: "5"}}
Resources:
  In: {Type: AWS::SQS::Queue}
  Out: {Type: AWS::SQS::Queue}
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties:
      Source: !GetAtt In.Arn
      Target: !GetAtt Out.Arn
      RoleArn: !Sub arn:aws:iam::${AWS::AccountId}:role/any
      Tags: {team: a}
      SourceParameters:
        FilterCriteria: {Filters: [{Pattern: '{"body": {"kind": ["order"]}}'}]}
        SqsQueueParameters: {BatchSize: !Ref Batch}
      TargetParameters: {InputTemplate: '{"id": <$.body.id>}'}
Outputs:
  In: {Value: !Ref In}
  Out: {Value: !Ref Out}
  Pipe: {Value: !Ref Pipe}
  Arn: {Value: !GetAtt Pipe.Arn}
"""


def test_a_pipe_of_a_stack(aws: Client) -> None:
    cloudformation, pipes, sqs = aws("cloudformation"), aws("pipes"), aws("sqs")
    cloudformation.create_stack(StackName="shop", TemplateBody=TEMPLATE)
    assert settled(cloudformation) == "CREATE_COMPLETE"
    out = outputs(cloudformation, "shop")
    assert pipes.describe_pipe(Name=out["Pipe"])["CurrentState"] == "RUNNING"
    sqs.send_message(QueueUrl=out["In"], MessageBody='{"kind": "order", "id": 7}')
    (message,) = sqs.receive_message(QueueUrl=out["Out"], WaitTimeSeconds=20)["Messages"]
    assert message["Body"] == '{"id": 7}'
    found = pipes.describe_pipe(Name=out["Pipe"])
    assert (found["Arn"], found["Tags"]["team"]) == (out["Arn"], "a")
    assert found["SourceParameters"]["SqsQueueParameters"]["BatchSize"] == 5
    change = [{"ParameterKey": "Batch", "ParameterValue": "7"}]
    cloudformation.update_stack(StackName="shop", UsePreviousTemplate=True, Parameters=change)
    assert settled(cloudformation) == "UPDATE_COMPLETE"
    found = pipes.describe_pipe(Name=out["Pipe"])
    assert found["SourceParameters"]["SqsQueueParameters"]["BatchSize"] == 7
    assert found["CurrentState"] == "RUNNING"
    cloudformation.delete_stack(StackName="shop")
    wait_for(cloudformation, "stack_delete_complete", StackName="shop")
    assert all(pipe["CurrentState"] == "DELETING" for pipe in pipes.list_pipes()["Pipes"])


def test_a_pipe_whose_source_is_missing_fails_its_stack(aws: Client, account: str) -> None:
    cloudformation = aws("cloudformation")
    missing = TEMPLATE.replace("Source: !GetAtt In.Arn", f"Source: arn:aws:sqs:us-east-1:{account}:missing")
    cloudformation.create_stack(StackName="shop", TemplateBody=missing, OnFailure="DO_NOTHING")
    assert settled(cloudformation) == "CREATE_FAILED"
    events = cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
    reasons = [event.get("ResourceStatusReason") or "" for event in events if event["LogicalResourceId"] == "Pipe"]
    assert any("CREATE_FAILED: The specified queue does not exist." in reason for reason in reasons)


STREAM = """
Parameters:
  Word: {Type: String, Default: one}
  Begin: {Type: String, Default: LATEST}
Resources:
  In: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Out: {Type: AWS::SQS::Queue}
  Pipe:
    Type: AWS::Pipes::Pipe
    Properties:
      Source: !GetAtt In.Arn
      Target: !GetAtt Out.Arn
      RoleArn: !Sub arn:aws:iam::${AWS::AccountId}:role/any
      SourceParameters: {KinesisStreamParameters: {StartingPosition: !Ref Begin, BatchSize: 3}}
      TargetParameters: {InputTemplate: !Sub '{"word": "${Word}"}'}
Outputs:
  Arn: {Value: !GetAtt Pipe.Arn}
  Pipe: {Value: !Ref Pipe}
"""


def test_a_pipe_of_a_stream_is_changed_where_it_stands_and_replaced_where_it_begins_elsewhere(aws: Client) -> None:
    cloudformation, pipes = aws("cloudformation"), aws("pipes")
    cloudformation.create_stack(StackName="shop", TemplateBody=STREAM)
    assert settled(cloudformation) == "CREATE_COMPLETE"
    first = outputs(cloudformation, "shop")
    found = {}
    for name, value in (("Word", "two"), ("Begin", "TRIM_HORIZON")):
        change = [{"ParameterKey": name, "ParameterValue": value}]
        cloudformation.update_stack(StackName="shop", UsePreviousTemplate=True, Parameters=change)
        assert settled(cloudformation) == "UPDATE_COMPLETE"
        out = outputs(cloudformation, "shop")
        found[name] = (out["Arn"] == first["Arn"], pipes.describe_pipe(Name=out["Pipe"]))
    kept, changed = found["Word"]
    assert kept and changed["TargetParameters"]["InputTemplate"] == '{"word": "two"}'
    assert changed["SourceParameters"]["KinesisStreamParameters"]["StartingPosition"] == "LATEST"
    kept, changed = found["Begin"]
    assert not kept
    assert changed["SourceParameters"]["KinesisStreamParameters"]["StartingPosition"] == "TRIM_HORIZON"
