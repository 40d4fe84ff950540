"""Global indexes whose keys have several partition and sort key attributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Client
from tests.services.dynamodb import invalid, item, make_table, refusal, wire
from tests.services.test_dynamodb_tables import INVALID, describe

KEYS = {"team": "S", "year": "N", "region": "S", "round": "N", "name": "S"}


def composite(*keys: str, **more: Any) -> dict[str, Any]:
    """An index by keys such as ``HASH:team``."""
    schema = [dict(zip(("KeyType", "AttributeName"), key.split(":"), strict=True)) for key in keys]
    return {"IndexName": "gsi", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}, **more}


GSI = composite("HASH:team", "HASH:year", "RANGE:region", "RANGE:round", "RANGE:name")

ALL = [(region, number, name) for region in ("e", "eu", "w\0") for number in (-2, 2, 10) for name in ("x", "y")]


@pytest.fixture
def db(aws: Client) -> Any:
    db = aws("dynamodb")
    make_table(db, range_type=None, attributes=KEYS, GlobalSecondaryIndexes=[GSI])
    items = [
        item(pk=team + str(number), team=team, year=1, region=region, round=round_, name=name)
        for team in ("a", "ab")
        for number, (region, round_, name) in enumerate(ALL)
    ]
    items.append(item(pk="sparse", team="a", year=1, region="e", round=2))
    items.append(item(pk="other", team="a", year=2, region="e", round=2, name="x"))
    for start in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": one}} for one in items[start : start + 25]]
        db.batch_write_item(RequestItems={"tab": puts})
    return db


def query(db: Any, condition: str, *, call: Any = None, **given: Any) -> Any:
    """Values by their attributes' names: ``team = :team AND ...``, shortened to ``team=``."""
    options = given.pop("options", {})
    names = {f"#{name}": name for name in KEYS if f"#{name}" in condition}
    request = {
        "TableName": "tab",
        "IndexName": "gsi",
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {f":{name}": wire(value) for name, value in given.items()},
        **options,
    }
    return call(db.query, **request) if call else db.query(**request)


def found(db: Any, rest: str = "", **given: Any) -> list[tuple[str, int, str]]:
    answer = query(db, f"#team = :t AND #year = :y {rest}", t="a", y=1, **given)
    return [(one["region"]["S"], int(one["round"]["N"]), one["name"]["S"]) for one in answer["Items"]]


CONDITIONS: list[tuple[str, dict[str, Any], Callable[[Any], bool]]] = [
    ("", {}, lambda key: True),
    ("AND #region = :r", {"r": "e"}, lambda key: key[0] == "e"),
    ("AND begins_with(#region, :r)", {"r": "e"}, lambda key: key[0][0] == "e"),
    ("AND #region > :r", {"r": "e"}, lambda key: key[0] > "e"),
    ("AND #region <= :r", {"r": "eu"}, lambda key: key[0] <= "eu"),
    ("AND #region BETWEEN :r AND :s", {"r": "e", "s": "eu"}, lambda key: key[0] <= "eu"),
    ("AND #region = :r AND #round < :n", {"r": "eu", "n": 2}, lambda key: key[0] == "eu" and key[1] < 2),
    ("AND #region = :r AND #round >= :n", {"r": "w\0", "n": 2}, lambda key: key[0] == "w\0" and key[1] >= 2),
    ("AND #region = :r AND #round = :n", {"r": "e", "n": 10}, lambda key: key[:2] == ("e", 10)),
    (
        "AND #region = :r AND #round = :n AND begins_with(#name, :m)",
        {"r": "e", "n": 10, "m": "y"},
        lambda key: key == ("e", 10, "y"),
    ),
]


def test_what_the_conditions_on_several_keys_single_out(db: Any) -> None:
    for rest, given, holds in CONDITIONS:
        wanted = [key for key in ALL if holds(key)]
        assert found(db, rest, **given) == wanted
        assert found(db, rest, options={"ScanIndexForward": False}, **given) == wanted[::-1]


def test_pages_of_an_index_with_several_keys(db: Any) -> None:
    pages: list[Any] = []
    for forward in (True, False):
        start: dict[str, Any] = {}
        pages = []
        while True:
            options = {"Limit": 5, "ScanIndexForward": forward, **start}
            answer = query(db, "#team = :t AND #year = :y AND #region > :r", t="a", y=1, r="e", options=options)
            pages += [(one["region"]["S"], int(one["round"]["N"]), one["name"]["S"]) for one in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            assert set(answer["LastEvaluatedKey"]) == {"pk", *KEYS}
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        assert pages == [key for key in ALL if key[0] > "e"][:: 1 if forward else -1]
    assert db.scan(TableName="tab", IndexName="gsi")["Count"] == 2 * len(ALL) + 1


UNFIT: list[tuple[str, dict[str, Any], str]] = [
    ("#team = :t", {"t": "a"}, "Query condition missed key schema element: year"),
    ("#team = :t AND #year > :y", {"t": "a", "y": 1}, "Query key condition not supported"),
    (
        "#team = :t AND #year = :y AND #round = :n",
        {"t": "a", "y": 1, "n": 1},
        "Query condition missed key schema element: region",
    ),
    (
        "#team = :t AND #year = :y AND #region > :r AND #round = :n",
        {"t": "a", "y": 1, "r": "e", "n": 1},
        "Query key condition not supported",
    ),
    (
        "#team = :t AND #year = :y AND #region = :r",
        {"t": "a", "y": "1", "r": "e"},
        INVALID + "Condition parameter type does not match schema type",
    ),
]


def test_conditions_that_do_not_fit_several_keys(db: Any) -> None:
    for condition, given, message in UNFIT:
        assert query(db, condition, call=invalid, **given) == message


def test_of_an_ordinary_index_no_more_than_two_keys_are_asked(db: Any) -> None:
    condition = "#team = :t AND #year = :y AND #region = :r"
    for options in ({}, {"IndexName": "none"}):
        request = {
            "TableName": "tab",
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in ("team", "year", "region")},
            "ExpressionAttributeValues": {":t": wire("a"), ":y": wire(1), ":r": wire("e")},
            **options,
        }
        problem = (
            "The table does not have the specified index: none" if options else "Conditions can be of length 1 or 2"
        )
        assert invalid(db.query, **request).startswith(problem)
    code, message = refusal(db.execute_statement, Statement='SELECT * FROM "tab"."gsi" WHERE team = \'a\'')
    assert code == "NotImplemented" and "several partition or sort key" in message


def test_an_item_that_changes_moves_in_the_index(db: Any) -> None:
    key = {"TableName": "tab", "Key": item(pk="a0")}
    db.update_item(
        **key, UpdateExpression="SET #r = :r", ExpressionAttributeNames={"#r": "region"},
        ExpressionAttributeValues={":r": wire("zz")},
    )  # fmt: skip
    assert found(db)[-1] == ("zz", -2, "x") and len(found(db)) == len(ALL)
    db.delete_item(**key)
    assert found(db) == ALL[1:]
    later = composite("HASH:team", "HASH:region", IndexName="later")
    definitions = [{"AttributeName": name, "AttributeType": KEYS[name]} for name in ("team", "region")]
    db.update_table(TableName="tab", AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=[{"Create": later}])
    assert describe(db)["GlobalSecondaryIndexes"][1]["KeySchema"] == later["KeySchema"]
    condition = {"KeyConditionExpression": "team = :t AND #r = :r", "ExpressionAttributeNames": {"#r": "region"}}
    values = {":t": wire("a"), ":r": wire("e")}
    answer = db.query(TableName="tab", IndexName="later", ExpressionAttributeValues=values, **condition)
    assert answer["Count"] == 5 + 2


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (["HASH:a", "RANGE:b", "HASH:c"], INVALID + "All HASH key attributes must precede RANGE key attributes in the"),
        (["HASH:a", "HASH:a", "RANGE:c"], "The KeySchema contains multiple key attributes with the same name"),
        (
            [f"HASH:{name}" for name in "abcde"],
            INVALID + "The KeySchema exceeds the maximum allowed number of HASH key",
        ),
        (["HASH:a", *(f"RANGE:{name}" for name in "bcdef")], INVALID + "The KeySchema exceeds the maximum allowed num"),
    ],
)
def test_schemas_that_no_index_may_have(aws: Client, keys: list[str], message: str) -> None:
    db, attributes = aws("dynamodb"), {key[-1]: "S" for key in keys}

    def create(**more: Any) -> None:
        make_table(db, range_type=None, attributes=attributes, **more)

    assert invalid(create, GlobalSecondaryIndexes=[composite(*keys)]).startswith(message)
