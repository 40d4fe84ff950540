"""Tables written to buckets, and read from them."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from datetime import timedelta
from hashlib import md5
from typing import Any

import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.dynamodb import invalid, item, make_table, refusal
from tests.settling import settle

PITR = {"PointInTimeRecoveryEnabled": True}


@pytest.fixture
def db(aws: Client) -> Any:
    return aws("dynamodb")


@pytest.fixture
def bucket(aws: Client, account: str) -> str:
    aws("s3").create_bucket(Bucket=f"b-{account}")
    return f"b-{account}"


def recorded(db: Any, *keys: str) -> str:
    """A table with point-in-time recovery; its ARN."""
    make_table(db)
    db.update_continuous_backups(TableName="tab", PointInTimeRecoverySpecification=PITR)
    for key in keys:
        db.put_item(TableName="tab", Item=item(pk=key, sk="s", v=1))
    arn: str = db.describe_table(TableName="tab")["Table"]["TableArn"]
    return arn


def lines(s3: Any, bucket: str, described: dict[str, Any]) -> list[dict[str, Any]]:
    """All that an export has written, found by its manifests, whose checksums hold."""

    def read(key: str) -> bytes:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def checked(key: str) -> bytes:
        body = read(key)
        assert read(key.replace(".json", ".md5")).decode() == b64encode(md5(body).digest()).decode()
        return body

    summary = json.loads(checked(described["ExportManifest"]))
    assert summary["exportArn"] == described["ExportArn"] and summary["itemCount"] == described["ItemCount"]
    found = []
    for listed in checked(summary["manifestFilesS3Key"]).splitlines():
        file = json.loads(listed)
        body = read(file["dataFileS3Key"])
        assert file["md5Checksum"] == b64encode(md5(body).digest()).decode()
        found += [json.loads(line) for line in gzip.decompress(body).splitlines()]
    assert len(found) == summary["itemCount"]
    return found


def finished(db: Any, kind: str, arn: str) -> dict[str, Any]:
    """What an export or import says of itself when nothing goes on any more."""
    settle(db)
    describe = db.describe_export if kind == "Export" else db.describe_import
    described: dict[str, Any] = describe(**{f"{kind}Arn": arn})
    job: dict[str, Any] = described["ExportDescription" if kind == "Export" else "ImportTableDescription"]
    return job


def test_a_table_is_exported_whole(aws: Client, db: Any, bucket: str) -> None:
    s3, arn = aws("s3"), recorded(db, "a", "b")
    request = {"TableArn": arn, "S3Bucket": bucket, "S3Prefix": "out", "ClientToken": "once"}
    begun = db.export_table_to_point_in_time(**request)["ExportDescription"]
    assert begun["ExportStatus"] == "IN_PROGRESS" and "ItemCount" not in begun
    export = begun["ExportArn"]
    done = finished(db, "Export", export)
    assert (done["ExportStatus"], done["ItemCount"], done["ExportFormat"]) == ("COMPLETED", 2, "DYNAMODB_JSON")
    folder = f"out/AWSDynamoDB/{export.rpartition('/')[2]}/"
    assert done["ExportManifest"] == f"{folder}manifest-summary.json"
    found = lines(s3, bucket, done)
    assert sorted(line["Item"]["pk"]["S"] for line in found) == ["a", "b"] and found[0]["Item"]["v"] == {"N": "1"}
    keys = [entry["Key"].removeprefix(folder) for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert sorted(keys)[0] == "_started" and len(keys) == 6
    assert db.export_table_to_point_in_time(**request)["ExportDescription"]["ExportArn"] == export
    assert refusal(db.export_table_to_point_in_time, **{**request, "S3Prefix": "other"}) == (
        "ExportConflictException",
        "Export conflict: Duplicate request detected with conflicting parameters",
    )
    assert [entry["ExportArn"] for entry in db.list_exports(TableArn=arn)["ExportSummaries"]] == [export]
    db.delete_table(TableName="tab")
    assert db.list_exports(TableArn=arn)["ExportSummaries"] == []
    assert db.describe_export(ExportArn=export)["ExportDescription"] == done


def test_what_cannot_be_exported_is_refused(db: Any, bucket: str, account: str) -> None:
    def refused(arn: str, **more: Any) -> tuple[str, str]:
        return refusal(db.export_table_to_point_in_time, TableArn=arn, S3Bucket="nowhere", **more)

    arn = recorded(db)
    assert refused("tab")[1] == "One or more parameter values were invalid: tableArn is not a valid ARN"
    assert refused(arn + "/index/a")[1] == "Invalid Request: Table ARN is invalid."
    assert refused(arn + "x") == ("TableNotFoundException", f"Table not found: {arn}x")
    assert refused(arn.replace(account, "999999999999")) == ("AccessDeniedException", "Access is denied")
    assert refused(arn, ExportTime=5) == ("InvalidExportTimeException", "Export Time is invalid")
    assert refused(arn, S3SseKmsKeyId="alias/a")[1].endswith("KMS Key Id is not supported for this encryption type")
    assert refused(arn, ExportFormat="ION")[0] == "NotImplemented"
    assert refused(arn, ExportType="INCREMENTAL_EXPORT")[1].startswith("Invalid Request: Incremental Export Specif")
    failing = db.export_table_to_point_in_time(TableArn=arn, S3Bucket="nowhere")["ExportDescription"]["ExportArn"]
    failed = finished(db, "Export", failing)
    assert (failed["ExportStatus"], failed["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert failed["FailureMessage"].startswith("The specified bucket does not exist")
    assert refusal(db.describe_export, ExportArn=failing + "0")[0] == "ExportNotFoundException"
    assert invalid(db.describe_export, ExportArn=arn + "/none") == "Invalid Export ARN"
    db.update_continuous_backups(
        TableName="tab", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    assert refused(arn)[0] == "PointInTimeRecoveryUnavailableException"


def test_what_has_changed_is_exported(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, "432143214321")
    db, s3 = aws("dynamodb"), aws("s3")
    s3.create_bucket(Bucket="b-432143214321")
    arn = recorded(db, "stays", "changes", "goes")
    timed.advance(60_000)
    told = db.describe_continuous_backups(TableName="tab")["ContinuousBackupsDescription"]
    begin = told["PointInTimeRecoveryDescription"]["LatestRestorableDateTime"]
    for value in (2, 3):
        db.put_item(TableName="tab", Item=item(pk="changes", sk="s", v=value))
    db.put_item(TableName="tab", Item=item(pk="comes", sk="s"))
    db.put_item(TableName="tab", Item=item(pk="passes", sk="s"))
    for key in ("goes", "passes"):
        db.delete_item(TableName="tab", Key=item(pk=key, sk="s"))
    timed.advance(20 * 60_000)
    db.put_item(TableName="tab", Item=item(pk="changes", sk="s", v=9))  # too late

    def changes(**more: Any) -> dict[str, tuple[Any, Any]]:
        period = {"ExportFromTime": begin, "ExportToTime": begin + timedelta(minutes=15), **more}
        request = {"ExportType": "INCREMENTAL_EXPORT", "IncrementalExportSpecification": period}
        made = db.export_table_to_point_in_time(TableArn=arn, S3Bucket="b-432143214321", **request)
        done = finished(db, "Export", made["ExportDescription"]["ExportArn"])
        assert done["ExportStatus"] == "COMPLETED" and done["IncrementalExportSpecification"]["ExportViewType"]
        found = lines(s3, "b-432143214321", done)
        assert {line["Metadata"]["WriteTimestampMicros"]["N"] for line in found} == {
            str(int(begin.timestamp() * 1_000_000))
        }
        images = ("OldImage", "NewImage")
        return {
            line["Keys"]["pk"]["S"]: tuple(line.get(image, {}).get("v", {}).get("N", image in line) for image in images)
            for line in found
        }

    assert changes() == {"changes": ("1", "3"), "comes": (False, True), "goes": ("1", False)}
    assert changes(ExportViewType="NEW_IMAGE") == {
        "changes": (False, "3"),
        "comes": (False, True),
        "goes": (False, False),
    }
    for period, problem in (
        ({"ExportFromTime": begin - timedelta(days=1)}, "from time cannot be less than the table creation time"),
        ({"ExportFromTime": begin, "ExportToTime": begin + timedelta(minutes=14)}, "is less than 15 minutes"),
        ({"ExportFromTime": begin, "ExportToTime": begin + timedelta(days=2)}, "cannot be greater than the current"),
    ):
        code, message = refusal(
            db.export_table_to_point_in_time,
            TableArn=arn,
            S3Bucket="b-432143214321",
            ExportType="INCREMENTAL_EXPORT",
            IncrementalExportSpecification=period,
        )
        assert code == "InvalidExportTimeException" and problem in message
