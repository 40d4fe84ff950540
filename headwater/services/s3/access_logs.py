"""Server access logs: each hour, by the clock, one object that tells what was asked of a bucket.

The lines are made of the spans of those requests, so nothing is written while they are served. What a span does not
know (addresses, bytes, agents) is a ``-``, as AWS writes what is unknown.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from headwater.services.s3 import tables
from headwater.services.s3.bucket import Bucket, bucket_by_name, change_settings, find_bucket
from headwater.services.s3.errors import invalid_argument, malformed_xml
from headwater.services.s3.ownership import ENFORCED, canonical, ownership
from headwater.spine.deliveries import Again, Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.ids import first_at
from headwater.spine.operations import Call, Request, Result, operation

HOUR = 3_600_000
# so late that every span of the time has been written
_LAG = 60_000
_MOST_LINES = 100_000
_METHODS = (
    ("Put", "PUT"),
    ("Upload", "PUT"),
    ("Copy", "COPY"),
    ("Create", "PUT"),
    ("DeleteObjects", "POST"),
    ("Delete", "DELETE"),
    ("Head", "HEAD"),
    ("Complete", "POST"),
    ("Abort", "DELETE"),
)
_STATUSES = (("ok", "200"), ("AccessDenied", "403"), ("NotModified", "304"), ("PreconditionFailed", "412"))


@operation("s3", "PutBucketLogging")
def put_bucket_logging(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLogging.html"""
    bucket = find_bucket(call, request)
    if request.get("BucketLoggingStatus") is None:
        raise malformed_xml()
    wanted = request["BucketLoggingStatus"].get("LoggingEnabled")
    timer = bucket.settings.get("LoggingTimer")
    if wanted is None:
        if timer is not None:
            call.cancel(timer)
        change_settings(call, bucket, {"Logging": None, "LoggingTimer": None})
        return {}
    _check_target(call, bucket, wanted)
    if timer is None:
        payload = {"bucket": bucket.name, "since": call.now}
        timer = call.deliver("s3.logging", payload, target=bucket.arn, due=call.now + HOUR, account=bucket.account)
    change_settings(call, bucket, {"Logging": wanted, "LoggingTimer": timer})
    return {}


def _check_target(call: Call, bucket: Bucket, wanted: dict[str, Any]) -> None:
    if not wanted.get("TargetBucket") or wanted.get("TargetPrefix") is None:
        raise malformed_xml()
    target = bucket_by_name(call, wanted["TargetBucket"])
    if target is None:
        raise _invalid_target("The target bucket for logging does not exist", wanted)
    if target.account != bucket.account:
        raise _invalid_target("The owner for the bucket to be logged and the target bucket must be the same.", wanted)
    if target.region != bucket.region:
        text = "S3 Access Logging: the target bucket must be in the same location as the source bucket"
        raise AwsError("CrossLocationLoggingProhibitted", text, 403)
    if wanted.get("TargetGrants") and ownership(target) == ENFORCED:
        text = (
            "Target grants are not supported for buckets with the bucket owner enforced setting for Object Ownership."
        )
        raise invalid_argument(text)


def _invalid_target(text: str, wanted: dict[str, Any]) -> AwsError:
    return AwsError("InvalidTargetBucketForLogging", text, TargetBucket=wanted["TargetBucket"])


@operation("s3", "GetBucketLogging", reads=True)
def get_bucket_logging(call: Call, request: Request) -> Result:
    wanted = find_bucket(call, request).settings.get("Logging")
    return {} if wanted is None else {"LoggingEnabled": wanted}


@delivery("s3.logging")
def write_log(call: Call, item: Delivery) -> Again | None:
    bucket = bucket_by_name(call, item.payload["bucket"])
    if bucket is None or bucket.settings.get("LoggingTimer") != item.id:
        return None  # another bucket of the same name has a timer of its own
    wanted = bucket.settings["Logging"]
    until = call.now - _LAG
    lines = _lines(call, bucket, item.payload["since"], until)
    if lines and bucket_by_name(call, wanted["TargetBucket"]) is not None:
        name = _object_name(call, bucket, wanted)
        request = {"Bucket": wanted["TargetBucket"], "Key": name, "Body": "".join(lines).encode()}
        call.operation("s3", "PutObject", {**request, "ContentType": "text/plain"})
    return Again(call.now + HOUR, {"bucket": bucket.name, "since": until})


def _object_name(call: Call, bucket: Bucket, wanted: dict[str, Any]) -> str:
    now = datetime.fromtimestamp(call.now / 1000, UTC)
    delivered = f"{now:%Y-%m-%d-%H-%M-%S}-{call.ids.hex(16).upper()}"
    if "PartitionedPrefix" not in (wanted.get("TargetObjectKeyFormat") or {}):
        return f"{wanted['TargetPrefix']}{delivered}"
    return f"{wanted['TargetPrefix']}{bucket.account}/{bucket.region}/{bucket.name}/{now:%Y/%m/%d}/{delivered}"


def _lines(call: Call, bucket: Bucket, since: int, until: int) -> list[str]:
    """Spans of reads are written a while after: those are at hand still."""
    first, end = first_at(since), first_at(until)
    rows = call.store.all(tables.SPANS_OF_HOUR, (first, end, _MOST_LINES))
    rows += [
        (span.id, span.name, span.subject, span.account, span.started, span.duration, span.outcome)
        for span in call.engine.group.spans
        if span.name.startswith("s3:") and first <= span.id < end
    ]
    under = f"{bucket.arn}/"
    return [_line(bucket, *row) for row in rows if row[2] == bucket.arn or (row[2] or "").startswith(under)]


def _line(
    bucket: Bucket, identity: int, name: str, subject: str, account: str, started: int, duration: int, outcome: str
) -> str:
    key = subject.removeprefix(bucket.arn).removeprefix("/")
    when = datetime.fromtimestamp(started / 1000, UTC)
    error = "-" if outcome == "ok" else outcome
    status = dict(_STATUSES).get(outcome) or ("404" if outcome.startswith("NoSuch") else "400")
    milliseconds = (duration or 0) // 1000
    fields = (
        *(canonical(bucket.account), bucket.name, f"[{when:%d/%b/%Y:%H:%M:%S} +0000]", "-", canonical(account)),
        *(f"{identity:016X}", _operation(name, bool(key)), quote(key) or "-", '"-"', status, error),
        *("-", "-", str(milliseconds), "-", '"-"', '"-"', "-", "-", "SigV4", "-", "AuthHeader", "-", "-", "-", "-"),
    )
    return " ".join(fields) + "\n"


def _operation(name: str, of_object: bool) -> str:
    """``s3:PutObject`` as ``REST.PUT.OBJECT``."""
    verb = name.removeprefix("s3:")
    method = next((made for start, made in _METHODS if verb.startswith(start)), "GET")
    what = "OBJECT" if of_object else "BUCKET"
    for word in ("Acl", "Tagging", "Policy", "Cors", "Website", "Lifecycle", "Versioning", "Encryption", "Logging"):
        if word in verb:
            what = word.upper() if word != "Logging" else "LOGGING_STATUS"
    return f"REST.{method}.{what}"
