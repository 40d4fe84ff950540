"""Tags and labels.

https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html
"""

from __future__ import annotations

import re

import orjson

from headwater.services.ssm import tables
from headwater.services.ssm.changes import tell
from headwater.services.ssm.errors import invalid_resource, version_not_found
from headwater.services.ssm.parameter import Parameter, find_latest, find_versions, plain_name
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation

MOST_LABELS = 10
LABEL = re.compile(r"(?!aws|ssm)[A-Za-z_.-][A-Za-z0-9_.-]{0,99}", re.IGNORECASE)


def tags_of(call: Call, name: str) -> dict[str, str]:
    return dict(call.store.all(tables.SELECT_TAGS, (call.account, call.region, name)))


def tagged(call: Call, request: Request) -> str:
    """The name of the parameter that a tagging request means."""
    if request["ResourceType"] != "Parameter":
        raise AwsError(
            "InvalidResourceType", f"{request['ResourceType']} is not a resource type that Headwater keeps tags of."
        )
    name = plain_name(request["ResourceId"])
    found = find_latest(call, name)
    if found is None:
        raise invalid_resource(name)
    return found.name


@operation("ssm", "AddTagsToResource")
def add_tags_to_resource(call: Call, request: Request) -> Result:
    name = tagged(call, request)
    for tag in request["Tags"]:
        call.store.run(tables.PUT_TAG, (call.account, call.region, name, tag["Key"], tag["Value"]))
    return {}


@operation("ssm", "RemoveTagsFromResource")
def remove_tags_from_resource(call: Call, request: Request) -> Result:
    name = tagged(call, request)
    for key in request["TagKeys"]:
        call.store.run(tables.DELETE_TAG, (call.account, call.region, name, key))
    return {}


@operation("ssm", "ListTagsForResource", reads=True)
def list_tags_for_resource(call: Call, request: Request) -> Result:
    tags = tags_of(call, tagged(call, request))
    return {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}


@operation("ssm", "LabelParameterVersion")
def label_parameter_version(call: Call, request: Request) -> Result:
    """Labels move to the version: each is at one version only."""
    versions = find_versions(call, plain_name(request["Name"]))
    wanted = request.get("ParameterVersion") or versions[-1].version
    target = next((each for each in versions if each.version == wanted), None)
    if target is None:
        raise version_not_found(request["Name"], str(wanted))
    valid = [label for label in request["Labels"] if LABEL.fullmatch(label)]
    labels = list(dict.fromkeys([*target.label_list, *valid]))
    if len(labels) > MOST_LABELS:
        raise AwsError(
            "ParameterVersionLabelLimitExceeded",
            f"An error occurred (ParameterVersionLabelLimitExceeded) when calling the LabelParameterVersion "
            f"operation: A parameter version can have maximum {MOST_LABELS} labels.Move one or more labels to another "
            "version and try again.",
        )
    for version in versions:
        kept = [label for label in version.label_list if label not in valid]
        set_labels(call, version, labels if version is target else kept)
    if valid:
        tell(call, "LabelParameterVersion", target)
    invalid = [label for label in request["Labels"] if label not in valid]
    return {"InvalidLabels": invalid, "ParameterVersion": wanted}


@operation("ssm", "UnlabelParameterVersion")
def unlabel_parameter_version(call: Call, request: Request) -> Result:
    versions = find_versions(call, plain_name(request["Name"]))
    target = next((each for each in versions if each.version == request["ParameterVersion"]), None)
    if target is None:
        raise version_not_found(request["Name"], str(request["ParameterVersion"]))
    present = target.label_list
    set_labels(call, target, [label for label in present if label not in request["Labels"]])
    return {
        "RemovedLabels": [label for label in request["Labels"] if label in present],
        "InvalidLabels": [label for label in request["Labels"] if label not in present],
    }


def set_labels(call: Call, parameter: Parameter, labels: list[str]) -> None:
    if labels != parameter.label_list:
        text = orjson.dumps(labels).decode()
        call.store.run(tables.SET_LABELS, (text, call.account, call.region, parameter.name, parameter.version))
