"""DynamoDB's items one at a time, through boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.dynamodb import index, invalid, item, make_table, refusal, wire

COUNTED = "1 validation error detected: "
INVALID = "One or more parameter values were invalid: "
EMPTY_KEY = (
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
    "an empty string value. Key: pk"
)
MISMATCH = "The provided key element does not match the schema"


@pytest.fixture
def db(aws: Client) -> Any:
    client = aws("dynamodb")
    make_table(client)
    return client


def get(db: Any, key: dict[str, Any], table: str = "tab") -> dict[str, Any] | None:
    found: dict[str, Any] | None = db.get_item(TableName=table, Key=key).get("Item")
    return found


def test_every_type_comes_back_as_it_went_in(db: Any) -> None:
    everything = {
        **item(pk="a", sk="b", n=1.5, flag=True, nothing=None, raw=b"\x00\xff", empty=""),
        "list": {"L": [{"S": "x"}, {"N": "2"}, {"M": {"deep": {"B": b"!"}}}]},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2"]},
        "bs": {"BS": [b"a", b"b"]},
    }
    assert db.put_item(TableName="tab", Item=everything)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert get(db, item(pk="a", sk="b")) == everything
    assert get(db, item(pk="a", sk="c")) is None


def test_numbers_take_their_normal_form(db: Any) -> None:
    db.put_item(TableName="tab", Item=item(pk="a", sk="b") | {"n": {"N": "+001.50"}, "m": {"N": "1e3"}})
    assert get(db, item(pk="a", sk="b")) == item(pk="a", sk="b", n=1.5, m=1000)


def test_put_replaces_and_returns_what_was_there(db: Any) -> None:
    first, second = item(pk="a", sk="b", v=1), item(pk="a", sk="b", w=2)
    assert "Attributes" not in db.put_item(TableName="tab", Item=first, ReturnValues="ALL_OLD")
    assert db.put_item(TableName="tab", Item=second, ReturnValues="ALL_OLD")["Attributes"] == first
    assert db.delete_item(TableName="tab", Key=item(pk="a", sk="b"), ReturnValues="ALL_OLD")["Attributes"] == second
    assert "Attributes" not in db.delete_item(TableName="tab", Key=item(pk="a", sk="b"), ReturnValues="ALL_OLD")


def test_a_condition_that_fails_changes_nothing(db: Any) -> None:
    db.put_item(TableName="tab", Item=item(pk="a", sk="b", v=1))
    request = {
        "TableName": "tab",
        "Item": item(pk="a", sk="b", v=2),
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ClientError) as raised:
        db.put_item(**request)
    assert raised.value.response["Error"]["Message"] == "The conditional request failed"
    assert raised.value.response["Item"] == item(pk="a", sk="b", v=1)
    assert get(db, item(pk="a", sk="b")) == item(pk="a", sk="b", v=1)
    assert db.put_item(**request | {"ConditionExpression": "attribute_exists(pk)"})
    code, _ = refusal(db.delete_item, TableName="tab", Key=item(pk="a", sk="b"), Expected={"v": {"Value": wire(1)}})
    assert code == "ConditionalCheckFailedException"


@pytest.mark.parametrize(
    ("returned", "attributes"),
    [
        ("NONE", None),
        ("ALL_OLD", item(pk="a", sk="b", n=1, m={"x": 1, "y": 2}, gone="g")),
        ("ALL_NEW", item(pk="a", sk="b", n=2, m={"x": 5, "y": 2}, new="w")),
        ("UPDATED_OLD", item(n=1, m={"x": 1}, gone="g")),
        ("UPDATED_NEW", item(n=2, m={"x": 5}, new="w")),
    ],
)
def test_update_returns(db: Any, returned: str, attributes: dict[str, Any] | None) -> None:
    db.put_item(TableName="tab", Item=item(pk="a", sk="b", n=1, m={"x": 1, "y": 2}, gone="g"))
    answer = db.update_item(
        TableName="tab",
        Key=item(pk="a", sk="b"),
        UpdateExpression="SET n = n + :one, m.x = :five, #new = :w REMOVE gone",
        ExpressionAttributeNames={"#new": "new"},
        ExpressionAttributeValues={":one": wire(1), ":five": wire(5), ":w": wire("w")},
        ReturnValues=returned,
    )
    assert answer.get("Attributes") == attributes


def test_update_makes_an_item_unless_it_only_removes(db: Any) -> None:
    key = item(pk="a", sk="b")
    db.update_item(TableName="tab", Key=key, UpdateExpression="REMOVE x")
    assert get(db, key) is None
    db.update_item(TableName="tab", Key=key)
    assert get(db, key) == key
    db.update_item(
        TableName="tab",
        Key=item(pk="a", sk="c"),
        UpdateExpression="ADD n :n",
        ExpressionAttributeValues={":n": wire(1)},
    )
    assert get(db, item(pk="a", sk="c")) == item(pk="a", sk="c", n=1)


def test_attribute_updates_of_old(db: Any) -> None:
    key = item(pk="a", sk="b")
    updates = {"n": {"Action": "ADD", "Value": wire(3)}, "s": {"Value": wire("x")}}
    answer = db.update_item(TableName="tab", Key=key, AttributeUpdates=updates, ReturnValues="UPDATED_NEW")
    assert answer["Attributes"] == item(n=3, s="x")


def test_projection(db: Any) -> None:
    db.put_item(TableName="tab", Item=item(pk="a", sk="b", m={"x": 1, "y": [1, 2, 3]}, other=1))
    request = {"TableName": "tab", "Key": item(pk="a", sk="b")}
    names = {"#y": "y"}
    answer = db.get_item(**request, ProjectionExpression="m.#y[2], sk, nope", ExpressionAttributeNames=names)
    assert answer["Item"] == item(sk="b", m={"y": [3]})
    assert db.get_item(**request, AttributesToGet=["other"])["Item"] == item(other=1)


def test_capacity_is_counted(db: Any) -> None:
    made = item(pk="a", sk="b", text="x" * 5000)
    consumed = db.put_item(TableName="tab", Item=made, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
    assert consumed == {"TableName": "tab", "CapacityUnits": 5.0}
    for consistent, units in ((True, 2.0), (False, 1.0)):
        answer = db.get_item(
            TableName="tab",
            Key=item(pk="a", sk="b"),
            ConsistentRead=consistent,
            ReturnConsumedCapacity="INDEXES",
        )
        assert answer["ConsumedCapacity"] == {
            "TableName": "tab",
            "CapacityUnits": units,
            "Table": {"CapacityUnits": units},
        }


def test_index_writes_are_counted_too(aws: Client) -> None:
    db = aws("dynamodb")
    make_table(
        db,
        attributes={"g": "S", "l": "S"},
        GlobalSecondaryIndexes=[index("gsi", "g", projection="KEYS_ONLY")],
        LocalSecondaryIndexes=[index("lsi", "pk", "l")],
    )
    answer = db.put_item(
        TableName="tab",
        Item=item(pk="a", sk="b", g="x", l="y"),
        ReturnConsumedCapacity="INDEXES",
        ReturnItemCollectionMetrics="SIZE",
    )
    assert answer["ConsumedCapacity"] == {
        "TableName": "tab",
        "CapacityUnits": 3.0,
        "Table": {"CapacityUnits": 1.0},
        "GlobalSecondaryIndexes": {"gsi": {"CapacityUnits": 1.0}},
        "LocalSecondaryIndexes": {"lsi": {"CapacityUnits": 1.0}},
    }
    assert answer["ItemCollectionMetrics"] == {
        "ItemCollectionKey": {"pk": {"S": "a"}},
        "SizeEstimateRangeGB": [0.0, 1.0],
    }


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (item(pk="a"), INVALID + "Missing the key sk in the item"),
        (item(pk=1, sk="b"), INVALID + "Type mismatch for key pk expected: S actual: N"),
        (item(pk="", sk="b"), EMPTY_KEY),
        (item(pk="a" * 2049, sk="b"), INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
        (
            item(pk="a", sk="b" * 1025),
            INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
        ),
        (item(pk="a", sk="b", x="x" * 409_600), "Item size has exceeded the maximum allowed size"),
        (
            item(pk="a", sk="b") | {"x": {"SS": ["a", "a"]}},
            COUNTED + INVALID + "Input collection [a, a] contains duplicates.",
        ),
        (
            item(pk="a", sk="b") | {"x": {"N": "x"}},
            COUNTED + "The parameter cannot be converted to a numeric value: x",
        ),
    ],
)
def test_what_put_refuses(db: Any, made: dict[str, Any], message: str) -> None:
    assert invalid(db.put_item, TableName="tab", Item=made) == message


@pytest.mark.parametrize("key", [item(pk="a"), item(pk="a", sk="b", x="c"), item(pk="a", sk=1), item(pk="a", x="b")])
def test_keys_must_fit_the_schema(db: Any, key: dict[str, Any]) -> None:
    assert invalid(db.get_item, TableName="tab", Key=key) == MISMATCH
    assert invalid(db.delete_item, TableName="tab", Key=key) == MISMATCH
    assert invalid(db.update_item, TableName="tab", Key=key) == MISMATCH


def test_what_update_refuses(db: Any) -> None:
    def refused(text: str, **values: Any) -> str:
        given = {"ExpressionAttributeValues": {f":{name}": wire(value) for name, value in values.items()}}
        request = {"TableName": "tab", "Key": item(pk="a", sk="b"), "UpdateExpression": text}
        return invalid(db.update_item, **request, **(given if values else {}))

    assert refused("SET sk = :v", v="x") == INVALID + ("Cannot update attribute sk. This attribute is part of the key")
    assert refused("SET a = :v") == COUNTED + (
        "Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :v"
    )
    assert refused("SET a = :v", v=1, w=2) == COUNTED + (
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}"
    )
    assert refused("SET a = b") == "The provided expression refers to an attribute that does not exist in the item"
    assert refused("SET a.b = :v", v=1) == "The document path provided in the update expression is invalid for update"
    assert refused("SET a = :v", v="x" * 409_600) == "Item size to update has exceeded the maximum allowed size"


def test_parameters_that_do_not_go_together(db: Any) -> None:
    key = item(pk="a", sk="b")
    assert invalid(
        db.update_item,
        TableName="tab",
        Key=key,
        UpdateExpression="REMOVE a",
        AttributeUpdates={"b": {"Action": "DELETE"}},
    ) == COUNTED + (
        "Can not use both expression and non-expression parameters in the same request: "
        "Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}"
    )
    assert (
        invalid(db.get_item, TableName="tab", Key=key, ExpressionAttributeNames={"#a": "a"})
        == "ExpressionAttributeNames can only be specified when using expressions"
    )
    assert invalid(db.update_item, TableName="tab", Key=key, ExpressionAttributeValues={":a": wire(1)}) == COUNTED + (
        "ExpressionAttributeValues can only be specified when using expressions: "
        "UpdateExpression and ConditionExpression are null"
    )
    assert invalid(db.put_item, TableName="tab", Item=key, ReturnValues="ALL_NEW") == COUNTED + (
        "ReturnValues can only be ALL_OLD or NONE"
    )


def test_the_writes_of_one_item_count_what_is_wrong_with_the_request(db: Any) -> None:
    key = item(pk="a", sk="b")
    tables = {"TableName": "tab"}
    empty = {"SS": list[str]()}
    no_members = INVALID + "An string set  may not be empty"
    update = {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": empty}}
    assert invalid(db.put_item, **tables, Item=key | {"x": empty}) == COUNTED + no_members
    assert invalid(db.update_item, **tables, Key=key, **update) == COUNTED + no_members
    assert invalid(db.delete_item, **tables, Key=key, ConditionExpression="a =") == (
        COUNTED + 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="'
    )
    assert invalid(db.put_item, **tables, Item=key | {"x": {"NULL": False}}) == COUNTED + INVALID + (
        "Null attribute value types must have the value of true"
    )
    # Not those that a value's form or the stored item has wrong, nor what other operations find.
    assert invalid(db.put_item, **tables, Item=key | {"x": {}}).startswith("Supplied AttributeValue is empty")
    db.put_item(**tables, Item=key | {"x": wire("text")})
    add = {"UpdateExpression": "ADD x :one", "ExpressionAttributeValues": {":one": wire(1)}}
    assert invalid(db.update_item, **tables, Key=key, **add).startswith("An operand in the update expression")
    put = {"Put": {**tables, "Item": key | {"x": empty}}}
    assert invalid(db.transact_write_items, TransactItems=[put]) == no_members
    assert invalid(db.scan, **tables, FilterExpression="").startswith(
        "Invalid FilterExpression: The expression can not"
    )


def test_index_keys_keep_their_type(aws: Client) -> None:
    db = aws("dynamodb")
    make_table(db, attributes={"g": "S"}, GlobalSecondaryIndexes=[index("gsi", "g")])
    assert invalid(db.put_item, TableName="tab", Item=item(pk="a", sk="b", g=1)) == INVALID + (
        "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"
    )
    assert invalid(db.put_item, TableName="tab", Item=item(pk="a", sk="b", g="")) == (
        "One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
        "The AttributeValue for a key attribute cannot contain an empty string value. IndexName: gsi, IndexKey: g"
    )
    update = {"TableName": "tab", "Key": item(pk="a", sk="b")}
    assert (
        invalid(db.update_item, **update, UpdateExpression="SET g = :v", ExpressionAttributeValues={":v": wire(1)})
        == INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"
    )
    assert invalid(
        db.update_item, **update, UpdateExpression="SET g.x = :v", ExpressionAttributeValues={":v": wire(1)}
    ).endswith("map lookup '.' are not allowed: IndexKey: g")


def test_what_is_not_there(db: Any) -> None:
    missing = ("ResourceNotFoundException", "Requested resource not found")
    assert refusal(db.get_item, TableName="nope", Key=item(pk="a")) == missing
    assert refusal(db.put_item, TableName="nope", Item=item(pk="a")) == missing
    assert refusal(db.update_item, TableName="nope", Key=item(pk="a")) == missing
    assert refusal(db.query, TableName="nope", KeyConditionExpression="pk = sk")[0] == "ValidationException"
    code, message = refusal(db.list_global_tables)
    assert code == "NotImplemented" and "ListGlobalTables" in message


def test_a_table_may_be_named_by_its_arn(db: Any) -> None:
    arn = db.describe_table(TableName="tab")["Table"]["TableArn"]
    db.put_item(TableName=arn, Item=item(pk="a", sk="b"))
    assert get(db, item(pk="a", sk="b"), arn) == item(pk="a", sk="b")
