"""Amazon Resource Names, taken apart and put together at one place."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Arn(NamedTuple):
    """``arn:partition:service:region:account:resource``; the resource may hold colons and slashes."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def name(self) -> str:
        """What follows the last slash or colon of the resource."""
        return self.resource.replace("/", ":").rpartition(":")[2]


@lru_cache(maxsize=4096)
def parse_arn(text: str) -> Arn | None:
    """The parts of an ARN, or None where the text is none."""
    parts = text.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        return None
    return Arn(*parts[1:])


def partition_of(region: str) -> str:
    """The partition to which a region belongs."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def make_arn(service: str, region: str, account: str, resource: str) -> str:
    return f"arn:{partition_of(region)}:{service}:{region}:{account}:{resource}"
