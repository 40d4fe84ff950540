"""Settings that are put one by one.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html
"""

from __future__ import annotations

from headwater.services.ecr.repository import Repository, named, save
from headwater.spine.operations import Call, Request, Result, operation

FILTERS = "imageTagMutabilityExclusionFilters"


@operation("ecr", "PutImageTagMutability")
def put_image_tag_mutability(call: Call, request: Request) -> Result:
    repository = named(call, request)
    changed = {"imageTagMutability": request["imageTagMutability"]}
    repository.settings.pop(FILTERS, None)
    if request.get(FILTERS):
        changed[FILTERS] = request[FILTERS]
    return _change(call, repository, changed)


@operation("ecr", "PutImageScanningConfiguration")
def put_image_scanning_configuration(call: Call, request: Request) -> Result:
    configuration = {"scanOnPush": False, **request["imageScanningConfiguration"]}
    return _change(call, named(call, request), {"imageScanningConfiguration": configuration})


def _change(call: Call, repository: Repository, changed: Result) -> Result:
    repository.settings.update(changed)
    save(call, repository)
    return {"registryId": call.account, "repositoryName": repository.name, **changed}
