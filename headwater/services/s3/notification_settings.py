"""PutBucketNotificationConfiguration: checked as S3 checks it, its destinations told."""

from __future__ import annotations

from typing import Any

from headwater.services.s3.bucket import change_settings, find_bucket
from headwater.services.s3.errors import invalid_argument, malformed_xml
from headwater.services.s3.notifications import DESTINATIONS, send_test
from headwater.spine.admission import NOTE, Visitor, refusal
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

_SERVICES = {"QueueConfigurations": "sqs", "TopicConfigurations": "sns", "LambdaFunctionConfigurations": "lambda"}
_EVENTS = frozenset(
    f"s3:{name}"
    for name in (
        *("ObjectCreated:*", "ObjectCreated:Put", "ObjectCreated:Post", "ObjectCreated:Copy"),
        *("ObjectCreated:CompleteMultipartUpload", "ObjectRemoved:*", "ObjectRemoved:Delete"),
        *("ObjectRemoved:DeleteMarkerCreated", "ObjectTagging:*", "ObjectTagging:Put", "ObjectTagging:Delete"),
        *("ObjectRestore:*", "ObjectRestore:Post", "ObjectRestore:Completed", "ObjectRestore:Delete"),
        *("ReducedRedundancyLostObject", "Replication:*", "Replication:OperationFailedReplication"),
        *("Replication:OperationNotTracked", "Replication:OperationMissedThreshold", "ObjectAcl:Put"),
        *("Replication:OperationReplicatedAfterThreshold", "LifecycleTransition", "IntelligentTiering"),
        *("LifecycleExpiration:*", "LifecycleExpiration:Delete", "LifecycleExpiration:DeleteMarkerCreated"),
    )
)
"""Events that can be asked for; those of features that we lack do not happen."""


@operation("s3", "PutBucketNotificationConfiguration")
def put_notification_configuration(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html"""
    bucket = find_bucket(call, request)
    given = request.get("NotificationConfiguration")
    if given is None:
        raise malformed_xml()
    settings: dict[str, Any] = {}
    if "EventBridgeConfiguration" in given:
        settings["EventBridgeConfiguration"] = {"On": True}
    tested: list[str] = []
    for group, member in DESTINATIONS.items():
        configurations = [_checked(call, group, member, configuration) for configuration in given.get(group, ())]
        if configurations:
            settings[group] = configurations
            if group != "LambdaFunctionConfigurations":
                tested += [configuration[member] for configuration in configurations]
    if not request.get("SkipDestinationValidation"):
        _check_destinations(call, settings, Visitor("s3", bucket.arn, bucket.account))
    change_settings(call, bucket, {"NotificationConfiguration": settings or None})
    for arn in dict.fromkeys(tested):
        send_test(call, bucket, arn)
    return {}


@operation("s3", "GetBucketNotificationConfiguration", reads=True)
def get_notification_configuration(call: Call, request: Request) -> Result:
    bucket = find_bucket(call, request)
    settings: dict[str, Any] = dict(bucket.settings.get("NotificationConfiguration", {}))
    if "EventBridgeConfiguration" in settings:
        settings["EventBridgeConfiguration"] = {}
    return settings


def _checked(call: Call, group: str, member: str, given: dict[str, Any]) -> dict[str, Any]:
    arn, events = given.get(member), given.get("Events")
    if not arn or not events:
        raise malformed_xml()
    parsed = parse_arn(arn)
    if parsed is None or parsed.service != _SERVICES[group]:
        raise invalid_argument("The ARN could not be parsed", member.removesuffix("Arn").removeprefix("Lambda"), arn)
    for event in events:
        if event not in _EVENTS:
            raise invalid_argument("The event is not supported for notifications", "Event", event)
    for rule in given.get("Filter", {}).get("Key", {}).get("FilterRules", ()):
        if rule.get("Name", "").lower() not in ("prefix", "suffix"):
            text = "filter rule name must be either prefix or suffix"
            raise invalid_argument(text, "FilterRule.Name", rule.get("Name"))
    return {"Id": given.get("Id") or call.ids.token(48), **{k: v for k, v in given.items() if k != "Id"}}


def _check_destinations(call: Call, settings: dict[str, Any], visitor: Visitor) -> None:
    for group, member in DESTINATIONS.items():
        for configuration in settings.get(group, ()):
            arn = parse_arn(configuration[member])
            assert arn is not None  # checked above
            if not _exists(call, arn):
                text = "Unable to validate the following destination configurations"
                raise invalid_argument(
                    text,
                    configuration[member],
                    "The destination queue does not exist"
                    if group == "QueueConfigurations"
                    else "Not authorized to invoke function or topic does not exist",
                )
            _check_admission(call, group, configuration[member], visitor)


def _check_admission(call: Call, group: str, arn: str, visitor: Visitor) -> None:
    why = refusal(call, arn, visitor)
    if why is None:
        return
    if not call.engine.enforces_policies:
        call.span.note(NOTE, why)
        return
    kind = "topic" if group == "TopicConfigurations" else "queue"
    told = f"Permissions on the destination {kind} do not allow S3 to publish notifications from this bucket"
    if group == "LambdaFunctionConfigurations":
        told = f"Not authorized to invoke function [{arn}]"
    raise invalid_argument("Unable to validate the following destination configurations", arn, told)


def _exists(call: Call, arn: Arn) -> bool:
    asked = {
        "sqs": ("GetQueueUrl", {"QueueName": arn.resource, "QueueOwnerAWSAccountId": arn.account}),
        "sns": ("GetTopicAttributes", {"TopicArn": str(arn)}),
        "lambda": ("GetFunctionConfiguration", {"FunctionName": str(arn)}),
    }
    name, request = asked[arn.service]
    try:
        call.operation(arn.service, name, request, account=arn.account, region=arn.region)
    except AwsError as error:
        return error.code == "NotImplemented"  # nobody can tell
    return True
