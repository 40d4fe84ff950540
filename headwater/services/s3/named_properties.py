"""Properties of ``AWS::S3::Bucket`` that list configurations with names, in the words of S3's own API.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from headwater.services.s3.bucket_properties import is_true
from headwater.spine.operations import Call


def _filter(given: dict[str, Any]) -> dict[str, Any]:
    """One condition stands alone, several in ``And``, none is no filter."""
    conditions = {name: given[name] for name in ("Prefix", "AccessPointArn") if given.get(name)}
    tags = given.get("TagFilters") or []
    if len(conditions) + len(tags) > 1:
        return {"Filter": {"And": {**conditions, **({"Tags": tags} if tags else {})}}}
    chosen = {"Tag": tags[0]} if tags else conditions
    return {"Filter": chosen} if chosen else {}


def _destination(given: dict[str, Any]) -> dict[str, Any]:
    names = {"BucketArn": "Bucket", "BucketAccountId": "AccountId"}
    return {"S3BucketDestination": {names.get(name, name): value for name, value in given.items()}}


def _metrics(given: dict[str, Any]) -> dict[str, Any]:
    return {"Id": given["Id"], **_filter(given)}


def _analytics(given: dict[str, Any]) -> dict[str, Any]:
    analysis = dict(given["StorageClassAnalysis"])
    if "DataExport" in analysis:
        export = analysis["DataExport"]
        analysis["DataExport"] = {**export, "Destination": _destination(export["Destination"])}
    return {"Id": given["Id"], **_filter(given), "StorageClassAnalysis": analysis}


def _tiering(given: dict[str, Any]) -> dict[str, Any]:
    tierings = [{**tiering, "Days": int(tiering["Days"])} for tiering in given["Tierings"]]
    return {"Id": given["Id"], **_filter(given), "Status": given["Status"], "Tierings": tierings}


def _inventory(given: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "Id": given["Id"],
        "Destination": _destination(given["Destination"]),
        "IsEnabled": is_true(given["Enabled"]),
        "IncludedObjectVersions": given["IncludedObjectVersions"],
        "Schedule": {"Frequency": given["ScheduleFrequency"]},
        **_filter(given),
    }
    return {**made, "OptionalFields": given["OptionalFields"]} if given.get("OptionalFields") else made


NAMED: MappingProxyType[str, Callable[[dict[str, Any]], dict[str, Any]]] = MappingProxyType(
    {
        "AnalyticsConfigurations": _analytics,
        "IntelligentTieringConfigurations": _tiering,
        "InventoryConfigurations": _inventory,
        "MetricsConfigurations": _metrics,
    }
)
"""The properties, and what makes an operation's configuration of an entry."""


def configure_named(call: Call, bucket: str, wanted: dict[str, Any], former: dict[str, Any]) -> None:
    """Put the entries that changed, take away those that are gone."""
    for name, convert in NAMED.items():
        new = {entry["Id"]: entry for entry in wanted.get(name) or ()}
        old = {entry["Id"]: entry for entry in former.get(name) or ()}
        member = name.removesuffix("s")
        for identity in old.keys() - new.keys():
            call.operation("s3", f"DeleteBucket{member}", {"Bucket": bucket, "Id": identity})
        for identity, entry in new.items():
            if entry != old.get(identity):
                request = {"Bucket": bucket, "Id": identity, member: convert(entry)}
                call.operation("s3", f"PutBucket{member}", request)
