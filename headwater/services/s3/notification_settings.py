"""PutBucketNotificationConfiguration: checked as S3 checks it, its destinations told."""

from __future__ import annotations

from itertools import combinations
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
_LONGEST_VALUE = 1024


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
    _check_overlaps([each for group in DESTINATIONS for each in settings.get(group, ())])
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
    made = {"Id": given.get("Id") or call.ids.token(48), **{k: v for k, v in given.items() if k != "Id"}}
    rules = _rules(given)
    return {**made, "Filter": {"Key": {"FilterRules": _checked_rules(rules)}}} if rules else made


def _rules(configuration: dict[str, Any]) -> list[dict[str, str]]:
    rules: list[dict[str, str]] = configuration.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    return rules


def _checked_rules(rules: list[dict[str, str]]) -> list[dict[str, str]]:
    """A filter's rules, with their names as S3 tells them."""
    checked: dict[str, str] = {}
    for rule in rules:
        name, value = rule.get("Name", ""), rule.get("Value", "")
        if name.lower() not in ("prefix", "suffix"):
            text = "filter rule name must be either prefix or suffix"
            raise invalid_argument(text, "FilterRule.Name", name)
        if name.capitalize() in checked:
            text = f"Cannot specify more than one {name.lower()} rule in a filter."
            raise invalid_argument(text, "FilterRule.Name", name)
        if len(value.encode()) > _LONGEST_VALUE:
            text = "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation"
            raise invalid_argument(text, "FilterRule.Value", value)
        checked[name.capitalize()] = value
    return [{"Name": name, "Value": value} for name, value in checked.items()]


def _check_overlaps(configurations: list[dict[str, Any]]) -> None:
    """InvalidArgument where two configurations want the same event of a key, or have the same id.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    if len({each["Id"] for each in configurations}) < len(configurations):
        raise invalid_argument("Same ID used for multiple configurations. IDs must be unique.")
    for one, other in combinations(configurations, 2):
        if not _share_events(one["Events"], other["Events"]):
            continue
        first, second = _affixes(one), _affixes(other)
        if not any(first) and not any(second):
            raise invalid_argument(
                "Configurations overlap. Configurations on the same bucket cannot share a common event type."
            )
        prefixes = first[0].startswith(second[0]) or second[0].startswith(first[0])
        if prefixes and (first[1].endswith(second[1]) or second[1].endswith(first[1])):
            raise invalid_argument(
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes "
                "are overlapping for the same event type."
            )


def _share_events(one: list[str], other: list[str]) -> bool:
    return any(_covers(a, b) or _covers(b, a) for a in one for b in other)


def _covers(wide: str, event: str) -> bool:
    return wide == event or (wide.endswith(":*") and event.startswith(wide[:-1]))


def _affixes(configuration: dict[str, Any]) -> tuple[str, str]:
    """The prefix and the suffix of the keys that a configuration is about."""
    rules = {rule["Name"]: rule["Value"] for rule in _rules(configuration)}
    return rules.get("Prefix", ""), rules.get("Suffix", "")


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
