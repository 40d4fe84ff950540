"""Integrations of REST APIs with mapping templates: services, functions and nothing behind them."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.http import Answer, ask
from tests.services.lambda_lab import make
from tests.services.test_apigateway_rest import base, document
from tests.services.test_cloudformation import create, outputs

OK = {"default": {"statusCode": "200"}}
JSON = "application/json"
Serve = Callable[..., str]


@pytest.fixture
def serve(aws: Client, endpoint: str) -> Serve:
    """Deploys one method with an integration; the address of its resource."""

    def deploy(integration: dict[str, Any], path: str = "a", method: str = "post", **deployment: Any) -> str:
        client = aws("apigateway")
        integration = {"responses": OK, "httpMethod": "POST", **integration}
        api = client.import_rest_api(
            body=document(**{path: {method: {"x-amazon-apigateway-integration": integration}}})
        )
        client.create_deployment(restApiId=api["id"], stageName="prod", **deployment)
        return f"{base(endpoint, api, 'prod')}/{path}"

    return deploy


def aws_type(place: str, template: str | None = None, **more: Any) -> dict[str, Any]:
    templates = {} if template is None else {"requestTemplates": {JSON: template}}
    return {"type": "aws", "uri": f"arn:aws:apigateway:us-east-1:{place}", **templates, **more}


def mock(template: str, **responses: Any) -> dict[str, Any]:
    return {"type": "mock", "requestTemplates": {JSON: template}, "responses": responses or OK}


def rendered(
    serve: Serve, template: str, *, path: str = "a", body: bytes = b"", target: str = "", **headers: str
) -> Answer:
    """What a response template of a MOCK integration makes of a request."""
    answer = {"default": {"statusCode": "200", "responseTemplates": {JSON: template}}}
    url = serve(mock('{"statusCode": 200}', **answer), path, variables={"env": "test"})
    return ask("POST", (url if not target else url.rpartition("/")[0] + target), body, **headers)


MACHINE = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
WORKFLOW = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Orders": {
            "Type": "AWS::Serverless::StateMachine",
            "Properties": {
                "Definition": MACHINE,
                "Role": "arn:aws:iam::000000000000:role/orders",
                "Events": {"Start": {"Type": "Api", "Properties": {"Path": "/orders", "Method": "post"}}},
            },
        }
    },
    "Outputs": {
        "Machine": {"Value": {"Ref": "Orders"}},
        "Api": {"Value": {"Ref": "ServerlessRestApi"}},
    },
}


def test_sams_state_machine_behind_an_api(aws: Client, endpoint: str) -> None:
    create(aws("cloudformation"), json.dumps(WORKFLOW), Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"])
    told = outputs(aws("cloudformation"))
    url = f"{endpoint}/_aws/execute-api/{told['Api']}/Prod/orders"
    answer = ask("POST", url, b'{"id": "a/b", "quote": "\\"x\\""}')
    assert (answer.status, answer.headers["content-type"]) == (200, JSON)
    arn = answer.json["executionArn"]
    assert set(answer.json) == {"executionArn", "startDate"} and arn.startswith("arn:aws:states:")
    states = aws("stepfunctions")
    assert orjson.loads(states.describe_execution(executionArn=arn)["input"]) == {"id": "a/b", "quote": '"x"'}
    # an apostrophe comes out of escapeJavaScript as what is no JSON, as on AWS
    broken = ask("POST", url, b'{"id": "it\'s"}')
    assert (broken.status, broken.json["__type"].rpartition("#")[2]) == (400, "SerializationException")


PLAIN = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: orders}}
  Item:
    Type: AWS::ApiGateway::Resource
    Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: "{id}"}
  Post:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Item
      HttpMethod: POST
      AuthorizationType: NONE
      RequestParameters: {method.request.path.id: true}
      MethodResponses: [{StatusCode: 202, ResponseModels: {application/json: Empty}}, {StatusCode: "400"}]
      Integration:
        Type: AWS
        IntegrationHttpMethod: POST
        Credentials: !Sub arn:aws:iam::${AWS::AccountId}:role/sender
        Uri: !Sub "arn:aws:apigateway:${AWS::Region}:sqs:path/${AWS::AccountId}/${Queue.QueueName}"
        PassthroughBehavior: NEVER
        TimeoutInMillis: "5000"
        RequestParameters: {integration.request.header.Content-Type: "'application/x-www-form-urlencoded'"}
        RequestTemplates: {application/json: "Action=SendMessage&MessageBody=$util.urlEncode($input.params('id'))"}
        IntegrationResponses:
          - {StatusCode: 202, SelectionPattern: "200", ResponseTemplates: {application/json: '{"done": true}'}}
          - {StatusCode: 400}
  Deployment: {Type: AWS::ApiGateway::Deployment, DependsOn: Post, Properties: {RestApiId: !Ref Api}}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties:
      RestApiId: !Ref Api
      DeploymentId: !Ref Deployment
      StageName: v1
      MethodSettings: [{ResourcePath: "/*", HttpMethod: "*", LoggingLevel: INFO, MetricsEnabled: true}]
Outputs: {Api: {Value: !Ref Api}, Queue: {Value: !Ref Queue}}
"""


def test_plain_types_with_numbers_as_templates_write_them(aws: Client, endpoint: str) -> None:
    create(aws("cloudformation"), PLAIN)
    told = outputs(aws("cloudformation"))
    answer = ask("POST", f"{endpoint}/_aws/execute-api/{told['Api']}/v1/o%201", b"{}")
    assert (answer.status, answer.json) == (202, {"done": True})
    assert aws("sqs").receive_message(QueueUrl=told["Queue"])["Messages"][0]["Body"] == "o 1"


def test_start_sync_execution(aws: Client, serve: Serve) -> None:
    made = aws("stepfunctions").create_state_machine(
        name="quick", type="EXPRESS", definition=json.dumps(MACHINE), roleArn="arn:aws:iam::000000000000:role/x"
    )
    given = '$util.escapeJavaScript($input.body).replaceAll("\\\\\'", "\'")'
    template = f'{{"stateMachineArn": "{made["stateMachineArn"]}", "input": "{given}"}}'
    response = {"statusCode": "200", "responseTemplates": {JSON: "$input.path('$.output')"}}
    url = serve(aws_type("states:action/StartSyncExecution", template, responses={"200": response}))
    answer = ask("POST", url, b'{"who": "it\'s me"}')
    assert (answer.status, answer.json) == (200, {"who": "it's me"})


def test_a_queue_by_its_path(aws: Client, serve: Serve, account: str) -> None:
    queue = aws("sqs").create_queue(QueueName="orders")["QueueUrl"]
    form = {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}
    template = "Action=SendMessage&MessageBody=$util.urlEncode($input.body)&MessageAttribute.1.Name=path" + (
        "&MessageAttribute.1.Value.StringValue=$context.resourcePath&MessageAttribute.1.Value.DataType=String"
    )
    url = serve(aws_type(f"sqs:path/{account}/orders", template, requestParameters=form))
    answer = ask("POST", url, b'{"a": "1 & 2"}')
    sent = answer.json["SendMessageResponse"]
    assert list(sent) == ["ResponseMetadata", "SendMessageResult"]
    result = sent["SendMessageResult"]
    assert result["MD5OfMessageSystemAttributes"] is None and result["SequenceNumber"] is None
    received = aws("sqs").receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"][0]
    assert (received["Body"], received["MessageId"]) == ('{"a": "1 & 2"}', result["MessageId"])
    assert received["MessageAttributes"]["path"]["StringValue"] == "/a"


def test_a_services_errors_are_answers(serve: Serve, account: str) -> None:
    form = {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}
    unknown = aws_type(f"sqs:path/{account}/none", "Action=SendMessage&MessageBody=x", requestParameters=form)
    bad = {"statusCode": "422", "responseTemplates": {JSON: "$input.path('$.Error.Code')"}}
    answer = ask("POST", serve({**unknown, "responses": {"4\\d{2}": bad}}), b"{}")
    assert (answer.status, answer.body) == (422, b"AWS.SimpleQueueService.NonExistentQueue")
    unselected = ask("POST", serve({**unknown, "responses": {"200": {"statusCode": "200"}}}), b"{}")
    assert (unselected.status, unselected.json) == (500, {"message": "Internal server error"})
    assert unselected.headers["x-amzn-errortype"] == "InternalServerErrorException"


def test_put_events(aws: Client, serve: Serve) -> None:
    queue = aws("sqs").create_queue(QueueName="events")["QueueUrl"]
    arn = aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws("events").put_rule(Name="all", EventPattern='{"source": ["shop"]}')
    aws("events").put_targets(Rule="all", Targets=[{"Id": "q", "Arn": arn}])
    template = (
        "#set($context.requestOverride.header.X-Amz-Target = 'AWSEvents.PutEvents')"
        "#set($context.requestOverride.header.Content-Type = 'application/x-amz-json-1.1')"
        '{"Entries": [{"Source": "shop", "DetailType": "$input.params(\'kind\')", '
        '"Detail": "$util.escapeJavaScript($input.json(\'$.order\'))"}]}'
    )
    url = serve(aws_type("events:path//", template))
    answer = ask("POST", url + "?kind=Placed", b'{"order": {"id": 7, "name": "caf\xc3\xa9"}}')
    assert (answer.status, answer.json["FailedEntryCount"]) == (200, 0)
    event = orjson.loads(aws("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20)["Messages"][0]["Body"])
    assert (event["detail-type"], event["detail"]) == ("Placed", {"id": 7, "name": "café"})


def test_a_table(aws: Client, serve: Serve) -> None:
    aws("dynamodb").create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    put = '{"TableName": "orders", "Item": {"id": {"S": "$context.requestId"}, "n": {"N": "$input.path(\'$.n\')"}}}'
    response = {"statusCode": "201", "responseTemplates": {JSON: '{"id": "$context.requestId"}'}}
    url = serve(aws_type("dynamodb:action/PutItem", put, responses={"200": response}))
    answer = ask("POST", url, b'{"n": 5}')
    assert answer.status == 201
    query = (
        '{"TableName": "orders", "KeyConditionExpression": "id = :i", '
        '"ExpressionAttributeValues": {":i": {"S": "$input.params(\'id\')"}}}'
    )
    items = (
        "#set($items = $input.path('$.Items'))[#foreach($item in $items)"
        '{"id": "$item.id.S", "n": $item.n.N}#if($foreach.hasNext),#end#end]'
    )
    shown = {"200": {"statusCode": "200", "responseTemplates": {JSON: items}}}
    url = serve(aws_type("dynamodb:action/Query", query, responses=shown), "{id}", "get")
    found = ask("GET", url.replace("{id}", answer.json["id"]))
    assert found.json == [{"id": answer.json["id"], "n": 5}]


def test_a_topic_by_parameters(aws: Client, serve: Serve) -> None:
    topic = aws("sns").create_topic(Name="orders")["TopicArn"]
    parameters = {
        "integration.request.querystring.TopicArn": f"'{topic}'",
        "integration.request.querystring.Message": "method.request.body",
    }
    answer = ask("POST", serve(aws_type("sns:action/Publish", requestParameters=parameters)), b"hello")
    assert set(answer.json["PublishResponse"]["PublishResult"]) == {"MessageId", "SequenceNumber"}


def test_objects_by_their_path(aws: Client, serve: Serve, account: str) -> None:
    name = f"rest-{account}"
    aws("s3").create_bucket(Bucket=name)
    path = {"integration.request.path.key": "method.request.path.key"}
    etag = {
        "statusCode": "200",
        "responseParameters": {"method.response.header.X-Tag": "integration.response.header.ETag"},
    }
    url = serve(
        aws_type(f"s3:path/{name}/in/{{key}}", httpMethod="PUT", requestParameters=path, responses={"200": etag}),
        "{key}",
        "put",
    )
    answer = ask("PUT", url.replace("{key}", "a%20b"), b"body", Content_Type="text/plain")
    got = aws("s3").get_object(Bucket=name, Key="in/a b")
    assert (answer.headers["x-tag"], got["Body"].read()) == (got["ETag"], b"body")


def test_a_function_of_its_own_event(aws: Client, serve: Serve) -> None:
    source = (
        "def handler(event, context):\n"
        "    if event.get('fail'): raise ValueError('[404] no ' + event['fail'])\n"
        "    return {'got': event}\n"
    )
    arn = make(aws("lambda"), source=source)
    responses = {
        "default": {"statusCode": "200"},
        "\\[404\\].*": {
            "statusCode": "404",
            "responseTemplates": {JSON: "{\"error\": $input.json('$.errorMessage')}"},
        },
    }
    template = '{"who": "$input.params(\'who\')", "stage": "$context.stage", "fail": $input.json(\'$.fail\')}'
    place = f"lambda:path/2015-03-31/functions/{arn}/invocations"
    url = serve(aws_type(place, template, responses=responses))
    good = ask("POST", url + "?who=me", b'{"fail": ""}')
    assert (good.status, good.json) == (200, {"got": {"who": "me", "stage": "prod", "fail": ""}})
    bad = ask("POST", url, b'{"fail": "order"}')
    assert (bad.status, bad.json) == (404, {"error": "[404] no order"})
    gone = serve(aws_type(place.replace(arn, f"{arn}x"), template, responses=responses))
    assert ask("POST", gone, b"{}").json == {"message": "Internal server error"}


@pytest.mark.parametrize(
    ("template", "body", "expected"),
    [
        ("$input.body", b'{"a": 1}', b""),
        ("$stageVariables.env $stageVariables['env']", b"", b"test test"),
        ("$context.httpMethod $context.path $context.resourcePath", b"", b"POST /prod/a /a"),
        ("$context.identity.sourceIp $context.nothing", b"", b"127.0.0.1 "),
        ("$input.params('X-One') $input.params().header.get('X-One') $input.params('none')", b"", b"1 1 "),
        ("$util.base64Encode('a')$util.base64Decode('YQ==')$util.urlDecode('a%20b')", b"", b"YQ==aa b"),
        ("$util.parseJson('{\"a\": [1]}').a[0]", b"", b"1"),
    ],
)
def test_what_templates_speak_of(serve: Serve, template: str, body: bytes, expected: bytes) -> None:
    if "$input.body" in template:
        expected = b"{}"  # a MOCK integration answers nothing
    assert rendered(serve, template, body=body, X_One="1").body == expected


def test_a_templates_own_status_and_headers(serve: Serve) -> None:
    template = "#set($context.responseOverride.status = 202)#set($context.responseOverride.header.X-Way = 'b')moved"
    answer = rendered(serve, template)
    assert (answer.status, answer.headers["x-way"], answer.body) == (202, "b", b"moved")


def test_mock_chooses_by_its_status(serve: Serve) -> None:
    template = "{\"statusCode\": #if($input.params('scope') == 'internal')200#{else}500#end}"
    responses = {
        "200": {"statusCode": "200", "responseTemplates": {JSON: '{"ok": true}'}},
        "5\\d{2}": {"statusCode": "500", "responseTemplates": {JSON: '{"ok": false}'}},
    }
    url = serve(mock(template, **responses), method="get")
    assert ask("GET", url + "?scope=internal").json == {"ok": True}
    failed = ask("GET", url)
    assert (failed.status, failed.json) == (500, {"ok": False})
    for broken in ("{}", "statusCode", "$util.parseJson('{')"):
        answer = ask("GET", serve(mock(broken), method="get"))
        assert (answer.status, answer.json) == (500, {"message": "Internal server error"})


@pytest.mark.parametrize(
    ("passthrough", "kind", "status"),
    [
        ("when_no_match", "text/plain", 200),
        ("when_no_templates", "text/plain", 415),
        ("never", "text/plain", 415),
        ("never", "application/json; charset=utf-8", 200),
    ],
)
def test_bodies_without_a_template(serve: Serve, passthrough: str, kind: str, status: int) -> None:
    integration = {**mock('{"statusCode": 200}'), "passthroughBehavior": passthrough}
    answer = ask("POST", serve(integration), b'{"statusCode": 200}', Content_Type=kind)
    assert answer.status == status
    if status == 415:
        assert answer.json == {"message": "Unsupported Media Type"}


def test_a_body_that_is_no_json(serve: Serve) -> None:
    answer = ask("POST", serve(mock("{\"statusCode\": $input.json('$.code')}")), b"<xml/>")
    assert answer.status == 400
    assert answer.json["message"].startswith("Could not parse request body into json: ")


@pytest.mark.parametrize(
    ("integration", "code"),
    [
        (aws_type("nothing:action/Do"), "NotImplemented"),
        (aws_type("sqs"), "BadRequestException"),
        (mock("#if("), "BadRequestException"),
        (mock("{}", default={"statusCode": "200", "selectionPattern": "("}), "BadRequestException"),
        (
            aws_type("sqs:action/X", requestParameters={"integration.request.header.A": "nothing"}),
            "BadRequestException",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_when_deployed(serve: Serve, integration: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as failure:
        serve(integration)
    assert failure.value.response["Error"]["Code"] == code


def test_an_integration_that_waits_goes_by_the_clock(timed: ServerThread, account: str) -> None:
    """What waits for a service is at rest: a clock that is moved finds the Wait state, and the limit in time."""
    aws = client_factory(timed.endpoint, account)
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 20, "End": True}}}
    made = aws("stepfunctions").create_state_machine(
        name="slow", type="EXPRESS", definition=json.dumps(waiting), roleArn="arn:aws:iam::000000000000:role/x"
    )
    template = f'{{"stateMachineArn": "{made["stateMachineArn"]}", "input": "{{}}"}}'
    urls = []
    for limit in (29_000, 5_000):
        integration = aws_type("states:action/StartSyncExecution", template, timeoutInMillis=limit)
        method = {"post": {"x-amazon-apigateway-integration": {"responses": OK, "httpMethod": "POST", **integration}}}
        api = aws("apigateway").import_rest_api(body=document(a=method))
        aws("apigateway").create_deployment(restApiId=api["id"], stageName="prod")
        urls.append(f"{base(timed.endpoint, api, 'prod')}/a")
    with ThreadPoolExecutor() as pool:
        asked = []
        for url in urls:
            with timed.waiting("execute-api:Invoke"):
                asked.append(pool.submit(ask, "POST", url, b"{}"))
        timed.advance(30_000)
        ended, late = (each.result() for each in asked)
    assert (ended.status, ended.json["status"]) == (200, "SUCCEEDED")
    assert (late.status, late.json) == (504, {"message": "Endpoint request timed out"})
