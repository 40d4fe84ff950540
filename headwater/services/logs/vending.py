"""Log records of services' resources on their way to where deliveries send them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from headwater.services.logs import vended_tables as tables
from headwater.services.logs.chunks import append
from headwater.services.logs.log_group import add_stream, find_group, find_stream, group_name
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation


@operation("logs", "Vend", internal=True)
def vend(call: Call, request: Request) -> Result:
    """``Records`` of the resource ``ResourceArn``, each with its ``LogType`` and what it tells (``Record``), to the
    stream ``Stream`` of log groups and to delivery streams. What cannot be written holds up nothing."""
    call.span.kept = False
    records: Sequence[tuple[str, dict[str, Any]]] = request["Records"]
    types: dict[tuple[str, str, str | None], set[str]] = {}
    for log_type, *to in call.store.all(tables.WHERE_TO, (request["ResourceArn"],)):
        types.setdefault((to[0], to[1], to[2]), set()).add(log_type)
    for (kind, resource, fields), of in types.items():
        wanted = [record for log_type, record in records if log_type in of]
        arn = parse_arn(resource)
        if not wanted or arn is None:
            continue
        try:
            (_to_group if kind == "CWL" else _to_stream)(call, arn, request["Stream"], _texts(wanted, fields))
        except AwsError as error:
            call.span.kept = True
            call.span.note("log", f"{resource}: {error}")
    return {}


def _texts(records: list[dict[str, Any]], fields: str | None) -> list[str]:
    if fields is not None:
        names = orjson.loads(fields)
        records = [{name: record[name] for name in names if name in record} for record in records]
    return [orjson.dumps(record).decode() for record in records]


def _to_group(call: Call, arn: Arn, stream: str, texts: list[str]) -> None:
    request = {"Group": group_name(str(arn)), "Stream": stream, "Messages": texts}
    call.operation("logs", "AppendVended", request, arn.account, arn.region)


def _to_stream(call: Call, arn: Arn, stream: str, texts: list[str]) -> None:
    records = [{"Data": f"{text}\n".encode()} for text in texts]
    request = {"DeliveryStreamName": arn.name, "Records": records}
    call.operation("firehose", "PutRecordBatch", request, arn.account, arn.region)


@operation("logs", "AppendVended", internal=True)
def append_vended(call: Call, request: Request) -> Result:
    """``Messages`` to a group that is there; its stream is made where it is missing."""
    call.span.kept = False
    group = find_group(call, request["Group"])
    if group is None:
        raise AwsError("ResourceNotFoundException", f"The log group {request['Group']} does not exist.")
    stream = find_stream(call, group, request["Stream"]) or add_stream(call, group, request["Stream"])
    append(call, group, stream, [(call.now, message) for message in request["Messages"]])
    return {}
