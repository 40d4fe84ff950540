"""Tags of repositories.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_TagResource.html
"""

from __future__ import annotations

from headwater.services.ecr.errors import invalid_parameter
from headwater.services.ecr.repository import Repository, named, save
from headwater.spine.arns import parse_arn
from headwater.spine.operations import Call, Request, Result, operation


@operation("ecr", "TagResource")
def tag_resource(call: Call, request: Request) -> Result:
    repository = _tagged(call, request)
    repository.tags.update({tag["Key"]: tag["Value"] for tag in request["tags"]})
    save(call, repository)
    return {}


@operation("ecr", "UntagResource")
def untag_resource(call: Call, request: Request) -> Result:
    repository = _tagged(call, request)
    for key in request["tagKeys"]:
        repository.tags.pop(key, None)
    save(call, repository)
    return {}


@operation("ecr", "ListTagsForResource", reads=True)
def list_tags_for_resource(call: Call, request: Request) -> Result:
    tags = _tagged(call, request).tags
    return {"tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _tagged(call: Call, request: Request) -> Repository:
    arn = parse_arn(request["resourceArn"])
    if arn is None or arn.service != "ecr" or not arn.resource.startswith("repository/"):
        raise invalid_parameter("resourceArn", "Invalid ARN")
    name = arn.resource.removeprefix("repository/")
    return named(call, {"repositoryName": name, "registryId": arn.account})
