"""Versions: a function's state, kept under a number.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html
"""

from __future__ import annotations

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.configuration import PUBLISHED_FROM, shown, touch
from headwater.services.lambda_.errors import function_not_found, invalid_parameter, stale_revision
from headwater.services.lambda_.function import Configuration, Function, find_function, find_version, save_version
from headwater.services.lambda_.names import LATEST, refer
from headwater.services.lambda_.pages import page
from headwater.spine.operations import Call, Request, Result, operation


@operation("lambda", "PublishVersion")
def publish_version(call: Call, request: Request) -> Result:
    function = find_function(call, refer(call, request))
    latest = _latest(call, function)[0]
    digest = request.get("CodeSha256")
    if digest and digest != latest["CodeSha256"]:
        raise invalid_parameter(
            f"CodeSHA256 ({digest}) is different from current CodeSHA256 in $LATEST ({latest['CodeSha256']}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
    revision = request.get("RevisionId")
    if revision and revision != latest["RevisionId"]:
        raise stale_revision()
    return publish(call, function, request.get("Description") or "")


def publish(call: Call, function: Function, description: str) -> Configuration:
    """Keep ``$LATEST`` under the next number; the last version where nothing has changed since."""
    latest, code = _latest(call, function)
    last = find_version(call, function.arn, str(function.published)) if function.published else None
    if last is not None and last[0].get(PUBLISHED_FROM) == latest["RevisionId"]:
        return shown(last[0])
    number = function.published + 1
    published = {
        **latest,
        "Version": str(number),
        "FunctionArn": f"{function.arn}:{number}",
        PUBLISHED_FROM: latest["RevisionId"],
    }
    if description:
        published["Description"] = description
    touch(call, published)
    published["LastModified"] = latest["LastModified"]
    call.store.run(tables.SET_PUBLISHED, (number, function.arn))
    save_version(call, function.arn, published, code)
    return shown(published)


def _latest(call: Call, function: Function) -> tuple[Configuration, str]:
    found = find_version(call, function.arn, LATEST)
    if found is None:
        raise function_not_found(function.arn)
    return found


@operation("lambda", "ListVersionsByFunction", reads=True)
def list_versions_by_function(call: Call, request: Request) -> Result:
    function = find_function(call, refer(call, request))

    def rows(after: str, limit: int) -> list[tuple[object, ...]]:
        return call.store.all(tables.LIST_VERSIONS, (function.arn, int(after or -1) + 1, limit))

    found, marker = page(request, rows)
    versions = [shown(orjson.loads(text), f"{function.arn}:{number or LATEST}") for number, text in found]
    return {"Versions": versions, "NextMarker": marker}
