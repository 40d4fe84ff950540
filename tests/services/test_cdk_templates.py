"""What the templates and the tools of the CDK lean on."""

from __future__ import annotations

import json

from tests.conftest import Client
from tests.services.http import ask
from tests.services.test_apigateway_rest import MOCK, base, document
from tests.services.test_cloudformation import create, outputs
from tests.settling import settle

TABLE = """
Resources:
  Orders:
    Type: AWS::DynamoDB::GlobalTable
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: g, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      WarmThroughput: {ReadUnitsPerSecond: 13000, WriteUnitsPerSecond: 5000}
      WriteOnDemandThroughputSettings: {MaxWriteRequestUnits: WRITES}
      SSESpecification: {SSEEnabled: true, SSEType: KMS}
      GlobalSecondaryIndexes:
        - IndexName: by-g
          KeySchema: [{AttributeName: g, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
          WriteOnDemandThroughputSettings: {MaxWriteRequestUnits: WRITES}
      Replicas:
        - Region: !Ref AWS::Region
          ReadOnDemandThroughputSettings: {MaxReadRequestUnits: 100}
          SSESpecification: {KMSMasterKeyId: !GetAtt Key.Arn}
          GlobalSecondaryIndexes: [{IndexName: by-g, ReadOnDemandThroughputSettings: {MaxReadRequestUnits: 50}}]
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {Statement: [{Effect: Allow, Principal: "*", Action: "kms:*", Resource: "*"}]}
Outputs:
  Table: {Value: !Ref Orders}
  Key: {Value: !GetAtt Key.Arn}
"""


def test_a_global_table_bounds_what_it_takes_on_demand(aws: Client) -> None:
    stacks, db = aws("cloudformation"), aws("dynamodb")
    create(stacks, TABLE.replace("WRITES", "20"))
    made = outputs(stacks)
    table = db.describe_table(TableName=made["Table"])["Table"]
    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 20}
    assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 13_000
    assert table["SSEDescription"]["KMSMasterKeyArn"] == made["Key"]
    index = table["GlobalSecondaryIndexes"][0]
    assert index["OnDemandThroughput"] == {"MaxReadRequestUnits": 50, "MaxWriteRequestUnits": 20}
    stacks.update_stack(StackName="shop", TemplateBody=TABLE.replace("WRITES", "30"))
    settle(stacks)
    table = db.describe_table(TableName=made["Table"])["Table"]
    assert table["OnDemandThroughput"]["MaxWriteRequestUnits"] == 30
    assert table["GlobalSecondaryIndexes"][0]["OnDemandThroughput"]["MaxWriteRequestUnits"] == 30


def test_no_two_events_of_a_stack_are_of_one_instant(aws: Client) -> None:
    stacks = aws("cloudformation")
    queues = {f"Queue{number}": {"Type": "AWS::SQS::Queue"} for number in range(5)}
    create(stacks, json.dumps({"Resources": queues}))
    events = stacks.describe_stack_events(StackName="shop")["StackEvents"]
    times = [event["Timestamp"] for event in events]
    assert len(set(times)) == len(times) == 17
    assert times == sorted(times, reverse=True)


def test_the_template_of_a_mock_needs_no_quotes(aws: Client, endpoint: str) -> None:
    """The preflight that the CDK makes for REST APIs says ``{ statusCode: 204 }``."""
    client = aws("apigateway")
    texts = {
        "a": "{ statusCode: 200 }",
        "b": "{'statusCode':200}",
        "c": "{a: 1, statusCode: 200}",
        "d": "{status: 200}",
    }
    mocks = {name: {**MOCK, "requestTemplates": {"application/json": text}} for name, text in texts.items()}
    paths = {name: {"get": {"x-amazon-apigateway-integration": mock}} for name, mock in mocks.items()}
    api = client.import_rest_api(body=document(**paths))
    client.create_deployment(restApiId=api["id"], stageName="prod")
    url = base(endpoint, api, "prod")
    assert [ask("GET", f"{url}/{name}").status for name in texts] == [200, 200, 200, 500]
