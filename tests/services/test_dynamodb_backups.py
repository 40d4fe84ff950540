"""Backups, point-in-time recovery, and the tables that are restored from them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.dynamodb import index, invalid, item, make_table, refusal
from tests.settling import wait_for

PITR = {"PointInTimeRecoveryEnabled": True}


@pytest.fixture
def db(aws: Client) -> Any:
    return aws("dynamodb")


def fill(db: Any, *keys: str, name: str = "tab", **more: Any) -> None:
    for key in keys:
        db.put_item(TableName=name, Item=item(pk=key, sk="s", **more))


def held(db: Any, name: str, **more: Any) -> list[str]:
    return sorted(
        found["pk"]["S"] + found.get("v", {"S": ""})["S"] for found in db.scan(TableName=name, **more)["Items"]
    )


def test_a_backup_tells_what_its_table_was(db: Any, account: str) -> None:
    make_table(
        db,
        attributes={"g": "S"},
        GlobalSecondaryIndexes=[index("gsi", "g")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )
    db.update_time_to_live(TableName="tab", TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True})
    fill(db, "a", "b")
    made = db.create_backup(TableName="tab", BackupName="first")["BackupDetails"]
    assert (made["BackupStatus"], made["BackupType"], made["BackupSizeBytes"]) == ("CREATING", "USER", 12)
    arn = made["BackupArn"]
    assert arn.startswith(f"arn:aws:dynamodb:us-east-1:{account}:table/tab/backup/0")
    told = db.describe_backup(BackupArn=arn)["BackupDescription"]
    assert told["BackupDetails"] == {**made, "BackupStatus": "AVAILABLE"}
    source, features = told["SourceTableDetails"], told["SourceTableFeatureDetails"]
    assert (source["TableName"], source["ItemCount"], source["BillingMode"]) == ("tab", 2, "PAY_PER_REQUEST")
    assert source["TableId"] == db.describe_table(TableName="tab")["Table"]["TableId"]
    assert features["GlobalSecondaryIndexes"] == [
        {**index("gsi", "g"), "ProvisionedThroughput": {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}}
    ]
    assert features["StreamDescription"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert features["TimeToLiveDescription"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    assert db.delete_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"
    for operation in (db.describe_backup, db.delete_backup):
        assert refusal(operation, BackupArn=arn) == ("BackupNotFoundException", f"Backup not found: {arn}")


def test_backups_are_listed_by_table_time_and_kind(db: Any) -> None:
    for name in ("one", "two"):
        make_table(db, name)
    arns = [
        db.create_backup(TableName=name, BackupName="same")["BackupDetails"]["BackupArn"]
        for name in ("one", "two", "one")
    ]

    def listed(**filters: Any) -> list[str]:
        return [summary["BackupArn"] for summary in db.list_backups(**filters)["BackupSummaries"]]

    assert sorted(listed()) == sorted(arns)
    assert sorted(listed(TableName="one")) == sorted([arns[0], arns[2]])
    page = db.list_backups(Limit=2)
    assert [summary["BackupArn"] for summary in page["BackupSummaries"]] == listed()[:2]
    assert listed(ExclusiveStartBackupArn=page["LastEvaluatedBackupArn"]) == listed()[2:]
    assert "LastEvaluatedBackupArn" not in db.list_backups(Limit=3)
    now = db.describe_backup(BackupArn=arns[1])["BackupDescription"]["BackupDetails"]["BackupCreationDateTime"]
    assert arns[1] in listed(TimeRangeLowerBound=now) and arns[1] not in listed(TimeRangeUpperBound=now)
    assert listed(BackupType="SYSTEM") == listed(TableName="three") == []
    assert refusal(db.create_backup, TableName="three", BackupName="nope") == (
        "TableNotFoundException",
        "Table not found: three",
    )
    assert invalid(db.describe_backup, BackupArn=arns[0].partition("/backup")[0]) == "Invalid Backup ARN"


def test_a_table_is_restored_from_a_backup_when_it_is_gone(db: Any) -> None:
    make_table(
        db,
        attributes={"g": "S"},
        GlobalSecondaryIndexes=[index("gsi", "g")],
        LocalSecondaryIndexes=[index("lsi", "pk", "g")],
        Tags=[{"Key": "a", "Value": "b"}],
    )
    fill(db, "a", "b", g="x")
    arn = db.create_backup(TableName="tab", BackupName="first")["BackupDetails"]["BackupArn"]
    fill(db, "c", g="x")
    assert refusal(db.restore_table_from_backup, TargetTableName="tab", BackupArn=arn) == (
        "TableAlreadyExistsException",
        "Table already exists: tab",
    )
    db.delete_table(TableName="tab")
    made = db.restore_table_from_backup(TargetTableName="new", BackupArn=arn)["TableDescription"]
    assert made["TableStatus"] == "CREATING" and made["RestoreSummary"]["SourceBackupArn"] == arn
    wait_for(db, "table_exists", TableName="new")
    table = db.describe_table(TableName="new")["Table"]
    assert "RestoreSummary" not in table and table["ItemCount"] == 2
    assert held(db, "new") == held(db, "new", IndexName="gsi") == held(db, "new", IndexName="lsi") == ["a", "b"]
    assert db.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"] == []
    fill(db, "d", name="new", g="y")
    assert held(db, "new", IndexName="gsi") == ["a", "b", "d"]
    db.restore_table_from_backup(
        TargetTableName="bare",
        BackupArn=arn,
        GlobalSecondaryIndexOverride=[],
        LocalSecondaryIndexOverride=[],
        BillingModeOverride="PROVISIONED",
        ProvisionedThroughputOverride={"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
    )
    bare = db.describe_table(TableName="bare")["Table"]
    assert "GlobalSecondaryIndexes" not in bare and len(bare["AttributeDefinitions"]) == 2
    assert bare["ProvisionedThroughput"]["WriteCapacityUnits"] == 2 and held(db, "bare") == ["a", "b"]


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ({"BillingModeOverride": "PROVISIONED"}, "Must override ProvisionedThroughput if BillingMode is overridden to"),
        (
            {"ProvisionedThroughputOverride": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
            "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED",
        ),
        (
            {"GlobalSecondaryIndexOverride": [index("other", "sk")]},
            "Index other does not match a secondary index that existed in the source table and cannot be created",
        ),
    ],
)
def test_a_restore_that_fits_no_backup_is_refused(db: Any, override: dict[str, Any], problem: str) -> None:
    make_table(db)
    arn = db.create_backup(TableName="tab", BackupName="first")["BackupDetails"]["BackupArn"]
    message = invalid(db.restore_table_from_backup, TargetTableName="new", BackupArn=arn, **override)
    assert message.startswith(f"Invalid Request: {problem}")
    assert db.list_tables()["TableNames"] == ["tab"]


def test_a_table_is_restored_to_a_point_in_time(timed: ServerThread) -> None:
    db = client_factory(timed.endpoint, "321432143214")("dynamodb")
    make_table(db, "tab", attributes={"v": "S"}, GlobalSecondaryIndexes=[index("gsi", "v")])
    restore = {"SourceTableName": "tab", "UseLatestRestorableTime": True}
    assert refusal(db.restore_table_to_point_in_time, TargetTableName="new", **restore) == (
        "PointInTimeRecoveryUnavailableException",
        "Point in time recovery is not enabled for table 'tab'",
    )
    fill(db, "before", "stays", v="1")
    told = db.update_continuous_backups(TableName="tab", PointInTimeRecoverySpecification=PITR)
    begun: datetime = told["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"][
        "EarliestRestorableDateTime"
    ]
    timed.advance(60_000)
    fill(db, "before", v="2")
    fill(db, "later", v="1")
    timed.advance(60_000)
    db.delete_item(TableName="tab", Key=item(pk="before", sk="s"))
    fill(db, "later", v="3")
    timed.advance(60_000)

    def at(seconds: int, name: str) -> list[str]:
        moment = begun + timedelta(seconds=seconds)
        db.restore_table_to_point_in_time(SourceTableName="tab", TargetTableName=name, RestoreDateTime=moment)
        assert held(db, name) == held(db, name, IndexName="gsi")
        return held(db, name)

    assert at(0, "at-0") == ["before1", "stays1"]
    assert at(90, "at-90") == ["before2", "later1", "stays1"]
    assert at(150, "at-150") == ["later3", "stays1"]
    db.restore_table_to_point_in_time(TargetTableName="latest", **restore)
    assert held(db, "latest") == held(db, "tab")
    for seconds in (-1, 9999):
        moment = begun + timedelta(seconds=seconds)
        code, message = refusal(
            db.restore_table_to_point_in_time, SourceTableName="tab", TargetTableName="new", RestoreDateTime=moment
        )
        assert code == "InvalidRestoreTimeException" and message.startswith("RestoreDateTime '2026-")
    assert invalid(db.restore_table_to_point_in_time, SourceTableName="tab", TargetTableName="new").startswith(
        "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified"
    )


def test_recovery_that_is_switched_off_forgets(timed: ServerThread) -> None:
    db = client_factory(timed.endpoint, "321432143215")("dynamodb")
    make_table(db)

    def switch(**specification: Any) -> dict[str, Any]:
        answer = db.update_continuous_backups(TableName="tab", PointInTimeRecoverySpecification=specification)
        told: dict[str, Any] = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        return told

    def rows() -> int:
        (count,) = timed.call(lambda: timed.cloud.engine.store.one("SELECT count(*) FROM dynamodb_history")) or (-1,)
        return int(count)

    before = rows()
    first = switch(PointInTimeRecoveryEnabled=True)
    fill(db, "a", "b")
    fill(db, "a", "b")  # nothing changes
    assert rows() == before + 2
    timed.advance(3 * 86_400_000)
    assert switch(**PITR, RecoveryPeriodInDays=35)["EarliestRestorableDateTime"] == first["EarliestRestorableDateTime"]
    shorter = switch(**PITR, RecoveryPeriodInDays=1)
    assert shorter["LatestRestorableDateTime"] - shorter["EarliestRestorableDateTime"] == timedelta(days=1)
    assert switch(PointInTimeRecoveryEnabled=False) == {"PointInTimeRecoveryStatus": "DISABLED"}
    assert rows() == before
    again = switch(PointInTimeRecoveryEnabled=True)
    assert again["EarliestRestorableDateTime"] == again["LatestRestorableDateTime"]


def test_a_deleted_table_with_recovery_leaves_a_backup_for_35_days(timed: ServerThread) -> None:
    db = client_factory(timed.endpoint, "321432143216")("dynamodb")
    make_table(db)
    db.update_continuous_backups(TableName="tab", PointInTimeRecoverySpecification=PITR)
    fill(db, "a", "b")
    db.delete_table(TableName="tab")
    assert db.list_backups()["BackupSummaries"] == []
    (system,) = db.list_backups(BackupType="ALL")["BackupSummaries"]
    assert (system["BackupName"], system["BackupType"]) == ("tab$DeletedTableBackup", "SYSTEM")
    assert system["BackupExpiryDateTime"] - system["BackupCreationDateTime"] == timedelta(days=35)
    arn = system["BackupArn"]
    assert arn.endswith("-00000000")
    assert invalid(db.delete_backup, BackupArn=arn).startswith(
        "Invalid Request: User is not allowed to delete the system"
    )
    db.restore_table_from_backup(TargetTableName="tab", BackupArn=arn)
    assert held(db, "tab") == ["a", "b"]
    db.delete_table(TableName="tab")
    timed.advance(35 * 86_400_000)
    assert refusal(db.describe_backup, BackupArn=arn)[0] == "BackupNotFoundException"
    assert db.list_backups(BackupType="ALL")["BackupSummaries"] == []
