"""What goes by a member's name: values that get a request past the first check, and strings that are meant to hurt."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

ACCOUNT = "210987654321"
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
_ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_CHOICE = {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "A"}], "Default": "C"}
_TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::aws-sdk:sqs:listQueues",
    "Parameters": {"MaxResults": 2},
    "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],
    "ResultSelector": {"a.$": "$.QueueUrls"},
    "End": True,
}
_PASS = {
    "StartAt": "A",
    "States": {"A": {"Type": "Pass", "Parameters": {"a.$": "$.a"}, "Next": "B"}, "B": _CHOICE, "C": _TASK},
}
_MAP = {
    "QueryLanguage": "JSONata",
    "StartAt": "M",
    "States": {
        "M": {
            "Type": "Map",
            "Items": "{% [1, 2] %}",
            "ItemProcessor": {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}},
            "End": True,
        }
    },
}
_TEMPLATE = {
    "Parameters": {"P": {"Type": "String", "Default": "p"}},
    "Mappings": {"M": {"a": {"b": "c"}}},
    "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "p"]}},
    "Resources": {
        "Q": {"Type": "AWS::SQS::Queue", "Condition": "C", "Properties": {"VisibilityTimeout": 5}},
        "T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::Sub": "${P}-${AWS::Region}"}}},
        "R": {"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["a"]}, "Targets": []}},
    },
    "Outputs": {"O": {"Value": {"Fn::GetAtt": ["T", "TopicName"]}, "Export": {"Name": "e"}}},
}
_PATTERN = {
    "source": [{"prefix": "a"}],
    "detail": {"n": [{"numeric": [">", 1]}], "$or": [{"a": [1]}, {"b": [None, {"wildcard": "*a"}]}]},
}
_OPEN_API = {
    "openapi": "3.0.1",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/a": {"get": {"x-amazon-apigateway-integration": {"type": "mock", "requestTemplates": {"a/b": "x"}}}},
        "/{b+}": {"post": {"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}]}},
    },
    "components": {"schemas": {"S": {"type": "object", "properties": {"p": {"$ref": "#/components/schemas/S"}}}}},
}
_DASHBOARD = {"widgets": [{"type": "metric", "properties": {"metrics": [["AWS/SQS", "n"]]}}]}
_SEGMENT = {"trace_id": "1-5f000000-000000000000000000000000", "id": "0000000000000001", "name": "n", "start_time": 1}


def _package() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context):\n    return event\n")
    return packed.getvalue()


def _texts(*values: Any) -> tuple[str, ...]:
    return tuple(value if isinstance(value, str) else json.dumps(value) for value in values)


_HERE = "http://127.0.0.1:9/"  # where nobody listens
_DATABASE = {
    "keyschema": ([{"AttributeName": "k", "KeyType": "HASH"}],),
    "attributedefinitions": ([{"AttributeName": "k", "AttributeType": "S"}],),
    "billingmode": ("PAY_PER_REQUEST",),
    "tablename": ("ttt",),
    "key": ({"k": {"S": "a"}}, "k", "a/b"),
    "item": ({"k": {"S": "a"}, "n": {"N": "1"}},),
    "keyconditionexpression": ("k = :v", "#k = :v AND n > :v"),
    "filterexpression": ("n > :v", "contains(n, :v)"),
    "conditionexpression": ("attribute_exists(k)", "k = :v OR NOT n IN (:v, :v)"),
    "updateexpression": ("SET n = if_not_exists(n, :v) + :v", "ADD n :v REMOVE q[1]", "DELETE s :v"),
    "projectionexpression": ("k, n.a[0]", "#k"),
    "expressionattributenames": ({"#k": "k"},),
    "expressionattributevalues": ({":v": {"S": "a"}}, {":v": {"N": "1"}}),
    "statement": ("SELECT * FROM \"ttt\" WHERE k = 'a'", "INSERT INTO \"ttt\" VALUE {'k': ?}"),
}
_GATES = {
    "httpmethod": ("GET", "ANY"),
    "integrationhttpmethod": ("POST",),
    "uri": (_HERE,),
    "integrationuri": (_HERE,),
    "type": ("HTTP", "MOCK", "AWS_PROXY", "String", "TOKEN"),
    "protocoltype": ("HTTP", "WEBSOCKET"),
    "routekey": ("GET /a/{b+}", "$default"),
    "pathpart": ("a", "{b+}"),
    "stagename": ("prod", "$default"),
    "body": (b"{}", *_texts(_OPEN_API), json.dumps(_OPEN_API).encode()),
    "path": ("/name", "/throttle/rateLimit", "/quota/limit", "/apiStages", "/variables/a", "/*/*/logging/loglevel"),
    "op": ("replace", "add", "remove"),
    "value": ("1", "a", "n:prod", "true"),
    "statuscode": ("200", "404"),
}
_FLOWS = {
    "definition": _texts(_PASS, _MAP),
    "eventpattern": _texts(_PATTERN, {"source": ["a"]}),
    "pattern": _texts(_PATTERN),
    "filter": _texts({"a": ["b"]}),
    "filterpolicy": _texts({"a": ["b"]}),
    "scheduleexpression": ("rate(5 minutes)", "cron(0 12 * * ? *)", "at(2050-01-01T00:00:00)"),
    "scheduleexpressiontimezone": ("UTC", "Europe/Berlin", "Mars/Olympus"),
    "detail": _texts({"n": 2}, {}, [], "x"),
    "event": _texts({"source": "a", "detail-type": "b", "detail": {}}),
    "input": _texts({"a": 1}, [], 1),
    "inputpath": ("$.a", "$"),
    "inputtemplate": ('{"a": <a>}', '"<a>"'),
    "inputpathsmap": ({"a": "$.detail"},),
    "source": ("a", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"),
    "startingposition": ("LATEST",),
    "invocationendpoint": (f"{_HERE}*",),
    "protocol": ("sqs", "lambda", "http"),
    "endpoint": (_HERE,),
    "queuename": ("q", "q.fifo"),
    "name": ("n", "n.fifo", "a-b"),
    "messagebody": ("m",),
    "message": ("m",),
    "sql": ("SELECT * FROM 'a/b'", "SELECT a.b AS c FROM 'a/+' WHERE d > 1"),
    "topic": ("a/b",),
    "partitionkey": ("p",),
    "data": (b"d",),
    "shardid": ("shardId-000000000000",),
    "content": _texts(_OPEN_API),
}
_OTHERS = {
    "rolearn": (_ROLE,),
    "role": (_ROLE,),
    "executionrole": (_ROLE,),
    "executionrolearn": (_ROLE,),
    "assumerolepolicydocument": _texts(_TRUST),
    "policydocument": _texts(_ALLOW),
    "policy": _texts(_ALLOW),
    "resourcepolicy": _texts(_ALLOW),
    "templatebody": _texts(_TEMPLATE, "Resources: {}", "a: &a [*a]"),
    "zipfile": (_package(),),
    "runtime": ("python3.12", "nodejs22.x", "provided.al2023"),
    "handler": ("index.handler",),
    "principal": ("s3.amazonaws.com", "*", ACCOUNT),
    "action": ("lambda:InvokeFunction", "lambda:*"),
    "bucket": ("bucket-one",),
    "filterpattern": ("{ $.a = 1 }", "[a, b > 1]", "?a -b"),
    "querystring": ("fields @message | limit 2",),
    "metricname": ("m",),
    "namespace": ("AWS/SQS", "n"),
    "expression": ("SUM(METRICS())", "m1 / 2"),
    "statistic": ("Sum",),
    "secretstring": _texts({"a": "b"}),
    "contenttype": ("application/json",),
    "dashboardbody": _texts(_DASHBOARD),
    "tracesegmentdocuments": (list(_texts(_SEGMENT)),),
}
BY_NAME: Mapping[str, tuple[Any, ...]] = MappingProxyType(_DATABASE | _GATES | _FLOWS | _OTHERS)
"""By the member's name in lower case; these make resources that later requests find."""

_CHARACTERS = (
    *("", " ", "\x00", "a\x00b", "\r\nX-A: b", "\ud7ff\ue000", "\u202e\u2028", "\U0001f600" * 60, "é" * 300),
    *("A" * 5000, "é", "-", "_", "=", "'", '"', "\\", "`", "*", "?", "#", "%", ":", "::", "<>", "{}", "[]", "{", "}"),
)
_PATHS = (
    *(
        "..",
        ".",
        "/",
        "//",
        "a//b",
        "../../etc/passwd",
        "%00",
        "%2e%2e%2f",
        "http://[",
        "http://127.0.0.1:99999/",
        "x://",
    ),
    *("$", "$.", "$..*", "$.a[", "$[?(@.a==1)]", "{proxy+}", "a=b&c=d&a=b", "bytes=5-1", "bytes=-9", "x y"),
)
_DOCUMENTS = (
    *("[" * 300, '{"a":' * 200, "null", "true", "<a", "<a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "A=", "AA=="),
    *("${", "${}", "${a", "{{resolve:ssm:a}}", "{%", "{% $ %}", "{% $f := function(){$f()} %}", "a' OR '1'='1"),
    "(((((((((a+)+)+)+)+)+)+)+)+)$",
)
_NUMBERS_AND_TIMES = (
    *(
        "-1",
        "0",
        "1e999",
        "NaN",
        "9" * 40,
        "-" + "9" * 25,
        "²",
        "1_0",
        "cron()",
        "cron(* * * * * *)",
        "rate(0 minutes)",
    ),
    *("cron(0 0 31 2 ? *)", "at(9999-99-99T99:99:99)", "2024-13-45T99:99:99Z", "1970-01-01T00:00:00Z"),
    *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"),
)
_NAMES = (
    *("arn:", "arn:aws:", "aws:", "AWS.", "$default", "$LATEST", "arn:aws:s3:::", "arn:aws:states:::lambda:invoke"),
    *(f"arn:aws:sqs:us-east-1:{ACCOUNT}:", "arn:aws:lambda:us-east-1:1:function:"),
    *(f"arn:aws:sns:eu-west-1:{ACCOUNT}:t", f"arn:aws:execute-api:us-east-1:{ACCOUNT}:a/b/*"),
)
HURTFUL = _CHARACTERS + _PATHS + _DOCUMENTS + _NUMBERS_AND_TIMES + _NAMES

NUMBERS = (0, 1, -1, 2, 10, 255, 256, 1000, 2**31 - 1, 2**31, -(2**31), 2**53, 2**63 - 1, 2**63, -(2**63), 10**30)
FRACTIONS = (0.0, -0.0, 0.5, -1.5, 1e308, -1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
