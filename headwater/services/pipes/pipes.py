"""Creating, changing, showing and deleting pipes.

https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_CreatePipe.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.services.pipes import tables
from headwater.services.pipes.errors import invalid_token, pipe_exists, too_many_pipes
from headwater.services.pipes.quotas import PIPES
from headwater.services.pipes.row import Row, find_pipe, pipe_arn, pipe_by_arn
from headwater.services.pipes.states import settle_later, settled_pipe
from headwater.services.pipes.validation import SOURCE_BLOCKS, check_pipe, largest_batch
from headwater.spine.arns import parse_arn
from headwater.spine.ids import first_at
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page
from headwater.spine.permissions import check_passing
from headwater.spine.polling import STREAMS

_PAGE = 100
_MEMBERS = (
    *("Description", "Source", "SourceParameters", "Enrichment", "EnrichmentParameters", "Target"),
    *("TargetParameters", "RoleArn", "LogConfiguration", "KmsKeyIdentifier"),
)
_BLOCKS = ("SourceParameters", "EnrichmentParameters", "TargetParameters")
_QUEUE_DEFAULTS: dict[str, Any] = {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 0}
_STREAM_DEFAULTS: dict[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
}
_BEGINNING = ("StartingPosition", "StartingPositionTimestamp")


@operation("pipes", "CreatePipe")
def create_pipe(call: Call, request: Request) -> Result:
    arn = pipe_arn(call, request["Name"])
    definition = _with_defaults({name: request[name] for name in _MEMBERS if request.get(name)})
    check_pipe(call, definition)
    if pipe_by_arn(call, arn) is not None:
        raise pipe_exists(request["Name"])
    check_passing(call, definition["RoleArn"], "pipes")
    if call.is_full(PIPES, tables.COUNT_PIPES, (call.account, call.region)):
        raise too_many_pipes(request["Name"])
    desired, tags = request.get("DesiredState") or "RUNNING", orjson.dumps(request.get("Tags") or {}).decode()
    text = orjson.dumps(definition).decode()
    ends = (definition["Source"], definition["Target"])
    row = (arn, call.account, call.region, request["Name"], *ends, desired, "CREATING", text, tags, call.now, call.now)
    call.store.run(tables.INSERT_PIPE, (*row, call.new_id()))
    _begin(call, arn, definition)
    settle_later(call, arn)
    return find_pipe(call, request["Name"]).shown()


def _with_defaults(definition: dict[str, Any]) -> dict[str, Any]:
    """The block of the source with what AWS takes where nothing is said."""
    source, target = parse_arn(definition["Source"]), parse_arn(definition["Target"])
    block = SOURCE_BLOCKS.get(source.service) if source else None
    if source is None or target is None or block is None:
        return definition
    parameters = definition.get("SourceParameters") or {}
    given = {name: value for name, value in (parameters.get(block) or {}).items() if value is not None}
    defaults = _QUEUE_DEFAULTS if source.service == "sqs" else _STREAM_DEFAULTS
    size = largest_batch(target, parse_arn(definition.get("Enrichment") or ""), defaults["BatchSize"])
    return definition | {"SourceParameters": {**parameters, block: defaults | {"BatchSize": size} | given}}


def _begin(call: Call, pipe: str, definition: dict[str, Any]) -> None:
    """Of a stream that is not read from its oldest record on, keep where it begins."""
    arn = parse_arn(definition["Source"])
    if arn is None or arn.service not in STREAMS:
        return
    parameters = definition["SourceParameters"][SOURCE_BLOCKS[arn.service]]
    if parameters["StartingPosition"] == "LATEST":
        call.store.run(tables.PUT_POSITION, (pipe, "", call.new_id()))
    if parameters["StartingPosition"] == "AT_TIMESTAMP":
        call.store.run(tables.PUT_POSITION, (pipe, "", first_at(parameters["StartingPositionTimestamp"])))


@operation("pipes", "UpdatePipe")
def update_pipe(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/API_UpdatePipe.html: what is not in the request
    stays; a block of a service's parameters is replaced as a whole. A source cannot be changed."""
    row = settled_pipe(call, request["Name"])
    former = orjson.loads(row.definition)
    definition = _with_defaults(_merged(former, request))
    check_pipe(call, definition)
    check_passing(call, definition["RoleArn"], "pipes")
    desired = request.get("DesiredState") or row.desired
    changed = (definition["Target"], desired, "UPDATING", orjson.dumps(definition).decode(), call.now, call.new_id())
    call.store.run(tables.SET_PIPE, (*changed, row.arn))
    settle_later(call, row.arn)
    return row._replace(desired=desired, state="UPDATING", modified=call.now).shown()


def _merged(former: dict[str, Any], request: Request) -> dict[str, Any]:
    definition = {**former, **{name: request[name] for name in _MEMBERS if request.get(name) is not None}}
    for block in _BLOCKS:
        given = {name: value for name, value in (request.get(block) or {}).items() if value is not None}
        if given:
            merged = {**(former.get(block) or {}), **given}
            definition[block] = {name: value for name, value in merged.items() if value != ""}
    # a place to start from is not given again
    for name, value in (former.get("SourceParameters") or {}).items():
        if name != "FilterCriteria" and "StartingPosition" in value:
            kept = {each: value[each] for each in _BEGINNING if each in value}
            definition["SourceParameters"][name] = kept | definition["SourceParameters"][name]
    return {name: value for name, value in definition.items() if value != ""}


@operation("pipes", "DescribePipe", reads=True)
def describe_pipe(call: Call, request: Request) -> Result:
    return find_pipe(call, request["Name"]).described()


@operation("pipes", "ListPipes", reads=True)
def list_pipes(call: Call, request: Request) -> Result:
    prefix, source, target = (request.get(name) or "" for name in ("NamePrefix", "SourcePrefix", "TargetPrefix"))
    desired, state = request.get("DesiredState") or "", request.get("CurrentState") or ""
    chosen = (len(prefix), prefix, desired, desired, state, state, len(source), source, len(target), target)

    def fetch(after: str, count: int) -> list[Row]:
        asked = (call.account, call.region, *chosen, after, count)
        return [Row(*row) for row in call.store.all(tables.LIST_PIPES, asked)]

    limit = request.get("Limit") or _PAGE
    rows, token = page(request.get("NextToken"), limit, fetch, lambda row: row.name, invalid_token)
    return {"Pipes": [_summary(row) for row in rows], "NextToken": token}


def _summary(row: Row) -> dict[str, Any]:
    definition = orjson.loads(row.definition)
    ends = {name: definition.get(name) for name in ("Source", "Enrichment", "Target")}
    return {**row.shown(), "StateReason": row.reason, **ends}


@operation("pipes", "DeletePipe")
def delete_pipe(call: Call, request: Request) -> Result:
    row = settled_pipe(call, request["Name"])
    call.store.run(tables.SET_STATE, ("DELETING", None, call.new_id(), row.arn))
    settle_later(call, row.arn)
    return row._replace(state="DELETING").shown()
