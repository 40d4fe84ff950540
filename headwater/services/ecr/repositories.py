"""Making, showing and deleting repositories.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
"""

from __future__ import annotations

from base64 import b64decode, b64encode

from headwater.services.ecr import tables
from headwater.services.ecr.errors import invalid_parameter, repository_exists
from headwater.services.ecr.repository import Repository, arn_of, find, from_row, named, shown
from headwater.spine.operations import Call, Request, Result, operation

PAGE = 100


@operation("ecr", "CreateRepository")
def create_repository(call: Call, request: Request) -> Result:
    name = request["repositoryName"]
    if find(call, name) is not None:
        raise repository_exists(call, name)
    settings = {
        "imageTagMutability": request.get("imageTagMutability") or "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": False, **(request.get("imageScanningConfiguration") or {})},
        "encryptionConfiguration": request.get("encryptionConfiguration") or {"encryptionType": "AES256"},
    }
    if filters := request.get("imageTagMutabilityExclusionFilters"):
        settings["imageTagMutabilityExclusionFilters"] = filters
    tags = {tag["Key"]: tag["Value"] for tag in request.get("tags") or ()}
    repository = Repository(name, call.now, settings, tags=tags)
    call.store.run(tables.INSERT, (call.account, call.region, name, call.now, repository.document()))
    call.span.subject = arn_of(call, name)
    return {"repository": shown(call, repository)}


@operation("ecr", "DescribeRepositories", reads=True)
def describe_repositories(call: Call, request: Request) -> Result:
    if names := request.get("repositoryNames"):
        found = [named(call, {**request, "repositoryName": name}) for name in names]
        return {"repositories": [shown(call, repository) for repository in found]}
    limit = request.get("maxResults") or PAGE
    after = _after(request.get("nextToken"))
    rows = call.store.all(tables.SELECT_PAGE, (call.account, call.region, after, limit + 1))
    result: Result = {"repositories": [shown(call, from_row(row)) for row in rows[:limit]]}
    if len(rows) > limit:
        result["nextToken"] = b64encode(rows[limit - 1][0].encode()).decode()
    return result


def _after(token: str | None) -> str:
    try:
        return b64decode(token, validate=True).decode() if token else ""
    except ValueError:
        raise invalid_parameter("nextToken", "Invalid next token") from None


@operation("ecr", "DeleteRepository")
def delete_repository(call: Call, request: Request) -> Result:
    repository = named(call, request)
    call.store.run(tables.DELETE, (call.account, call.region, repository.name))
    return {"repository": shown(call, repository)}
