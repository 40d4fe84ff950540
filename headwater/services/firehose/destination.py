"""The destination in S3: what is checked of it, what is taken where nothing is said, what is made of it.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from headwater.languages.object_prefixes import InvalidPrefix, ObjectPrefix
from headwater.services.firehose.errors import invalid_argument
from headwater.services.firehose.processing import Processing, check_processing
from headwater.spine.errors import not_implemented

MIB = 1024 * 1024
_HINTS = {"SizeInMBs": 5, "IntervalInSeconds": 300}
_COMPRESSIONS = ("UNCOMPRESSED", "GZIP")
_SMALLEST_PARTITIONED = 64


class S3Destination:
    """A destination, compiled. ``size`` in bytes, ``interval`` in milliseconds."""

    def __init__(self, described: Mapping[str, Any]) -> None:
        hints = described["BufferingHints"]
        self.size = hints["SizeInMBs"] * MIB
        self.interval = hints["IntervalInSeconds"] * 1000
        self.role = str(described.get("RoleARN") or "")
        self.bucket = described["BucketARN"].rpartition(":")[2]
        self.prefix = ObjectPrefix(described.get("Prefix") or "")
        self.gzip = described["CompressionFormat"] == "GZIP"
        self.extension = described.get("FileExtension") or (".gz" if self.gzip else "")
        self.zone = ZoneInfo(described.get("CustomTimeZone") or "UTC")
        self.processing = Processing(described.get("ProcessingConfiguration") or {})
        self.key: str | None = _key(described)
        self.log: Mapping[str, Any] = described.get("CloudWatchLoggingOptions") or {}
        backup = described.get("S3BackupDescription")
        self.backup = S3Destination(backup) if backup and described.get("S3BackupMode") == "Enabled" else None
        self._errors = described.get("ErrorOutputPrefix")

    def errors(self, kind: str) -> ObjectPrefix:
        """The prefix of objects with what failed; where none is given, in a folder of its own."""
        return ObjectPrefix(self._errors or f"{self.prefix.text}{kind}/")


def _key(described: Mapping[str, Any]) -> str | None:
    encryption = described.get("EncryptionConfiguration") or {}
    key: str | None = (encryption.get("KMSEncryptionConfig") or {}).get("AWSKMSKeyARN")
    return key


def described(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """The description of a destination from its configuration; AwsError where it is not in order."""
    given = {name: value for name, value in configuration.items() if value is not None}
    conversion = given.get("DataFormatConversionConfiguration")
    if conversion and conversion.get("Enabled", True):
        raise not_implemented("DataFormatConversionConfiguration of Firehose's destinations")
    if given.get("CompressionFormat", "UNCOMPRESSED") not in _COMPRESSIONS:
        raise not_implemented(f"The compression {given['CompressionFormat']} of Firehose's destinations")
    hints = given.get("BufferingHints") or {}
    if len(hints) == 1:
        raise invalid_argument("Both SizeInMBs and IntervalInSeconds must be given in BufferingHints, or neither.")
    made: dict[str, Any] = {
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    }
    made |= {"CloudWatchLoggingOptions": {"Enabled": False}, **given, "BufferingHints": _HINTS | hints}
    if backup := made.pop("S3BackupConfiguration", None):
        made["S3BackupDescription"] = described(backup)
    if made.get("S3BackupMode") == "Enabled" and "S3BackupDescription" not in made:
        raise invalid_argument("S3BackupConfiguration must be given where S3BackupMode is Enabled.")
    _check_prefixes(made)
    _check_zone(made.get("CustomTimeZone"))
    check_processing(made.get("ProcessingConfiguration") or {})
    return made


def merged(former: Mapping[str, Any], update: Mapping[str, Any]) -> dict[str, Any]:
    """A destination after an update: members that are not in it stay as they are."""
    given = {name: value for name, value in update.items() if value is not None}
    if backup := given.pop("S3BackupUpdate", None):
        given["S3BackupDescription"] = merged(former.get("S3BackupDescription") or {}, backup)
    return described({**former, **given})


def _check_prefixes(made: Mapping[str, Any]) -> None:
    try:
        prefix, errors = ObjectPrefix(made.get("Prefix") or ""), ObjectPrefix(made.get("ErrorOutputPrefix") or "")
    except InvalidPrefix as refusal:
        raise invalid_argument(str(refusal)) from None
    if prefix.tells_errors:
        raise invalid_argument("!{firehose:error-output-type} is not allowed in Prefix.")
    if prefix.expressions and not errors.tells_errors:
        raise invalid_argument(
            "ErrorOutputPrefix must contain !{firehose:error-output-type} where Prefix contains expressions."
        )
    if errors.keys:
        raise invalid_argument("ErrorOutputPrefix cannot contain keys of partitions.")
    partitioned = bool((made.get("DynamicPartitioningConfiguration") or {}).get("Enabled"))
    if partitioned != bool(prefix.keys):
        raise invalid_argument(
            "Dynamic partitioning must be enabled, and only then does Prefix contain keys of partitions."
        )
    if partitioned and made["BufferingHints"]["SizeInMBs"] < _SMALLEST_PARTITIONED:
        raise invalid_argument(
            f"BufferingHints.SizeInMBs must be at least {_SMALLEST_PARTITIONED} where dynamic partitioning is enabled."
        )


def _check_zone(name: str | None) -> None:
    try:
        ZoneInfo(name or "UTC")
    except (KeyError, ValueError):
        raise invalid_argument(f"CustomTimeZone {name} is not a time zone.") from None
