"""Batches and transactions."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.dynamodb import index, invalid, item, make_table, refusal, wire

CANCELLED = "Transaction cancelled, please refer cancellation reasons for specific reasons"


@pytest.fixture
def db(aws: Client) -> Any:
    client = aws("dynamodb")
    make_table(client, range_type=None)
    return client


def put(pk: str, **attributes: Any) -> dict[str, Any]:
    return {"PutRequest": {"Item": item(pk=pk, **attributes)}}


def delete(pk: str) -> dict[str, Any]:
    return {"DeleteRequest": {"Key": item(pk=pk)}}


def get(db: Any, pk: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = db.get_item(TableName="tab", Key=item(pk=pk)).get("Item")
    return found


def test_batches_write_and_read_over_tables(db: Any) -> None:
    make_table(db, "other")
    entries = {"tab": [put("a", n=1), put("b")], "other": [{"PutRequest": {"Item": item(pk="x", sk="y")}}]}
    answer = db.batch_write_item(RequestItems=entries, ReturnConsumedCapacity="TOTAL")
    assert answer["UnprocessedItems"] == {}
    assert {entry["TableName"]: entry["CapacityUnits"] for entry in answer["ConsumedCapacity"]} == {
        "tab": 2.0,
        "other": 1.0,
    }
    db.batch_write_item(RequestItems={"tab": [delete("b"), put("c")]})
    found = db.batch_get_item(
        RequestItems={
            "tab": {"Keys": [item(pk=pk) for pk in "abc"], "ProjectionExpression": "pk"},
            "other": {"Keys": [item(pk="x", sk="y")], "ConsistentRead": True},
        }
    )
    assert sorted(entry["pk"]["S"] for entry in found["Responses"]["tab"]) == ["a", "c"]
    assert found["Responses"]["other"] == [item(pk="x", sk="y")] and found["UnprocessedKeys"] == {}


def test_what_batches_refuse(db: Any) -> None:
    duplicates = "Provided list of item keys contains duplicates"
    assert invalid(db.batch_write_item, RequestItems={"tab": [put("a"), delete("a")]}) == duplicates
    assert invalid(db.batch_get_item, RequestItems={"tab": {"Keys": [item(pk="a")] * 2}}) == duplicates
    mismatch = "The provided key element does not match the schema"
    wrong = [{"PutRequest": {"Item": item(pk=5)}}]
    assert invalid(db.batch_write_item, RequestItems={"tab": wrong}) == mismatch
    assert invalid(db.batch_get_item, RequestItems={"tab": {"Keys": [item(pk=5)]}}) == mismatch
    assert invalid(db.batch_write_item, RequestItems={"tab": [put("")]}) == (
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
        "an empty string value. Key: pk"
    )
    assert refusal(db.batch_write_item, RequestItems={"nope": [put("a")]}) == (
        "ResourceNotFoundException",
        "Requested resource not found",
    )
    mixed = {"tab": {"Keys": [item(pk="a")], "ProjectionExpression": "pk"}}
    mixed["other"] = {"Keys": [item(pk="a", sk="b")], "AttributesToGet": ["pk"]}
    assert invalid(db.batch_get_item, RequestItems=mixed).endswith(
        "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"
    )
    # nothing of a refused batch is done
    invalid(db.batch_write_item, RequestItems={"tab": [put("fine"), *wrong]})
    assert get(db, "fine") is None


def test_a_batch_answers_no_more_than_16_megabytes(db: Any) -> None:
    for number in range(48):
        db.put_item(TableName="tab", Item=item(pk=str(number), text="x" * 390_000))
    wanted: Any = {"tab": {"Keys": [item(pk=str(number)) for number in range(48)]}}
    seen: list[str] = []
    rounds = 0
    while wanted:
        answer = db.batch_get_item(RequestItems=wanted)
        seen += [entry["pk"]["S"] for entry in answer["Responses"]["tab"]]
        wanted = answer["UnprocessedKeys"]
        rounds += 1
    assert rounds == 2 and sorted(seen, key=int) == [str(number) for number in range(48)]


def action(kind: str, pk: str, **more: Any) -> dict[str, Any]:
    subject = {"Item": item(pk=pk, **more.pop("attributes", {}))} if kind == "Put" else {"Key": item(pk=pk)}
    return {kind: {"TableName": "tab", **subject, **more}}


def cancelled(db: Any, *actions: dict[str, Any]) -> list[dict[str, Any]]:
    with pytest.raises(ClientError) as raised:
        db.transact_write_items(TransactItems=list(actions))
    response = raised.value.response
    reasons: list[dict[str, Any]] = response["CancellationReasons"]
    assert response["Error"]["Code"] == "TransactionCanceledException"
    assert response["Error"]["Message"] == f"{CANCELLED} [{', '.join(reason['Code'] for reason in reasons)}]"
    return reasons


def test_all_of_a_transaction_happens(db: Any) -> None:
    db.put_item(TableName="tab", Item=item(pk="old", n=1))
    add = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": wire(2)}}
    answer = db.transact_write_items(
        TransactItems=[
            action("Put", "new", attributes={"v": 1}),
            action("Update", "old", **add),
            action("Delete", "gone"),
            action("ConditionCheck", "absent", ConditionExpression="attribute_not_exists(pk)"),
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"] == [{"TableName": "tab", "CapacityUnits": 4.0}]
    assert get(db, "new") == item(pk="new", v=1) and get(db, "old") == item(pk="old", n=3)
    read = db.transact_get_items(
        TransactItems=[
            {"Get": {"TableName": "tab", "Key": item(pk="old"), "ProjectionExpression": "n"}},
            {"Get": {"TableName": "tab", "Key": item(pk="absent")}},
        ]
    )
    assert read["Responses"] == [{"Item": item(n=3)}, {}]


def test_nothing_of_a_cancelled_transaction_happens(db: Any) -> None:
    db.put_item(TableName="tab", Item=item(pk="there", s="text"))
    condition = {"ConditionExpression": "attribute_not_exists(pk)"}
    reasons = cancelled(
        db,
        action("Put", "new"),
        action("Put", "there", **condition, ReturnValuesOnConditionCheckFailure="ALL_OLD"),
    )
    assert reasons == [
        {"Code": "None"},
        {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
            "Item": item(pk="there", s="text"),
        },
    ]
    assert get(db, "new") is None
    wrong = {"UpdateExpression": "SET s = s + :n", "ExpressionAttributeValues": {":n": wire(1)}}
    assert cancelled(db, action("Update", "there", **wrong), action("Delete", "there2")) == [
        {"Code": "ValidationError", "Message": "An operand in the update expression has an incorrect data type"},
        {"Code": "None"},
    ]


def test_keys_in_transactions(db: Any) -> None:
    def with_key(kind: str, value: Any) -> dict[str, Any]:
        made = action(kind, "x")
        made[kind]["Item" if kind == "Put" else "Key"] = {"pk": value}
        if kind == "ConditionCheck":
            made[kind]["ConditionExpression"] = "attribute_exists(pk)"
        if kind == "Update":
            made[kind]["UpdateExpression"] = "REMOVE x"
        return made

    mismatch = "One or more parameter values were invalid: Type mismatch for key pk expected: S actual: N"
    assert cancelled(db, with_key("Put", wire(5))) == [{"Code": "ValidationError", "Message": mismatch}]
    for kind in ("Update", "Delete", "ConditionCheck"):
        assert cancelled(db, with_key(kind, wire(5)))[0]["Message"] == (
            "The provided key element does not match the schema"
        )
        assert invalid(db.transact_write_items, TransactItems=[with_key(kind, wire(""))]).endswith(
            "cannot contain an empty string value. Key: pk"
        )


def test_keys_of_transactional_reads(db: Any) -> None:
    def read(*values: Any) -> list[dict[str, Any]]:
        return [{"Get": {"TableName": "tab", "Key": item(pk=value)}} for value in values]

    with pytest.raises(ClientError) as refused:
        db.transact_get_items(TransactItems=read("a", 5))
    assert refused.value.response["Error"]["Code"] == "TransactionCanceledException"
    reasons = refused.value.response["CancellationReasons"]
    assert reasons == [
        {"Code": "None"},
        {"Code": "ValidationError", "Message": "The provided key element does not match the schema"},
    ]
    assert invalid(db.transact_get_items, TransactItems=read("")).endswith("an empty string value. Key: pk")
    assert "multiple operations on one item" in invalid(db.transact_get_items, TransactItems=read("a", "a"))


def test_index_keys_in_transactions(db: Any) -> None:
    make_table(db, "indexed", range_type=None, attributes={"g": "S"}, GlobalSecondaryIndexes=[index("gsi", "g")])
    put_wrong = {"Put": {"TableName": "indexed", "Item": item(pk="a", g=5)}}
    message = (
        "One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N IndexName: gsi"
    )
    assert cancelled(db, put_wrong) == [{"Code": "ValidationError", "Message": message}]
    set_empty = {
        "Update": {
            "TableName": "indexed",
            "Key": item(pk="a"),
            "UpdateExpression": "SET g = :v",
            "ExpressionAttributeValues": {":v": wire("")},
        }
    }
    assert invalid(db.transact_write_items, TransactItems=[set_empty]) == (
        "One or more parameter values are not valid. The update expression attempted to update a secondary index key "
        "to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value."
    )


def test_what_transactions_refuse(db: Any) -> None:
    assert invalid(db.transact_write_items, TransactItems=[action("Put", "a"), action("Delete", "a")]) == (
        "Transaction request cannot include multiple operations on one item"
    )
    many = [action("Put", str(number)) for number in range(101)]
    assert invalid(db.transact_write_items, TransactItems=many).endswith(
        "at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"
    )
    nope = {"Put": {"TableName": "nope", "Item": item(pk="a")}}
    assert refusal(db.transact_write_items, TransactItems=[nope])[0] == "ResourceNotFoundException"
    unused = action("ConditionCheck", "a", ConditionExpression="attribute_exists(pk)")
    unused["ConditionCheck"]["ExpressionAttributeValues"] = {":x": wire(1)}
    assert invalid(db.transact_write_items, TransactItems=[unused]) == (
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}"
    )


def test_a_token_makes_a_transaction_happen_once(db: Any) -> None:
    add = {"UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": wire(1)}}
    request = {"TransactItems": [action("Update", "a", **add)], "ClientRequestToken": "once"}
    db.transact_write_items(**request)
    db.transact_write_items(**request)
    assert get(db, "a") == item(pk="a", n=1)
    other = {"TransactItems": [action("Put", "b")], "ClientRequestToken": "once"}
    assert refusal(db.transact_write_items, **other)[0] == "IdempotentParameterMismatchException"
