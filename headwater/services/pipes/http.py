"""An API of API Gateway, or an API destination, as enrichment or target.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-gateway-target.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from headwater.languages.inputs import InvalidInput
from headwater.services.pipes.compiled import Input, Stage
from headwater.spine.errors import AwsError
from headwater.spine.work import Work


async def call_http(work: Work, stage: Stage, item: Input) -> bytes:
    """The answer's body; AwsError where it is none of success."""
    parameters = {
        name: _filled(stage, value, item)
        for name, value in ((stage.parameters.get("HttpParameters") or {}).items())
        if value
    }
    call = _call_api if stage.arn.service == "execute-api" else _call_api_destination
    answer = await call(work, stage, parameters, item.text.encode())
    body = bytes(answer["Body"] or b"")
    if not 200 <= answer["Status"] < 300:
        text = body[:500].decode(errors="replace")
        raise AwsError("HttpError", f"HTTP status {answer['Status']}: {text}", answer["Status"])
    return body


def _filled(stage: Stage, value: Any, item: Input) -> Any:
    try:
        if isinstance(value, list):
            return [stage.dynamic(text).of(item.event) for text in value]
        return {name: stage.dynamic(text).of(item.event) for name, text in value.items()}
    except InvalidInput as refusal:
        raise AwsError("ValidationException", str(refusal)) from None


async def _call_api(work: Work, stage: Stage, parameters: Mapping[str, Any], body: bytes) -> Mapping[str, Any]:
    api, name, method, path = [*stage.arn.resource.split("/", 3), ""][:4]
    for value in parameters.get("PathParameterValues") or ():
        path = path.replace("*", quote(value, safe=""), 1)
    headers = {"content-type": "application/json", "user-agent": "Amazon/EventBridge/Pipes"}
    headers |= {name.lower(): value for name, value in (parameters.get("HeaderParameters") or {}).items()}
    request = {
        "ApiId": api,
        "Method": "POST" if method == "*" else method,
        "Path": f"/{name}/{path}",
        "Query": urlencode(parameters.get("QueryStringParameters") or {}),
        "Headers": headers | {"content-length": str(len(body))},
        "Body": body,
        "SourceIp": "127.0.0.1",
        "Host": "",
    }
    return await work.operation("execute-api", "Invoke", request)


async def _call_api_destination(
    work: Work, stage: Stage, parameters: Mapping[str, Any], body: bytes
) -> Mapping[str, Any]:
    request = {"Arn": str(stage.arn), "Body": body, **parameters}
    return await work.operation("events", "InvokeApiDestination", request, stage.arn.account, stage.arn.region)
