"""apigatewayv2, apigateway, iot, iam, sts, ssm and cloudwatch by the AWS CLI, as the services' guides show it."""

from __future__ import annotations

import json

from tests.services.http import ask
from tests.services.lambda_lab import package
from tests.settling import settle
from tests.wire.aws_cli import Cli

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
HELLO = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'Hello from Lambda!'}\n"


def make_function(cli: Cli) -> str:
    cli.write("function.zip", package(HELLO))
    arn: str = cli(
        "lambda create-function --function-name hello --runtime python3.11 --handler app.handler "
        "--role arn:aws:iam::000000000000:role/function --zip-file fileb://function.zip"
    )["FunctionArn"]
    return arn


def test_http_api(cli: Cli) -> None:
    function = make_function(cli)
    quick = cli(f"apigatewayv2 create-api --name quick --protocol-type HTTP --target {function}")
    assert ask("GET", f"{quick['ApiEndpoint']}/").body == b"Hello from Lambda!"
    api = cli("apigatewayv2 create-api --name my-api --protocol-type HTTP --cors-configuration AllowOrigins=*")
    of_it = f"--api-id {api['ApiId']}"
    integration = cli(
        f"apigatewayv2 create-integration {of_it} --integration-type AWS_PROXY --integration-uri {function} "
        "--payload-format-version 2.0"
    )["IntegrationId"]
    cli(f"apigatewayv2 create-route {of_it} --route-key 'GET /pets' --target integrations/{integration}")
    cli(f"apigatewayv2 create-stage {of_it} --stage-name dev --auto-deploy")
    assert ask("GET", f"{api['ApiEndpoint']}/dev/pets").body == b"Hello from Lambda!"
    assert ask("GET", f"{api['ApiEndpoint']}/dev/none").json == {"message": "Not Found"}
    assert cli(f"apigatewayv2 get-routes {of_it}")["Items"][0]["RouteKey"] == "GET /pets"
    assert len(cli("apigatewayv2 get-apis")["Items"]) == 2
    cli(f"apigatewayv2 delete-api {of_it}")
    assert cli.fails(f"apigatewayv2 get-api {of_it}") == (
        "An error occurred (NotFoundException) when calling the GetApi operation: "
        f"Invalid API identifier specified {cli.account}:{api['ApiId']}"
    )


def test_rest_api(cli: Cli) -> None:
    function = make_function(cli)
    api = cli("apigateway create-rest-api --name HelloWorld --region us-east-1")
    of_it = f"--rest-api-id {api['id']}"
    (root,) = cli(f"apigateway get-resources {of_it}")["items"]
    child = cli(f"apigateway create-resource {of_it} --parent-id {root['id']} --path-part {{proxy+}}")["id"]
    method = f"{of_it} --resource-id {child} --http-method ANY"
    cli(f"apigateway put-method {method} --authorization-type NONE")
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    cli(f"apigateway put-integration {method} --type AWS_PROXY --integration-http-method POST --uri {uri}")
    cli(f"apigateway create-deployment {of_it} --stage-name test")
    answer = ask("GET", f"{cli.endpoint}/_aws/execute-api/{api['id']}/test/any")
    assert answer.body == b"Hello from Lambda!"
    assert cli(f"apigateway get-stages {of_it}")["item"][0]["stageName"] == "test"
    cli(f"apigateway delete-rest-api {of_it}")
    assert cli("apigateway get-rest-apis") == {"items": []}


def test_iot(cli: Cli) -> None:
    assert cli("iot describe-endpoint --endpoint-type iot:Data-ATS")["endpointAddress"]
    assert cli("iot create-thing --thing-name MyLightBulb --attribute-payload attributes={wattage=75}")["thingId"]
    assert cli("iot describe-thing --thing-name MyLightBulb")["attributes"] == {"wattage": "75"}
    url = cli("sqs create-queue --queue-name iot")["QueueUrl"]
    action = {"queueUrl": url, "roleArn": "arn:aws:iam::000000000000:role/iot", "useBase64": False}
    cli.write("rule.json", {"sql": "SELECT * FROM 'some/+' WHERE t > 50", "actions": [{"sqs": action}]})
    cli("iot create-topic-rule --rule-name hot --topic-rule-payload file://rule.json")
    assert cli("iot get-topic-rule --rule-name hot")["rule"]["sql"] == "SELECT * FROM 'some/+' WHERE t > 50"
    cli("iot-data publish --topic some/topic --qos 1 --payload", '{"t": 60}')
    read = f"sqs receive-message --queue-url {url} --wait-time-seconds 5"
    assert json.loads(cli(read)["Messages"][0]["Body"]) == {"t": 60}
    cli("iot-data publish --topic kept --retain --qos 1 --payload", "kept")
    settle(cli.endpoint)
    kept = cli("iot-data list-retained-messages")["retainedTopics"]
    assert [message["topic"] for message in kept] == ["kept"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}
    cli("iot create-policy --policy-name all --policy-document", json.dumps(document))
    assert cli("iot list-policies")["policies"][0]["policyName"] == "all"
    cli("iot delete-topic-rule --rule-name hot")
    cli("iot delete-thing --thing-name MyLightBulb")
    assert cli.fails("iot describe-thing --thing-name MyLightBulb") == (
        "An error occurred (ResourceNotFoundException) when calling the DescribeThing operation: "
        "Thing MyLightBulb not found."
    )


def test_iam_and_sts(cli: Cli) -> None:
    cli.write("trust.json", TRUST)
    role = cli("iam create-role --role-name Test-Role --assume-role-policy-document file://trust.json")["Role"]
    cli("iam wait role-exists --role-name Test-Role")
    assert role["Arn"] == f"arn:aws:iam::{cli.account}:role/Test-Role"
    allow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
    cli.write("policy.json", allow)
    policy = cli("iam create-policy --policy-name my-policy --policy-document file://policy.json")["Policy"]["Arn"]
    cli(f"iam attach-role-policy --role-name Test-Role --policy-arn {policy}")
    attached = cli("iam list-attached-role-policies --role-name Test-Role")["AttachedPolicies"]
    assert attached == [{"PolicyName": "my-policy", "PolicyArn": policy}]
    cli("iam put-role-policy --role-name Test-Role --policy-name inline --policy-document file://policy.json")
    assert cli("iam get-role-policy --role-name Test-Role --policy-name inline")["PolicyDocument"] == allow
    assert cli("iam get-role --role-name Test-Role")["Role"]["AssumeRolePolicyDocument"] == TRUST
    cli("iam create-user --user-name Bob")
    cli("iam wait user-exists --user-name Bob")
    assert cli("iam create-access-key --user-name Bob")["AccessKey"]["Status"] == "Active"
    assumed = cli(f"sts assume-role --role-arn {role['Arn']} --role-session-name me")
    assert assumed["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{cli.account}:assumed-role/Test-Role/me"
    assert cli("sts get-caller-identity")["Account"] == cli.account
    assert cli("sts get-caller-identity --query Account --output text") == cli.account
    assert cli.fails("iam get-role --role-name none") == (
        "An error occurred (NoSuchEntity) when calling the GetRole operation: The role with name none cannot be found."
    )
    assert "(DeleteConflict) when calling the DeleteRole operation" in cli.fails(
        "iam delete-role --role-name Test-Role"
    )


def test_ssm(cli: Cli) -> None:
    put = "ssm put-parameter --name /app/db/password --type SecureString --value"
    assert cli(f"{put} P@sSwW)rd") == {"Version": 1, "Tier": "Standard"}
    assert cli("ssm get-parameter --name /app/db/password")["Parameter"]["Value"] != "P@sSwW)rd"
    got = cli("ssm get-parameter --name /app/db/password --with-decryption --query Parameter.Value --output text")
    assert got == "P@sSwW)rd"
    assert cli.fails(f"{put} other") == (
        "An error occurred (ParameterAlreadyExists) when calling the PutParameter operation: "
        "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
    )
    assert cli(f"{put} other --overwrite")["Version"] == 2
    cli("ssm put-parameter --name /app/list --type StringList --value a,b")
    by_path = cli("ssm get-parameters-by-path --path /app --recursive")["Parameters"]
    assert [parameter["Name"] for parameter in by_path] == ["/app/db/password", "/app/list"]
    both = cli("ssm get-parameters --names /app/list none")
    assert ([found["Value"] for found in both["Parameters"]], both["InvalidParameters"]) == (["a,b"], ["none"])
    wanted = "Key=Name,Option=BeginsWith,Values=/app/db"
    assert len(cli(f"ssm describe-parameters --parameter-filters {wanted}")["Parameters"]) == 1
    cli("ssm delete-parameters --names /app/list /app/db/password")
    assert "(ParameterNotFound)" in cli.fails("ssm get-parameter --name /app/list")


def test_cloudwatch(cli: Cli) -> None:
    cli(
        'cloudwatch put-metric-alarm --alarm-name cpu-mon --alarm-description "Alarm when CPU exceeds 70 percent" '
        "--metric-name CPUUtilization --namespace AWS/EC2 --statistic Average --period 300 --threshold 70 "
        "--comparison-operator GreaterThanThreshold --dimensions Name=InstanceId,Value=i-12345678 "
        "--evaluation-periods 2 --unit Percent"
    )
    (alarm,) = cli("cloudwatch describe-alarms --alarm-names cpu-mon")["MetricAlarms"]
    assert (alarm["Threshold"], alarm["StateValue"]) == (70.0, "INSUFFICIENT_DATA")
    cli("cloudwatch set-alarm-state --alarm-name cpu-mon --state-value ALARM --state-reason testing")
    assert len(cli("cloudwatch describe-alarms --state-value ALARM")["MetricAlarms"]) == 1
    cli("cloudwatch put-metric-data --namespace MyApp --metric-name Requests --unit Count --value 2")
    cli("cloudwatch delete-alarms --alarm-names cpu-mon")
    assert cli("cloudwatch describe-alarms")["MetricAlarms"] == []
