"""Creating, changing, showing and deleting functions.

https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
"""

from __future__ import annotations

from functools import partial
from typing import Any

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.code import code_location, take_code
from headwater.services.lambda_.configuration import (
    configure,
    new_configuration,
    set_code,
    shown,
    shown_as_created,
    shown_as_updating,
    touch,
)
from headwater.services.lambda_.errors import conflict, function_not_found, invalid_parameter, stale_revision
from headwater.services.lambda_.function import (
    Configuration,
    find_configuration,
    find_function,
    find_version,
    save_version,
)
from headwater.services.lambda_.names import LATEST, Reference, refer
from headwater.services.lambda_.pages import page
from headwater.services.lambda_.versions import publish
from headwater.spine.operations import Call, Request, Result, operation


@operation("lambda", "CreateFunction")
def create_function(call: Call, request: Request) -> Result:
    reference = refer(call, request)
    arn, name = reference.arn, reference.name
    call.span.subject = arn
    if len(name) > 64:
        raise invalid_parameter(
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64"
        )
    if call.store.one(tables.FIND_FUNCTION, (arn,)) is not None:
        raise conflict(f"Function already exist: {name}")
    code = take_code(call, request["Code"])
    configuration = new_configuration(call, request, arn, name, code)
    tags = orjson.dumps(request.get("Tags") or {}).decode()
    call.store.run(tables.INSERT_FUNCTION, (arn, call.account, call.region, name, tags))
    save_version(call, arn, configuration, code.blob)
    runtime = call.work.runtime
    call.after_commit(lambda: runtime.prepare(configuration["Runtime"]))
    if request.get("Publish"):
        return publish(call, find_function(call, reference), "") | {"State": "Pending"}
    return shown_as_created(configuration)


@operation("lambda", "GetFunction", reads=True)
def get_function(call: Call, request: Request) -> Result:
    reference = refer(call, request)
    function = find_function(call, reference)
    configuration, code = find_configuration(call, reference)
    result: Result = {
        "Configuration": _qualified(configuration, reference),
        "Code": {"RepositoryType": "S3", "Location": code_location(call, code)},
    }
    if function.tags:
        result["Tags"] = function.tags
    if function.reserved is not None:
        result["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved}
    return result


@operation("lambda", "GetFunctionConfiguration", reads=True)
def get_function_configuration(call: Call, request: Request) -> Result:
    reference = refer(call, request)
    find_function(call, reference)
    return _qualified(find_configuration(call, reference)[0], reference)


def _qualified(configuration: Configuration, reference: Reference) -> Configuration:
    return shown(configuration, reference.qualified if reference.qualifier else None)


@operation("lambda", "ListFunctions", reads=True)
def list_functions(call: Call, request: Request) -> Result:
    def rows(after: str, limit: int) -> list[tuple[str, Any]]:
        return call.store.all(tables.LIST_FUNCTIONS, (call.account, call.region, after, limit))

    found, marker = page(request, rows, most=50)
    every_version = request.get("FunctionVersion") == "ALL"
    functions: list[Configuration] = []
    for _, text in found:
        configuration = orjson.loads(text)
        arn = configuration["FunctionArn"]
        functions.append(shown(configuration, f"{arn}:{LATEST}" if every_version else None))
        if every_version:
            published = call.store.all(tables.LIST_VERSIONS, (arn, 1, tables.ALL))
            functions += [shown(orjson.loads(version)) for _, version in published]
    return {"Functions": functions, "NextMarker": marker}


@operation("lambda", "UpdateFunctionCode")
def update_function_code(call: Call, request: Request) -> Result:
    configuration = _latest(call, request)
    reference = refer(call, request)
    code = take_code(call, request)
    if request.get("Architectures"):
        configuration["Architectures"] = request["Architectures"]
    set_code(call, configuration, code)
    if not request.get("DryRun"):
        save_version(call, reference.arn, configuration, code.blob)
        if request.get("Publish"):
            return publish(call, find_function(call, reference), "")
    return shown_as_updating(configuration)


@operation("lambda", "UpdateFunctionConfiguration")
def update_function_configuration(call: Call, request: Request) -> Result:
    reference = refer(call, request)
    configuration = _latest(call, request)
    _, code = find_configuration(call, Reference(reference.arn, reference.name, LATEST))
    configure(call, configuration, request)
    touch(call, configuration)
    save_version(call, reference.arn, configuration, code)
    return shown_as_updating(configuration)


def _latest(call: Call, request: Request) -> Configuration:
    """The configuration that an update is to change."""
    reference = refer(call, request)
    find_function(call, reference)
    found = find_version(call, reference.arn, LATEST)
    if found is None:
        raise function_not_found(reference.arn)
    configuration, _ = found
    revision = request.get("RevisionId")
    if revision is not None and revision != configuration["RevisionId"]:
        raise stale_revision()
    return configuration


@operation("lambda", "DeleteFunction")
def delete_function(call: Call, request: Request) -> Result:
    reference = refer(call, request)
    find_function(call, reference)
    runtime = call.work.runtime
    if reference.qualifier:
        _delete_version(call, reference)
        call.after_commit(lambda: runtime.retire(reference.qualified))
        return {}
    versions = call.store.all(tables.LIST_VERSIONS, (reference.arn, 0, tables.ALL))
    for statement in (
        tables.DELETE_FUNCTION,
        tables.DELETE_ALL_VERSIONS,
        tables.DELETE_ALL_ALIASES,
        tables.DELETE_ALL_SETTINGS,
        tables.DELETE_ALL_URLS,
    ):
        call.store.run(statement, (reference.arn,))
    call.memory.drop(reference.arn)
    for number, _ in versions:
        call.after_commit(partial(runtime.retire, f"{reference.arn}:{number or LATEST}"))
    return {}


def _delete_version(call: Call, reference: Reference) -> None:
    version = reference.qualifier
    if version == LATEST:
        raise invalid_parameter("$LATEST version cannot be deleted without deleting the function.")
    if not version.isdigit():
        raise invalid_parameter("Deletion of aliases is not currently supported.")
    for name, text in call.store.all(tables.LIST_ALIASES, (reference.arn, "", tables.ALL)):
        alias = orjson.loads(text)
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        if version in (alias["FunctionVersion"], *weights):
            raise conflict(
                f"Version {version} of function {reference.name} cannot be deleted because it is referenced by "
                f"alias {name}"
            )
    call.store.run(tables.DELETE_VERSION, (reference.arn, int(version)))
    call.store.run(tables.DELETE_QUALIFIER_SETTINGS, (reference.arn, version))
    call.memory.drop(reference.arn)
