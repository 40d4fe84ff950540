"""Tables: made, described, altered, expired, removed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.dynamodb import index, invalid, item, make_table, refusal, wire
from tests.settling import wait_for

INVALID = "One or more parameter values were invalid: "
START = 1_795_000_000  # seconds at which the clock of `timed` stands


@pytest.fixture
def db(aws: Client) -> Any:
    return aws("dynamodb")


def describe(db: Any, name: str = "tab") -> dict[str, Any]:
    table: dict[str, Any] = db.describe_table(TableName=name)["Table"]
    return table


def test_a_table_is_described_as_it_was_made(db: Any, account: str) -> None:
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    types = {"pk": "S", "sk": "N", "g": "B"}
    definitions = [{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()]
    made = db.create_table(
        TableName="tab",
        AttributeDefinitions=definitions,
        KeySchema=schema,
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
        GlobalSecondaryIndexes=[
            {
                **index("gsi", "g", projection=["x"]),
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2},
            }
        ],
        LocalSecondaryIndexes=[index("lsi", "pk", "g", "KEYS_ONLY")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        Tags=[{"Key": "team", "Value": "a"}],
    )["TableDescription"]
    assert made["TableStatus"] == made["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    wait_for(db, "table_exists", TableName="tab")
    db.put_item(TableName="tab", Item=item(pk="a", sk=1, g=b"x"))
    table = describe(db)
    arn = f"arn:aws:dynamodb:us-east-1:{account}:table/tab"
    assert table["TableStatus"] == "ACTIVE" and table["TableArn"] == arn
    assert (table["ItemCount"], table["TableSizeBytes"]) == (1, 9)
    assert table["AttributeDefinitions"] == definitions and table["KeySchema"] == schema
    assert table["ProvisionedThroughput"] == {
        "NumberOfDecreasesToday": 0,
        "ReadCapacityUnits": 5,
        "WriteCapacityUnits": 6,
    }
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert table["LatestStreamArn"] == f"{arn}/stream/{table['LatestStreamLabel']}"
    (global_,), (local,) = table["GlobalSecondaryIndexes"], table["LocalSecondaryIndexes"]
    assert global_["IndexArn"] == f"{arn}/index/gsi" and global_["IndexStatus"] == "ACTIVE"
    assert global_["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]}
    assert local["ItemCount"] == 1 and "IndexStatus" not in local
    assert db.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "a"}]


def test_names_are_listed_in_pages(db: Any) -> None:
    for name in ("c-3", "a-1", "b-2"):
        make_table(db, name)
    first = db.list_tables(Limit=2)
    assert first["TableNames"] == ["a-1", "b-2"] and first["LastEvaluatedTableName"] == "b-2"
    assert db.list_tables(ExclusiveStartTableName="b-2")["TableNames"] == ["c-3"]


def test_a_table_goes_with_all_it_held(db: Any) -> None:
    make_table(db, range_type=None)
    db.put_item(TableName="tab", Item=item(pk="a"))
    assert refusal(db.create_table, **minimal()) == ("ResourceInUseException", "Table already exists: tab")
    db.update_table(TableName="tab", DeletionProtectionEnabled=True)
    assert invalid(db.delete_table, TableName="tab").startswith("Resource cannot be deleted as it is currently")
    db.update_table(TableName="tab", DeletionProtectionEnabled=False)
    assert db.delete_table(TableName="tab")["TableDescription"]["TableStatus"] == "DELETING"
    wait_for(db, "table_not_exists", TableName="tab")
    missing = ("ResourceNotFoundException", "Requested resource not found: Table: tab not found")
    assert refusal(db.describe_table, TableName="tab") == missing
    assert refusal(db.delete_table, TableName="tab") == missing
    make_table(db, range_type=None)
    assert "Item" not in db.get_item(TableName="tab", Key=item(pk="a"))


def minimal(**changes: Any) -> dict[str, Any]:
    request = {
        "TableName": "tab",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    return request | changes


A, B = ({"AttributeName": name, "AttributeType": "S"} for name in "ab")
HASH_A = {"AttributeName": "a", "KeyType": "HASH"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"BillingMode": "PROVISIONED"},
            INVALID + "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}},
            INVALID
            + "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        ),
        (
            {"KeySchema": [HASH_A]},
            INVALID + "Some index key attributes are not defined in AttributeDefinitions. "
            "Keys: [a], AttributeDefinitions: [pk]",
        ),
        (
            {"AttributeDefinitions": [A, B], "KeySchema": [HASH_A, HASH_A]},
            "Both the Hash Key and the Range Key element in the KeySchema have the same name",
        ),
        (
            {"AttributeDefinitions": [A], "KeySchema": [{**HASH_A, "KeyType": "RANGE"}]},
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        (
            {"AttributeDefinitions": [A, B], "KeySchema": [HASH_A]},
            INVALID + "Number of attributes in KeySchema does not exactly match number of attributes defined in "
            "AttributeDefinitions",
        ),
        (
            {"LocalSecondaryIndexes": [index("lsi", "pk", "pk")]},
            INVALID + "Table KeySchema does not have a range key, which is required when specifying a "
            "LocalSecondaryIndex",
        ),
        (
            {"GlobalSecondaryIndexes": [index("gsi", "pk")] * 2},
            INVALID + "Duplicate index name: gsi",
        ),
        (
            {"GlobalSecondaryIndexes": [index("gsi", "pk") | {"Projection": {}}]},
            INVALID + "Unknown ProjectionType: null",
        ),
        (
            {"StreamSpecification": {"StreamEnabled": True}},
            INVALID + "Table is being created with a stream enabled, UpdateViewType is required",
        ),
        (
            {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
            INVALID + "Table is being created with a stream disabled, UpdateViewType should not be specified",
        ),
        (
            {"TableName": "ab"},
            "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 3",
        ),
        (
            {"KeySchema": [{"AttributeName": name, "KeyType": "HASH"} for name in "abc"]},
            "1 validation error detected: Value '[KeySchemaElement(attributeName=a, keyType=HASH), "
            "KeySchemaElement(attributeName=b, keyType=HASH), KeySchemaElement(attributeName=c, keyType=HASH)]' "
            "at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2",
        ),
    ],
)
def test_what_is_no_table(db: Any, changes: dict[str, Any], message: str) -> None:
    assert invalid(db.create_table, **minimal(**changes)) == message


def test_an_index_is_filled_with_what_is_there(db: Any) -> None:
    make_table(db)
    for number in range(5):
        db.put_item(TableName="tab", Item=item(pk=str(number), sk="s", g="x" if number % 2 else number))
    create = {"Create": index("gsi", "g")}
    definitions = [{"AttributeName": "g", "AttributeType": "S"}]
    answer = db.update_table(TableName="tab", AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=[create])[
        "TableDescription"
    ]
    assert answer["TableStatus"] == "UPDATING" and answer["GlobalSecondaryIndexes"][0]["IndexName"] == "gsi"
    # attributes of another type have no place in the index, and their items can still be changed
    assert db.scan(TableName="tab", IndexName="gsi", Select="COUNT")["Count"] == 2
    db.delete_item(TableName="tab", Key=item(pk="0", sk="s"))
    db.put_item(TableName="tab", Item=item(pk="2", sk="s", g="x"))
    assert db.scan(TableName="tab", IndexName="gsi", Select="COUNT")["Count"] == 3
    again = {"TableName": "tab", "AttributeDefinitions": definitions, "GlobalSecondaryIndexUpdates": [create]}
    assert "already exists" in invalid(db.update_table, **again)
    db.update_table(TableName="tab", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "gsi"}}])
    assert "GlobalSecondaryIndexes" not in describe(db)
    assert len(describe(db)["AttributeDefinitions"]) == 2
    request = {"IndexName": "gsi", "TableName": "tab"}
    assert invalid(db.scan, **request) == "The table does not have the specified index: gsi"


def test_an_index_of_a_big_table_is_filled_by_and_by(timed: ServerThread) -> None:
    db = client_factory(timed.endpoint, "123412341234")("dynamodb")
    make_table(db, range_type="N")
    for start in range(0, 1100, 25):
        items = [item(pk="a", sk=sk, g="g") for sk in range(start, start + 25)]
        db.batch_write_item(RequestItems={"tab": [{"PutRequest": {"Item": one}} for one in items]})
    definitions = [{"AttributeName": "g", "AttributeType": "S"}]
    request = {"TableName": "tab", "AttributeDefinitions": definitions}
    answer = db.update_table(**request, GlobalSecondaryIndexUpdates=[{"Create": index("gsi", "g")}])
    made = answer["TableDescription"]["GlobalSecondaryIndexes"][0]
    assert made["IndexStatus"] == "CREATING" and made["Backfilling"]
    assert invalid(db.scan, TableName="tab", IndexName="gsi") == (
        "Cannot read from backfilling global secondary index: gsi"
    )
    another = {"Create": index("another", "g")}
    assert refusal(db.update_table, **request, GlobalSecondaryIndexUpdates=[another])[0] == "LimitExceededException"
    # what is written meanwhile, before and behind the place reached, is neither lost nor there twice
    for sk in (1, 1050):
        db.put_item(TableName="tab", Item=item(pk="a", sk=sk, g="h"))
        db.delete_item(TableName="tab", Key=item(pk="a", sk=sk + 1))
        db.put_item(TableName="tab", Item=item(pk="a", sk=sk + 2, g="g", more="x"))
    timed.advance(1000)
    made = describe(db)["GlobalSecondaryIndexes"][0]
    assert made["IndexStatus"] == "ACTIVE" and "Backfilling" not in made
    scanned = db.scan(TableName="tab", IndexName="gsi")["Items"]
    assert sorted(int(one["sk"]["N"]) for one in scanned) == [sk for sk in range(1100) if sk not in (2, 1051)]
    assert sum(one["g"]["S"] == "h" for one in scanned) == 2


def test_capacity_changes(db: Any) -> None:
    make_table(db)
    throughput = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    db.update_table(TableName="tab", BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
    summary = describe(db)["BillingModeSummary"]
    assert summary["BillingMode"] == "PROVISIONED" and "LastUpdateToPayPerRequestDateTime" in summary
    assert describe(db)["ProvisionedThroughput"]["WriteCapacityUnits"] == 4
    assert invalid(db.update_table, TableName="tab", ProvisionedThroughput=throughput).startswith(
        "The provisioned throughput for the table will not change."
    )
    db.update_table(TableName="tab", BillingMode="PAY_PER_REQUEST")
    assert describe(db)["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert invalid(db.update_table, TableName="tab").startswith("At least one of ProvisionedThroughput")


def test_the_answer_to_an_update_tells_what_becomes_of_its_indexes(db: Any) -> None:
    def states(made: dict[str, Any]) -> dict[str, str]:
        return {entry["IndexName"]: entry["IndexStatus"] for entry in made.get("GlobalSecondaryIndexes", ())}

    def update(**changes: Any) -> dict[str, str]:
        request = {
            "TableName": "tab",
            "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
            **changes,
        }
        return states(db.update_table(**request)["TableDescription"])

    make_table(db, attributes={"f": "S"}, GlobalSecondaryIndexes=[index("first", "f")])
    assert update(GlobalSecondaryIndexUpdates=[{"Create": index("more", "g")}]) == {
        "first": "ACTIVE",
        "more": "CREATING",
    }
    limits = {"IndexName": "first", "OnDemandThroughput": {"MaxReadRequestUnits": 9, "MaxWriteRequestUnits": 9}}
    assert update(GlobalSecondaryIndexUpdates=[{"Update": limits}])["first"] == "UPDATING"
    assert states(describe(db)) == {"first": "ACTIVE", "more": "ACTIVE"}
    assert update(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "more"}}])["more"] == "DELETING"
    assert states(describe(db)) == {"first": "ACTIVE"}


def test_indexes_are_billed_as_their_table_is(db: Any) -> None:
    make_table(db, attributes={"f": "S"}, GlobalSecondaryIndexes=[index("gsi", "f")])
    units = {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}
    of_index = {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "gsi", "ProvisionedThroughput": units}}]}
    provisioned = {"TableName": "tab", "BillingMode": "PROVISIONED", "ProvisionedThroughput": units}
    unfit = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: gsi when BillingMode is "
    assert invalid(db.update_table, TableName="tab", **of_index) == f"{INVALID}{unfit}PAY_PER_REQUEST"
    assert invalid(db.update_table, **provisioned) == INVALID + "ProvisionedThroughput must be specified for index: gsi"
    db.update_table(**provisioned, **of_index)
    assert describe(db)["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"] == 4
    assert invalid(db.update_table, TableName="tab", **of_index).startswith(
        "The provisioned throughput for the index gsi will not change."
    )
    db.update_table(TableName="tab", BillingMode="PAY_PER_REQUEST")
    assert describe(db)["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["WriteCapacityUnits"] == 0


def test_updates_that_are_none(db: Any) -> None:
    make_table(db, LocalSecondaryIndexes=[index("lsi", "pk", "g")], attributes={"g": "S"})
    gone, made = {"Delete": {"IndexName": "lsi"}}, {"Create": index("gsi", "g")}

    def wrong(**changes: Any) -> str:
        return invalid(db.update_table, TableName="tab", **changes)

    assert wrong(GlobalSecondaryIndexUpdates=[gone]) == "Cannot delete an index that is not a GlobalSecondaryIndex: lsi"
    assert wrong(GlobalSecondaryIndexUpdates=[]) == INVALID + "List of GlobalSecondaryIndexUpdates is empty"
    assert wrong(GlobalSecondaryIndexUpdates=[gone | made]).startswith(
        INVALID + "Only one global secondary index action"
    )
    assert wrong(GlobalSecondaryIndexUpdates=[made, made]).startswith(
        INVALID + "Only one global secondary index update"
    )
    assert wrong(GlobalSecondaryIndexUpdates=[{}]).startswith(INVALID + "One of GlobalSecondaryIndexUpdate.Update")
    assert wrong(StreamSpecification={"StreamEnabled": False}) == "Table has no stream to disable: TableName: tab"
    assert wrong(StreamSpecification={"StreamEnabled": True}) == (
        INVALID + "If stream is being enabled then UpdateViewType is required"
    )
    assert wrong(BillingMode="PROVISIONED") == (
        INVALID + "ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
    )
    assert wrong(BillingMode="SOME").endswith("enum value set: [PROVISIONED, PAY_PER_REQUEST]")


def test_tags(db: Any) -> None:
    make_table(db)
    arn = describe(db)["TableArn"]
    assert invalid(db.tag_resource, ResourceArn=arn, Tags=[]) == "Atleast one Tag needs to be provided as Input."
    assert invalid(db.tag_resource, ResourceArn=arn, Tags=[{"Key": "aws:a", "Value": ""}]) == (
        "Tag Key cannot be prefixed with aws:, Key: aws:a"
    )
    assert invalid(db.tag_resource, ResourceArn=arn, Tags=[{"Key": "a", "Value": ""}] * 2) == (
        "Duplicate Tag Keys provided as input: Duplicate Tag Key found a"
    )
    db.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    db.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert db.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert refusal(db.list_tags_of_resource, ResourceArn=arn + "-nope")[0] == "ResourceNotFoundException"


def test_what_an_account_is_told(db: Any) -> None:
    make_table(db)
    assert db.describe_limits()["TableMaxReadCapacityUnits"] == 40000
    with pytest.raises(db.exceptions.TableNotFoundException, match="Table not found: nope"):
        db.describe_continuous_backups(TableName="nope")
    backups = db.describe_continuous_backups(TableName="tab")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"] == {"PointInTimeRecoveryStatus": "DISABLED"}
    assert db.describe_endpoints()["Endpoints"][0]["CachePeriodInMinutes"] == 1440


def test_items_expire_on_the_clock(timed: ServerThread) -> None:
    aws = client_factory(timed.endpoint, "123412341234")
    db, streams = aws("dynamodb"), aws("dynamodbstreams")
    make_table(db, StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"})
    db.put_item(TableName="tab", Item=item(pk="a", sk="before", at=START + 50))
    specification = {"AttributeName": "at", "Enabled": True}
    answer = db.update_time_to_live(TableName="tab", TimeToLiveSpecification=specification)
    assert answer["TimeToLiveSpecification"] == specification
    described = db.describe_time_to_live(TableName="tab")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "at"}
    for sk, at in (("later", START + 100), ("soon", START + 10), ("text", "soon"), ("ancient", 5), ("past", START - 9)):
        db.put_item(TableName="tab", Item=item(pk="a", sk=sk, at=at))
    db.put_item(TableName="tab", Item=item(pk="a", sk="never"))
    # an expiry may be put off
    db.put_item(TableName="tab", Item=item(pk="a", sk="moved", at=START + 10))
    db.update_item(
        TableName="tab",
        Key=item(pk="a", sk="moved"),
        UpdateExpression="SET #at = :at",
        ExpressionAttributeNames={"#at": "at"},
        ExpressionAttributeValues={":at": wire(START + 200)},
    )

    def there() -> list[str]:
        return sorted(entry["sk"]["S"] for entry in db.scan(TableName="tab")["Items"])

    kept = ["ancient", "never", "text"]
    assert there() == sorted([*kept, "later", "soon", "past", "moved", "before"])
    for seconds, left in ((5, ["before", "later", "moved", "soon"]), (10, ["before", "later", "moved"])):
        timed.advance(seconds * 1000)
        assert there() == sorted([*kept, *left])
    timed.advance(40_000)
    assert there() == sorted([*kept, "later", "moved"])
    timed.advance(500_000)
    assert there() == kept
    arn = describe(db)["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    removed = [record for record in records if record["eventName"] == "REMOVE"]
    assert [record["dynamodb"]["Keys"]["sk"]["S"] for record in removed] == ["past", "soon", "before", "later", "moved"]
    assert all(
        record["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"} for record in removed
    )


def test_time_to_live_is_switched_once(db: Any) -> None:
    make_table(db)
    on = {"AttributeName": "at", "Enabled": True}
    request = {"TableName": "tab", "TimeToLiveSpecification": on}
    assert (
        invalid(db.update_time_to_live, TableName="tab", TimeToLiveSpecification=on | {"Enabled": False})
        == "TimeToLive is already disabled"
    )
    db.update_time_to_live(**request)
    assert invalid(db.update_time_to_live, **request) == "TimeToLive is already enabled"
    db.update_time_to_live(TableName="tab", TimeToLiveSpecification=on | {"Enabled": False})
    described = db.describe_time_to_live(TableName="tab")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "DISABLED"}


def test_the_rows_of_a_big_table_go_by_and_by(timed: ServerThread) -> None:
    db = client_factory(timed.endpoint, "123412341234")("dynamodb")

    def rows() -> int:
        counts = [f"(SELECT count(*) FROM dynamodb_{kind})" for kind in ("items", "index_rows", "expiries")]
        (count,) = timed.call(lambda: timed.cloud.engine.store.one(f"SELECT {' + '.join(counts)}")) or (-1,)
        return int(count)

    make_table(db, range_type="N", attributes={"g": "S"}, GlobalSecondaryIndexes=[index("gsi", "g")])
    db.update_time_to_live(TableName="tab", TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True})
    for start in range(0, 1100, 25):
        items = [item(pk="a", sk=sk, g="g", ttl=START + 9999) for sk in range(start, start + 25)]
        db.batch_write_item(RequestItems={"tab": [{"PutRequest": {"Item": one}} for one in items]})
    db.delete_table(TableName="tab")
    make_table(db, range_type="N")
    db.put_item(TableName="tab", Item=item(pk="a", sk=1))
    assert rows() == 3 * 1100 - 1000 + 1
    timed.advance(1000)
    assert rows() == 1
    assert db.scan(TableName="tab")["Items"] == [item(pk="a", sk=1)]
