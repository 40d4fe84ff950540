"""Which service, account and region a request means: from its signature, its target, its host.

Whether the signature holds is asked in `signatures`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs

from headwater.gateway.messages import HttpRequest
from headwater.spine.access_keys import account_of
from headwater.spine.operations import ANYBODY, Caller

DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"
MOST_KEPT = 10_000

# Names under which requests are signed, where they differ from the services' own.
_SIGNED_AS = {
    "iotdevicegateway": "iotdata",
    "cloudwatch": "monitoring",
    "s3express": "s3",
    "cloudcontrolapi": "cloudcontrol",
    "s3-object-lambda": "s3",
    "queue": "sqs",  # as the hosts of queues' URLs had it before there was sqs.REGION
}
_TARGETS = {
    "DynamoDBStreams_20120810": "dynamodbstreams",
    "DynamoDB_20120810": "dynamodb",
    "AmazonSQS": "sqs",
    "AWSEvents": "events",
    "AWSStepFunctions": "states",
    "Logs_20140328": "logs",
    "AmazonSSM": "ssm",
    "TrentService": "kms",
    "Kinesis_20131202": "kinesis",
    "Firehose_20150804": "firehose",
    "GraniteServiceVersion20100801": "monitoring",
    "CloudApiService": "cloudcontrol",
}
_HOST = re.compile(r"(?:^|\.)([a-z][a-z0-9-]*)(?:[.-]([a-z]{2}(?:-[a-z]+)+-\d))?\.(?:amazonaws\.com|localhost)")
_CONNECTIONS = ("/@connections/", "/%40connections/")
_REGION_OF_HOST = re.compile(r"(?:^|\.)([a-z]{2}(?:-[a-z]+)+-\d)\.(?:queue\.)?(?:amazonaws\.com|localhost)")
_QUEUE = re.compile(r"/(?:queue/([a-z]{2}(?:-[a-z]+)+-\d)/)?\d{12}/[\w.-]+/?\Z")
_HOST_NAMES = {"data-ats.iot": "iotdata", "streams.dynamodb": "dynamodbstreams"}


class Scope(NamedTuple):
    """A credential scope: access key id, region, and the name it is signed for ('' where unsigned)."""

    access_key: str
    region: str
    signed_as: str


UNSIGNED = Scope("", DEFAULT_REGION, "")


def credential_of(headers: Mapping[str, str]) -> str:
    """The text of the credential in the Authorization header, '' where there is none."""
    authorization = headers.get("authorization", "")
    start = authorization.find("Credential=")
    if start < 0:
        return ""
    end = authorization.find(",", start)
    return authorization[start + 11 : end if end >= 0 else None]


def scope_of(request: HttpRequest, credential: str) -> Scope:
    """What a credential says, or a presigned URL's."""
    return _scope(credential) if credential else _scope_of_query(request)


def _scope_of_query(request: HttpRequest) -> Scope:
    authorization = request.headers.get("authorization", "")
    if "X-Amz-Credential" in request.query:
        credential = parse_qs(request.query).get("X-Amz-Credential", [""])[0]
        return _scope(credential)
    if authorization.startswith("AWS ") or "AWSAccessKeyId=" in request.query:
        return Scope("", DEFAULT_REGION, "s3")  # signature version 2, which only S3 still takes
    named = _QUEUE.match(request.path)
    if named is not None and named[1]:
        return Scope("", named[1], "")
    by_host = _REGION_OF_HOST.search(request.headers.get("host", ""))
    return Scope("", by_host[1], "") if by_host is not None else UNSIGNED


def _scope(credential: str) -> Scope:
    parts = credential.strip().rsplit("/", 4)
    if len(parts) != 5:
        return UNSIGNED
    access_key, _, region, service, _ = parts
    # SigV4a scopes have no region
    return Scope(access_key, region or DEFAULT_REGION, service.lower())


def service_of(request: HttpRequest, scope: Scope) -> str:
    """The service's name in the catalogue; S3 where nothing says otherwise."""
    headers = request.headers
    target = headers.get("x-amz-target")
    if target is not None:
        known = _TARGETS.get(target.partition(".")[0])
        if known is not None:
            return known
    signed = _SIGNED_AS.get(scope.signed_as, scope.signed_as)
    if signed == "apigateway" and request.path.startswith("/v2/"):
        return "apigatewayv2"
    if signed == "execute-api" and not request.path.startswith(_CONNECTIONS):
        # SDKs before 2022 signed IoT's requests so
        return "iotdata" if headers.get("host", "").startswith("data-") else "iot"
    if signed == "iot" and request.path.startswith(("/topics/", "/retainedMessage", "/connections/")):
        return "iotdata"
    if signed:
        return signed
    return _by_host(headers.get("host", "")) or _by_content(request)


def _by_host(host: str) -> str | None:
    match = _HOST.search(host)
    if match is None:
        return None
    name = match[1]
    return _SIGNED_AS.get(name, name)


def _by_content(request: HttpRequest) -> str:
    """For unsigned requests: only STS has operations that need no signature, and there are links to be followed."""
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    asks = request.query.startswith("Action=") or "&Action=" in request.query or (form and b"Action=" in request.body)
    if asks and (_QUEUE.match(request.path) or "QueueUrl=" in request.query or "QueueName=" in request.query):
        return "sqs"
    if request.method == "POST" and form and b"Action=" in request.body:
        if b"AssumeRole" in request.body or b"GetCallerIdentity" in request.body:
            return "sts"
        return "sqs" if b"QueueUrl=" in request.body or b"QueueName=" in request.body else "sns"
    if request.method == "GET" and request.path.startswith("/confirmdestination/"):
        return "iot"  # the link in what is sent to a topic rule destination: enableUrl
    # the links in SNS's messages: SubscribeURL and UnsubscribeURL
    return "sns" if request.method == "GET" and request.query.startswith("Action=") else "s3"


class Callers:
    """Callers by access key and region, made once each."""

    def __init__(self) -> None:
        self._known: dict[Scope, Caller] = {}

    def find(self, scope: Scope) -> Caller:
        known = self._known.get(scope)
        if known is None:
            key = scope.access_key
            account = key if _is_account(key) else account_of(key) or DEFAULT_ACCOUNT
            known = Caller(account, scope.region, f"arn:aws:iam::{account}:root" if key else ANYBODY)
            if len(self._known) < MOST_KEPT:
                self._known[scope] = known
        return known


def _is_account(access_key: str) -> bool:
    return len(access_key) == 12 and access_key.isdigit()
