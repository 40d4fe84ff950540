"""Storage classes, and which lifecycle rules may move objects to.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.s3.errors import invalid_argument, malformed_xml
from headwater.spine.timestamps import rfc822

# An object moves down this list, never up.
ORDER = ("STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")
"""What is there can be read only once it is restored."""
_AFTER_A_MONTH = ("STANDARD_IA", "ONEZONE_IA")
_LEAST_DAYS = 30
_DAY = 86_400_000


def is_restored(attributes: dict[str, Any], now: int) -> bool:
    """Whether an archived object with these attributes can be read at this instant."""
    until: int = attributes.get("Restore", {}).get("Until", 0)
    return until > now


def restore_header(restore: dict[str, Any]) -> str:
    """What answers say of a restoration."""
    if "Until" not in restore:
        return 'ongoing-request="true"'
    return f'ongoing-request="false", expiry-date="{rfc822(restore["Until"])}"'


def restore_status(restore: dict[str, Any]) -> dict[str, Any]:
    """What listings say of it."""
    if "Until" not in restore:
        return {"IsRestoreInProgress": True}
    return {"IsRestoreInProgress": False, "RestoreExpiryDate": restore["Until"]}


def check_transitions(rule: dict[str, Any]) -> None:
    """AwsError for a rule's transitions that cannot be."""
    for transition in rule.get("Transitions") or ():
        if len([name for name in ("Days", "Date") if name in transition]) != 1:
            raise malformed_xml()
        if transition.get("Date", 0) % _DAY:
            raise invalid_argument("'Date' must be at midnight GMT", "Date", transition["Date"])
        _check_days(transition, "Days", "Transition")
    for transition in rule.get("NoncurrentVersionTransitions") or ():
        if "NoncurrentDays" not in transition:
            raise malformed_xml()
        _check_days(transition, "NoncurrentDays", "NoncurrentVersionTransition")


def _check_days(transition: dict[str, Any], name: str, action: str) -> None:
    storage_class, days = transition.get("StorageClass"), transition.get(name)
    if storage_class not in ORDER[1:]:
        raise malformed_xml()
    if days is not None and days < 0:
        raise invalid_argument(f"'{name}' in {action} action must be nonnegative", name, days)
    if days is not None and storage_class in _AFTER_A_MONTH and days < _LEAST_DAYS:
        text = f"'{name}' in {action} action must be greater than or equal to 30 for storageClass '{storage_class}'"
        raise invalid_argument(text, name, days)
