"""Making, changing, describing and deleting state machines.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
"""

from __future__ import annotations

import logging
import re
from functools import partial
from typing import Any

import orjson

from headwater.languages.asl import InvalidDefinition, validate
from headwater.languages.asl.references import variable_references
from headwater.services.states import tables
from headwater.services.states.configuration import check_encryption, check_logging, check_tracing
from headwater.services.states.errors import (
    invalid_definition,
    invalid_name,
    invalid_role,
    machine_already_exists,
    machine_limit_exceeded,
    missing_parameter,
    role_refusal,
    validation,
)
from headwater.services.states.integrations.recognized import check_resource
from headwater.services.states.machine import (
    EXPRESS,
    METADATA_ONLY,
    STANDARD,
    check_machine_arn,
    find_machine,
    machine_by_arn,
)
from headwater.services.states.paging import next_token, page_size, read_token
from headwater.services.states.quotas import MACHINES
from headwater.services.states.tags import check_tags
from headwater.services.states.versions import find_qualified, publish
from headwater.spine.arns import make_arn, parse_arn
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.trust import Taker, for_source, hand_over

log = logging.getLogger(__name__)
# Names hold no whitespace, brackets, wildcards, quotes, path or URL characters, or control characters.
_FORBIDDEN = re.compile(r"""[\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]""")


def check_name(name: str) -> None:
    if _FORBIDDEN.search(name):
        raise invalid_name(name)


def check_role(call: Call, arn: str, machine: str | None = None) -> None:
    """InvalidArn, or the refusal where the role does not let Step Functions in, for a state machine (its ARN)."""
    parsed = parse_arn(arn)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith("role/"):
        raise invalid_role(arn)
    taker = for_source(call, "states", machine) if machine else Taker("states", {})
    hand_over(call, arn, taker, role_refusal)


def check_definition(call: Call, name: str, text: str, kind: str = STANDARD) -> None:
    """InvalidDefinition as AWS refuses it; what we lack, and what is likely not meant so, is logged."""
    found = validate(text, express=kind == EXPRESS, check_resource=partial(check_resource, call))
    errors = [finding for finding in found if finding.severity == "ERROR"]
    if errors:
        raise invalid_definition(str(InvalidDefinition(errors)))
    warned = [f"{finding.message} (at {finding.location})" for finding in found if finding.severity == "WARNING"]
    if warned:
        call.span.note("warnings", warned)
        for text in warned:
            log.warning("state machine %s: %s", name, text)


@operation("states", "CreateStateMachine")
def create_state_machine(call: Call, request: Request) -> Result:
    name, text = request["name"], request["definition"]
    kind = request.get("type") or STANDARD
    check_name(name)
    if request.get("versionDescription") and not request.get("publish"):
        raise validation("Version description can only be set when publish is true")
    arn = make_arn("states", call.region, call.account, f"stateMachine:{name}")
    check_role(call, request["roleArn"], arn)
    check_definition(call, name, text, kind)
    logging = check_logging(request.get("loggingConfiguration"))
    tracing = check_tracing(request.get("tracingConfiguration"))
    encryption = check_encryption(call, request.get("encryptionConfiguration"))
    tags = check_tags(request.get("tags") or ())
    call.span.subject = arn
    machine = machine_by_arn(call, arn)
    if machine is not None:
        # another role or other tags are ignored, as AWS documents
        present = (machine.text, machine.kind, machine.logging, machine.tracing, machine.encryption)
        if (text, kind, logging, tracing, encryption) != present:
            raise machine_already_exists(arn)
    else:
        if call.is_full(MACHINES, tables.COUNT_MACHINES, (call.account, call.region)):
            raise machine_limit_exceeded()
        settings = _texts(logging, tracing, encryption)
        definition = _insert_definition(call, arn, text, request["roleArn"], kind, settings, "INITIAL")
        identity = (call.new_id(), arn, call.account, call.region, name, kind)
        row = (*identity, definition, request["roleArn"], *settings, orjson.dumps(tags).decode(), call.now)
        call.store.run(tables.INSERT_MACHINE, row)
        machine = find_machine(call, arn)
    result: Result = {"stateMachineArn": arn, "creationDate": machine.created}
    if request.get("publish"):
        result["stateMachineVersionArn"] = publish(call, machine, request.get("versionDescription") or "")[0]
    return result


def _texts(*settings: dict[str, Any]) -> tuple[str, ...]:
    return tuple(orjson.dumps(setting).decode() for setting in settings)


def _insert_definition(
    call: Call, arn: str, text: str, role: str, kind: str, settings: tuple[str, ...], revision: str
) -> int:
    id_ = call.new_id()
    call.store.run(tables.INSERT_DEFINITION, (id_, arn, text, role, kind, revision, *settings, call.now))
    return id_


@operation("states", "UpdateStateMachine")
def update_state_machine(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_UpdateStateMachine.html"""
    machine = find_machine(call, request["stateMachineArn"])
    call.span.subject = machine.arn
    given = [name for name in _CHANGEABLE if request.get(name) is not None]
    if not given and not request.get("publish"):
        raise missing_parameter(
            "Either the definition, the role ARN, the LoggingConfiguration, the EncryptionConfiguration or the "
            "TracingConfiguration must be specified"
        )
    text = request.get("definition") or machine.text
    role = request.get("roleArn") or machine.role
    check_role(call, role, machine.arn)
    check_definition(call, machine.name, text, machine.kind)
    logging, tracing, encryption = machine.logging, machine.tracing, machine.encryption
    if request.get("loggingConfiguration") is not None:
        logging = check_logging(request["loggingConfiguration"])
    if request.get("tracingConfiguration") is not None:
        tracing = check_tracing(request["tracingConfiguration"])
    if request.get("encryptionConfiguration") is not None:
        encryption = check_encryption(call, request["encryptionConfiguration"])
    settings = _texts(logging, tracing, encryption)
    revision = call.ids.uuid()
    definition = _insert_definition(call, machine.arn, text, role, machine.kind, settings, revision)
    call.store.run(tables.UPDATE_MACHINE, (definition, role, *settings, machine.arn))
    call.memory.targets.pop(machine.arn, None)
    result: Result = {"updateDate": call.now, "revisionId": revision}
    if request.get("publish"):
        updated = find_machine(call, machine.arn)
        result["stateMachineVersionArn"] = publish(call, updated, request.get("versionDescription") or "")[0]
    return result


_CHANGEABLE = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")


@operation("states", "DescribeStateMachine", reads=True)
def describe_state_machine(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html"""
    arn = request["stateMachineArn"]
    target = find_qualified(call, arn)
    references = variable_references(target.text)
    result: Result = {
        "stateMachineArn": arn,
        "name": target.machine.name,
        "status": "ACTIVE",
        "definition": target.text,
        "roleArn": target.role,
        "type": target.machine.kind,
        "creationDate": target.created,
        "loggingConfiguration": target.logging,
        "tracingConfiguration": target.tracing,
        "encryptionConfiguration": target.encryption,
    }
    if references:
        result["variableReferences"] = references
    if request.get("includedData") == METADATA_ONLY:
        result["definition"] = "{}"
    if target.revision != "INITIAL":
        result["revisionId"] = target.revision
    if target.description:
        result["description"] = target.description
    return result


@operation("states", "ListStateMachines", reads=True)
def list_state_machines(call: Call, request: Request) -> Result:
    limit = page_size(request)
    rows = call.store.all(tables.LIST_MACHINES, (call.account, call.region, read_token(request), limit + 1))
    page = [
        {"stateMachineArn": arn, "name": name, "type": kind, "creationDate": created}
        for arn, name, kind, created in rows[:limit]
    ]
    return {"stateMachines": page, **next_token(rows, limit, lambda row: row[1])}


@operation("states", "DeleteStateMachine")
def delete_state_machine(call: Call, request: Request) -> Result:
    """Executions that run go on: they keep their definition."""
    arn = request["stateMachineArn"]
    check_machine_arn(arn)
    call.span.subject = arn
    for statement in (tables.DELETE_MACHINE, tables.DELETE_VERSIONS, tables.DELETE_ALIASES):
        call.store.run(statement, (arn,))
    call.memory.targets.pop(arn, None)
    return {}


@operation("states", "ValidateStateMachineDefinition", reads=True)
def validate_state_machine_definition(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinition.html"""
    express = request.get("type") == EXPRESS
    found = validate(request["definition"], express=express, check_resource=partial(check_resource, call))
    if (request.get("severity") or "ERROR") == "ERROR":
        found = [diagnostic for diagnostic in found if diagnostic.severity == "ERROR"]
    limit = request.get("maxResults") or 100
    failed = any(diagnostic.severity == "ERROR" for diagnostic in found)
    shown: list[dict[str, Any]] = []
    for diagnostic in found[:limit]:
        item = {"severity": diagnostic.severity, "code": diagnostic.code, "message": diagnostic.message}
        shown.append(item | ({"location": diagnostic.location} if diagnostic.location else {}))
    return {"result": "FAIL" if failed else "OK", "diagnostics": shown, "truncated": len(found) > limit}
