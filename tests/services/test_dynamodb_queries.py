"""Query and Scan: order, conditions, pages, indexes, segments."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.conftest import Client
from tests.services.dynamodb import index, invalid, item, make_table, wire

INVALID = "One or more parameter values were invalid: "


@pytest.fixture
def db(aws: Client) -> Any:
    return aws("dynamodb")


def fill(db: Any, items: list[dict[str, Any]], table: str = "tab") -> None:
    for first in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": entry}} for entry in items[first : first + 25]]
        assert db.batch_write_item(RequestItems={table: puts})["UnprocessedItems"] == {}


def query(db: Any, condition: str = "pk = :pk", values: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    given = {f":{name}": wire(value) for name, value in ({"pk": "a"} | (values or {})).items()}
    answer: dict[str, Any] = db.query(
        TableName="tab", KeyConditionExpression=condition, ExpressionAttributeValues=given, **more
    )
    return answer


def sort_keys(answer: dict[str, Any]) -> list[Any]:
    return [next(iter(entry["sk"].values())) for entry in answer["Items"]]


def all_pages(read: Any, **request: Any) -> list[dict[str, Any]]:
    """All items of all pages, the last of which has no key to go on from."""
    items: list[dict[str, Any]] = []
    while True:
        page = read(**request)
        items += page.get("Items", [])
        if "LastEvaluatedKey" not in page:
            return items
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("sk = :x", [5]),
        ("sk < :x", [-10, -1.5, 0, 0.5]),
        ("sk <= :x", [-10, -1.5, 0, 0.5, 5]),
        (":x < sk", [10, 100]),
        ("sk >= :x", [5, 10, 100]),
        ("sk between :low and :x", [-1.5, 0, 0.5, 5]),
    ],
)
@pytest.mark.parametrize("forward", [True, False])
def test_numbers_in_order(db: Any, condition: str, wanted: list[float], forward: bool) -> None:
    make_table(db, range_type="N")
    fill(db, [item(pk=pk, sk=number) for pk in "ab" for number in (10, 5, -10, 0.5, 100, 0, -1.5)])
    values = {"x": 5} | ({"low": -2} if ":low" in condition else {})
    answer = query(db, f"pk = :pk and {condition}", values, ScanIndexForward=forward)
    ordered = wanted if forward else wanted[::-1]
    assert [Decimal(text) for text in sort_keys(answer)] == [Decimal(str(number)) for number in ordered]
    assert answer["Count"] == answer["ScannedCount"] == len(wanted)


def test_text_and_bytes_in_order(db: Any) -> None:
    make_table(db)
    fill(db, [item(pk="a", sk=text) for text in ("b", "a", "é", "aa", "Z", "a\uffff", "a𐀀")])
    assert sort_keys(query(db)) == ["Z", "a", "aa", "a\uffff", "a𐀀", "b", "é"]
    assert sort_keys(query(db, "pk = :pk and begins_with(sk, :x)", {"x": "a"})) == ["a", "aa", "a\uffff", "a𐀀"]
    make_table(db, "raw", range_type="B")
    fill(db, [item(pk="a", sk=content) for content in (b"\xff", b"\x00", b"\xff\xff", b"\x7f")], "raw")
    answer = db.query(
        TableName="raw",
        KeyConditionExpression="pk = :pk AND begins_with(sk, :x)",
        ExpressionAttributeValues={":pk": wire("a"), ":x": wire(b"\xff")},
    )
    assert sort_keys(answer) == [b"\xff", b"\xff\xff"]


def test_pages_by_limit(db: Any) -> None:
    make_table(db)
    fill(db, [item(pk="a", sk=f"{number:02}") for number in range(7)])
    first = query(db, Limit=3)
    assert sort_keys(first) == ["00", "01", "02"] and first["LastEvaluatedKey"] == item(pk="a", sk="02")
    request = {
        "TableName": "tab",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": wire("a")},
    }
    for limit in (1, 3, 7, 8):
        for forward in (True, False):
            found = all_pages(db.query, **request, Limit=limit, ScanIndexForward=forward)
            assert len(found) == 7 and sorted(map(str, found), reverse=not forward) == list(map(str, found))
    # a page that ends with its limit may be the last without knowing it
    assert query(db, Limit=7)["LastEvaluatedKey"] == item(pk="a", sk="06")
    assert "LastEvaluatedKey" not in query(db, Limit=8)


def test_pages_end_at_a_megabyte(db: Any) -> None:
    make_table(db)
    for number in range(8):
        db.put_item(TableName="tab", Item=item(pk="a", sk=str(number), text="x" * 300_000))
    first = query(db)
    assert first["Count"] == 4 and first["LastEvaluatedKey"] == item(pk="a", sk="3")
    filtered = query(db, FilterExpression="attribute_exists(nope)", ReturnConsumedCapacity="TOTAL")
    assert (filtered["Count"], filtered["ScannedCount"]) == (0, 4) and "LastEvaluatedKey" in filtered
    assert filtered["ConsumedCapacity"]["CapacityUnits"] == 146.5


def test_filters_count_what_they_scan(db: Any) -> None:
    make_table(db)
    fill(db, [item(pk="a", sk=str(number), n=number) for number in range(9)])
    answer = query(db, FilterExpression="n > :n", values={"n": 5}, Limit=8)
    assert sort_keys(answer) == ["6", "7"] and (answer["Count"], answer["ScannedCount"]) == (2, 8)
    assert query(db, Select="COUNT", FilterExpression="n > :n", values={"n": 5})["Count"] == 3
    chosen = query(db, ProjectionExpression="n", Limit=1)
    assert chosen["Items"] == [item(n=0)] and chosen["LastEvaluatedKey"] == item(pk="a", sk="0")


def test_a_global_index_is_sparse_and_projects(db: Any) -> None:
    make_table(
        db,
        attributes={"g": "S", "n": "N"},
        GlobalSecondaryIndexes=[index("some", "g", "n", ["kept"]), index("keys", "g", projection="KEYS_ONLY")],
    )
    fill(db, [item(pk=f"p{number}", sk="s", g="x", n=number % 3, kept="k", left="l") for number in range(7)])
    fill(db, [item(pk="none", sk="s", g="x"), item(pk="other", sk="s", g="y", n=1)])
    request = {
        "TableName": "tab",
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": wire("x")},
    }
    found = all_pages(db.query, **request, IndexName="some", Limit=2)
    assert [entry["n"]["N"] for entry in found] == ["0", "0", "0", "1", "1", "2", "2"]
    assert found[0] == item(pk=found[0]["pk"]["S"], sk="s", g="x", n=0, kept="k")
    assert found == all_pages(db.query, **request, IndexName="some", Limit=3, ScanIndexForward=False)[::-1]
    assert len(all_pages(db.query, **request, IndexName="keys", Limit=3)) == 8
    assert db.scan(TableName="tab", IndexName="some")["Count"] == 8
    update = {"TableName": "tab", "Key": item(pk="p0", sk="s")}
    db.update_item(**update, UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": wire(9)})
    assert db.query(**request, IndexName="some", ScanIndexForward=False)["Items"][0]["pk"] == wire("p0")
    db.update_item(**update, UpdateExpression="REMOVE n")
    assert db.query(**request, IndexName="some")["Count"] == 6
    db.delete_item(TableName="tab", Key=item(pk="p1", sk="s"))
    assert db.query(**request, IndexName="some")["Count"] == 5


def test_a_local_index_fetches_what_it_lacks(db: Any) -> None:
    make_table(db, attributes={"l": "N"}, LocalSecondaryIndexes=[index("lsi", "pk", "l", "KEYS_ONLY")])
    fill(db, [item(pk="a", sk=str(number), l=-number, more="m") for number in range(4)])
    request = {"IndexName": "lsi", "ConsistentRead": True}
    assert sort_keys(query(db, "pk = :pk and l < :x", {"x": 0}, **request)) == ["3", "2", "1"]
    assert query(db, **request)["Items"][0] == item(pk="a", sk="3", l=-3)
    assert query(db, **request, Select="ALL_ATTRIBUTES")["Items"][0] == item(pk="a", sk="3", l=-3, more="m")
    assert query(db, **request, ProjectionExpression="more")["Items"][0] == item(more="m")


def test_scans_see_everything_once(db: Any) -> None:
    make_table(db)
    made = [item(pk=f"p{number % 10}", sk=f"s{number}", n=number) for number in range(60)]
    fill(db, made)
    wanted = sorted(map(str, made))
    for limit in (7, 60, 1000):
        assert sorted(map(str, all_pages(db.scan, TableName="tab", Limit=limit))) == wanted
    in_segments = [
        entry
        for segment in range(4)
        for entry in all_pages(db.scan, TableName="tab", Segment=segment, TotalSegments=4, Limit=5)
    ]
    assert sorted(map(str, in_segments)) == wanted
    chosen = all_pages(
        db.scan,
        TableName="tab",
        FilterExpression="n BETWEEN :low AND :high",
        ExpressionAttributeValues={":low": wire(10), ":high": wire(12)},
    )
    assert sorted(entry["n"]["N"] for entry in chosen) == ["10", "11", "12"]
    older = {"n": {"ComparisonOperator": "LT", "AttributeValueList": [wire(2)]}}
    assert db.scan(TableName="tab", ScanFilter=older, Select="COUNT")["Count"] == 2


def test_the_older_parameters(db: Any) -> None:
    make_table(db)
    fill(db, [item(pk="a", sk=str(number), n=number) for number in range(5)])
    conditions = {
        "pk": {"ComparisonOperator": "EQ", "AttributeValueList": [wire("a")]},
        "sk": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [wire("1"), wire("3")]},
    }
    only = {"n": {"ComparisonOperator": "NE", "AttributeValueList": [wire(2)]}}
    answer = db.query(TableName="tab", KeyConditions=conditions, QueryFilter=only, AttributesToGet=["sk"])
    assert answer["Items"] == [item(sk="1"), item(sk="3")]
    conditions["sk"] = {"ComparisonOperator": "NE", "AttributeValueList": [wire("1")]}
    assert invalid(db.query, TableName="tab", KeyConditions=conditions) == (
        "Attempted conditional constraint is not an indexable operation"
    )


@pytest.mark.parametrize(
    ("condition", "values", "message"),
    [
        ("sk = :x", {"x": "s"}, "Query condition missed key schema element: pk"),
        ("pk = :pk and attr = :x", {"x": "s"}, "Query condition missed key schema element: sk"),
        ("pk > :pk", {}, "Query key condition not supported"),
        ("pk = :pk and sk = :x", {"x": 1}, INVALID + "Condition parameter type does not match schema type"),
        ("pk = :pk or sk = :x", {"x": "s"}, "Invalid operator used in KeyConditionExpression: OR"),
        ("pk = :pk and pk = :x", {"x": "s"}, "KeyConditionExpressions must only contain one condition per key"),
        (
            "pk = :pk and begins_with(sk, :x)",
            {"x": 1},
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; "
            "operator or function: begins_with, operand type: N",
        ),
    ],
)
def test_what_keys_cannot_be_asked(db: Any, condition: str, values: dict[str, Any], message: str) -> None:
    make_table(db)
    given = {f":{name}": wire(value) for name, value in ({"pk": "a"} | values).items() if f":{name}" in condition}
    request = {"KeyConditionExpression": condition, "ExpressionAttributeValues": given}
    assert invalid(db.query, TableName="tab", **request) == message


def test_what_else_is_refused(db: Any) -> None:
    make_table(db, attributes={"g": "S"}, GlobalSecondaryIndexes=[index("gsi", "g", projection="KEYS_ONLY")])
    by_pk = {
        "TableName": "tab",
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": wire("a")},
    }
    by_g = by_pk | {"KeyConditionExpression": "g = :pk", "IndexName": "gsi"}
    assert invalid(db.query, **by_pk | {"IndexName": "nope"}) == ("The table does not have the specified index: nope")
    assert invalid(db.query, **by_g, ConsistentRead=True) == (
        "Consistent reads are not supported on global secondary indexes"
    )
    assert invalid(db.query, **by_g, Select="ALL_ATTRIBUTES") == INVALID + (
        "Select type ALL_ATTRIBUTES is not supported for global secondary index gsi "
        "because its projection type is not ALL"
    )
    assert invalid(db.query, **by_g, ProjectionExpression="beyond") == INVALID + (
        "Global secondary index gsi does not project [beyond]"
    )
    assert invalid(db.query, **by_pk, FilterExpression="sk = :pk") == (
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"
    )
    assert invalid(db.query, **by_pk, ExclusiveStartKey=item(pk="a")) == "The provided starting key is invalid"
    assert invalid(db.scan, TableName="tab", ExclusiveStartKey=item(pk="a")) == (
        "The provided starting key is invalid: The provided key element does not match the schema"
    )
    assert invalid(db.query, **by_pk, ExclusiveStartKey=item(pk="b", sk="s")) == (
        "The provided starting key is outside query boundaries based on provided conditions"
    )
    assert invalid(db.scan, TableName="tab", Segment=2, TotalSegments=2) == (
        "The Segment parameter is zero-based and must be less than parameter TotalSegments"
    )
    assert invalid(db.query, TableName="tab").startswith("Either the KeyConditions or KeyConditionExpression")
