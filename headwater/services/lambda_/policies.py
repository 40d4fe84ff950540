"""Resource policies of functions: who may invoke them.

https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.errors import conflict, not_found, stale_revision
from headwater.services.lambda_.function import find_configuration, find_function, find_setting, save_setting
from headwater.services.lambda_.names import Reference, parse_reference, refer
from headwater.spine.operations import Call, Request, Result, operation

KIND = "policy"
Statement = dict[str, Any]


@operation("lambda", "AddPermission")
def add_permission(call: Call, request: Request) -> Result:
    reference = _find(call, request)
    document = _document(call, reference)
    _check_revision(document, request)
    identity = request["StatementId"]
    if any(statement["Sid"] == identity for statement in document["Statement"]):
        raise conflict(
            f"The statement id ({identity}) provided already exists. Please provide a new statement id, or remove "
            "the existing statement."
        )
    statement = make_statement(request, reference.qualified)
    document["Statement"].append(statement)
    _save(call, reference, document)
    return {"Statement": orjson.dumps(statement).decode()}


@operation("lambda", "RemovePermission")
def remove_permission(call: Call, request: Request) -> Result:
    reference = _find(call, request)
    document = find_setting(call, reference.arn, KIND, reference.qualifier)
    if document is None:
        raise not_found("No policy is associated with the given resource.")
    _check_revision(document, request)
    left = [statement for statement in document["Statement"] if statement["Sid"] != request["StatementId"]]
    if len(left) == len(document["Statement"]):
        raise not_found(f"Statement {request['StatementId']} is not found in resource policy.")
    document["Statement"] = left
    if left:
        _save(call, reference, document)
    else:
        call.store.run(tables.DELETE_SETTING, (reference.arn, KIND, reference.qualifier))
    return {}


@operation("lambda", "GetPolicy", reads=True)
def get_policy(call: Call, request: Request) -> Result:
    reference = _find(call, request)
    document = find_setting(call, reference.arn, KIND, reference.qualifier)
    if document is None:
        raise not_found("The resource you requested does not exist.")
    revision = document.pop("RevisionId")
    return {"Policy": orjson.dumps(document).decode(), "RevisionId": revision}


@operation("lambda", "ResourcePolicy", internal=True, reads=True)
def resource_policy(call: Call, request: Request) -> Result:
    """The ``Policy`` of the function, version or alias of an ``Arn``, None where it has none; nothing where there is no
    such function."""
    reference = parse_reference(call, request["Arn"])
    if call.store.one(tables.FIND_FUNCTION, (reference.arn,)) is None:
        return {}
    document = find_setting(call, reference.arn, KIND, reference.qualifier)
    return {"Policy": None if document is None else orjson.dumps(document).decode()}


def _find(call: Call, request: Request) -> Reference:
    reference = refer(call, request)
    find_function(call, reference)
    if reference.qualifier:
        find_configuration(call, reference)
    return reference


def _document(call: Call, reference: Reference) -> dict[str, Any]:
    return find_setting(call, reference.arn, KIND, reference.qualifier) or {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [],
    }


def _check_revision(document: dict[str, Any], request: Request) -> None:
    if request.get("RevisionId") not in (None, document.get("RevisionId")):
        raise stale_revision("GetPolicy")


def _save(call: Call, reference: Reference, document: dict[str, Any]) -> None:
    document["RevisionId"] = call.ids.uuid()
    save_setting(call, reference.arn, KIND, reference.qualifier, document)


def make_statement(request: Request, resource: str) -> Statement:
    """A statement as Lambda writes it for AddPermission and AddLayerVersionPermission."""
    statement: Statement = {
        "Sid": request["StatementId"],
        "Effect": "Allow",
        "Principal": _principal(request["Principal"]),
        "Action": request["Action"],
        "Resource": resource,
    }
    conditions = {
        ("ArnLike", "AWS:SourceArn"): request.get("SourceArn"),
        ("StringEquals", "AWS:SourceAccount"): request.get("SourceAccount"),
        ("StringEquals", "lambda:EventSourceToken"): request.get("EventSourceToken"),
        ("StringEquals", "lambda:FunctionUrlAuthType"): request.get("FunctionUrlAuthType"),
        ("StringEquals", "aws:PrincipalOrgID"): request.get("PrincipalOrgID") or request.get("OrganizationId"),
    }
    condition: dict[str, dict[str, str]] = {}
    for (operator, key), value in conditions.items():
        if value:
            condition.setdefault(operator, {})[key] = value
    if condition:
        statement["Condition"] = condition
    return statement


def _principal(name: str) -> str | dict[str, str]:
    if name == "*":
        return "*"
    if re.fullmatch(r"\d{12}", name):
        return {"AWS": f"arn:aws:iam::{name}:root"}
    return {"AWS": name} if name.startswith("arn:") else {"Service": name}
