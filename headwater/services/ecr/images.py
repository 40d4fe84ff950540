"""What a repository holds: nothing, for images are not taken here.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.ecr.errors import image_not_found
from headwater.services.ecr.repository import named
from headwater.spine.operations import Call, Request, Result, operation


@operation("ecr", "ListImages", reads=True)
def list_images(call: Call, request: Request) -> Result:
    named(call, request)
    return {"imageIds": []}


@operation("ecr", "DescribeImages", reads=True)
def describe_images(call: Call, request: Request) -> Result:
    repository = named(call, request)
    for wanted in request.get("imageIds") or ():
        raise image_not_found(call, repository.name, wanted)
    return {"imageDetails": []}


@operation("ecr", "BatchGetImage", reads=True)
def batch_get_image(call: Call, request: Request) -> Result:
    named(call, request)
    return {"images": [], "failures": [_failure(each) for each in request["imageIds"]]}


@operation("ecr", "BatchDeleteImage")
def batch_delete_image(call: Call, request: Request) -> Result:
    named(call, request)
    return {"imageIds": [], "failures": [_failure(each) for each in request["imageIds"]]}


def _failure(wanted: dict[str, Any]) -> dict[str, Any]:
    return {"imageId": wanted, "failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
