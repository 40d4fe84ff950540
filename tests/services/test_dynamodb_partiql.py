"""PartiQL through boto3: reading, writing, batches and transactions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.dynamodb.partiql import StatementError, parse
from tests.conftest import Client


@pytest.fixture
def db(aws: Client) -> Any:
    """A table ``orders`` of customers and numbers, with an index by state, and four items."""
    client = aws("dynamodb")
    client.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": n, "AttributeType": t} for n, t in (("who", "S"), ("n", "N"), ("st", "S"))
        ],
        KeySchema=[{"AttributeName": "who", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-st",
                "KeySchema": [{"AttributeName": "st", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for who, number, state in (("ann", 1, "new"), ("ann", 2, "sent"), ("ann", 3, "new"), ("bob", 1, "new")):
        more = "'lines': [{'sku': 'a', 'of': 2}], 'tags': <<'x'>>"
        text = f"INSERT INTO \"orders\" VALUE {{'who': ?, 'n': ?, 'st': ?, {more}}}"
        client.execute_statement(Statement=text, Parameters=[{"S": who}, {"N": str(number)}, {"S": state}])
    return client


def numbers(db: Any, where: str, *parameters: dict[str, Any], table: str = '"orders"') -> list[str]:
    """Customer and number of what a SELECT finds."""
    request = {"Parameters": list(parameters)} if parameters else {}
    items = db.execute_statement(Statement=f"SELECT who, n FROM {table} {where}", **request)["Items"]
    return [f"{item['who']['S']}{item['n']['N']}" for item in items]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("WHERE who = 'ann'", ["ann1", "ann2", "ann3"]),
        ("WHERE who = 'ann' AND n = 2", ["ann2"]),
        ("WHERE who = 'ann' AND n > 1 AND st = 'new'", ["ann3"]),
        ("WHERE who = 'ann' AND n BETWEEN 2 AND 3 ORDER BY n DESC", ["ann3", "ann2"]),
        ("where who = 'ann' and (n = 1 or n = 3)", ["ann1", "ann3"]),
        ("WHERE lines[0].sku = 'a' AND who <> 'ann'", ["bob1"]),
        ("WHERE who = 'ann' AND NOT st = 'new'", ["ann2"]),
        ("WHERE who IN ['bob', 'eve']", ["bob1"]),
        (
            "WHERE who = 'ann' AND gone IS MISSING AND st IS NOT MISSING AND contains(tags, 'x')",
            ["ann1", "ann2", "ann3"],
        ),
        ("WHERE who = 'ann' AND begins_with(st, 's') AND size(lines) = 1", ["ann2"]),
        ("WHERE who = 'it''s'", []),
    ],
)
def test_what_is_found(db: Any, where: str, found: list[str]) -> None:
    assert numbers(db, where) == found


def test_reading_in_other_ways(db: Any) -> None:
    assert numbers(db, "WHERE st = ? AND n < ?", {"S": "new"}, {"N": "3"}, table='"orders"."by-st"') in (
        ["ann1", "bob1"],
        ["bob1", "ann1"],
    )
    whole = db.execute_statement(Statement="SELECT * FROM orders WHERE who = 'bob'")["Items"]
    assert whole[0]["lines"] == {"L": [{"M": {"sku": {"S": "a"}, "of": {"N": "2"}}}]}
    assert whole[0]["tags"] == {"SS": ["x"]}
    pages, token = [], None
    while token is not None or not pages:
        request = {"NextToken": token} if token else {}
        page = db.execute_statement(Statement="SELECT n FROM \"orders\" WHERE who = 'ann'", Limit=2, **request)
        pages.append([item["n"]["N"] for item in page["Items"]])
        token = page.get("NextToken")
    assert [number for page in pages for number in page] == ["1", "2", "3"]
    assert len(pages) == 2


def test_changing_items(db: Any) -> None:
    changed = db.execute_statement(
        Statement="UPDATE \"orders\" SET st = 'sent' SET n2 = n + 5, tags = set_add(tags, <<'y'>>) REMOVE lines "
        "WHERE who = 'ann' AND n = 1 RETURNING ALL NEW *"
    )["Items"][0]
    assert changed == {
        "who": {"S": "ann"},
        "n": {"N": "1"},
        "st": {"S": "sent"},
        "n2": {"N": "6"},
        "tags": {"SS": ["x", "y"]},
    }
    with pytest.raises(db.exceptions.ConditionalCheckFailedException):
        db.execute_statement(Statement="UPDATE orders SET st = 'x' WHERE who = 'eve' AND n = 1")
    with pytest.raises(db.exceptions.ConditionalCheckFailedException):
        db.execute_statement(Statement="DELETE FROM orders WHERE who = 'ann' AND n = 2 AND st = 'new'")
    gone = db.execute_statement(Statement="DELETE FROM orders WHERE who = 'ann' AND n = 2 RETURNING ALL OLD *")
    assert gone["Items"][0]["st"] == {"S": "sent"}
    assert db.execute_statement(Statement="DELETE FROM orders WHERE who = 'ann' AND n = 2")["Items"] == []
    with pytest.raises(db.exceptions.DuplicateItemException, match="Duplicate primary key exists in table"):
        db.execute_statement(Statement="INSERT INTO orders VALUE {'who': 'bob', 'n': 1}")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELECT FROM orders", "wasn't well formed"),
        ("DROP orders", "wasn't well formed"),
        ("SELECT * FROM orders WHERE who = ?", "Number of parameters"),
        ("UPDATE orders SET a = 1 WHERE who = 'ann'", "mandatory equality on all key attributes"),
        ("SELECT * FROM orders.none WHERE who = 'ann'", "does not have the specified index"),
        ("SELECT * FROM orders ORDER BY n", "Must have WHERE clause"),
    ],
)
def test_statements_that_are_refused(db: Any, statement: str, message: str) -> None:
    with pytest.raises(db.exceptions.ClientError, match=message) as refused:
        db.execute_statement(Statement=statement)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_a_table_that_is_not_there_is_not_named(db: Any) -> None:
    with pytest.raises(db.exceptions.ResourceNotFoundException) as refused:
        db.execute_statement(Statement="SELECT * FROM none.gsi")
    assert refused.value.response["Error"]["Message"] == "Requested resource not found"


def test_a_batch_tells_what_came_of_each(db: Any) -> None:
    responses = db.batch_execute_statement(
        Statements=[
            {"Statement": "INSERT INTO orders VALUE {'who': 'eve', 'n': 1}"},
            {"Statement": "INSERT INTO orders VALUE {'who': 'bob', 'n': 1}"},
            {"Statement": "DELETE FROM orders WHERE who = 'ann'"},
        ]
    )["Responses"]
    assert [response.get("Error", {}).get("Code") for response in responses] == [
        None,
        "DuplicateItem",
        "ValidationError",
    ]
    read = [{"Statement": f"SELECT st FROM orders WHERE who = '{who}' AND n = 1"} for who in ("bob", "none")]
    assert [response.get("Item") for response in db.batch_execute_statement(Statements=read)["Responses"]] == [
        {"st": {"S": "new"}},
        None,
    ]


def test_a_transaction_does_all_or_nothing(db: Any) -> None:
    insert = {"Statement": "INSERT INTO orders VALUE {'who': 'eve', 'n': ?}", "Parameters": [{"N": "1"}]}
    update = {"Statement": "UPDATE orders SET st = 'paid' WHERE who = 'bob' AND n = 1"}
    check = {"Statement": "EXISTS(SELECT * FROM orders WHERE who = 'ann' AND n = 1 AND st = 'gone')"}
    with pytest.raises(db.exceptions.TransactionCanceledException) as cancelled:
        db.execute_transaction(TransactStatements=[insert, update, check])
    reasons = cancelled.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "None", "ConditionalCheckFailed"]
    assert numbers(db, "WHERE who = 'eve'") == []
    db.execute_transaction(TransactStatements=[insert, update])
    with pytest.raises(db.exceptions.TransactionCanceledException, match="DuplicateItem"):
        db.execute_transaction(TransactStatements=[insert])
    reads = [{"Statement": f"SELECT st FROM orders WHERE who = '{who}' AND n = 1"} for who in ("bob", "ann")]
    found = db.execute_transaction(TransactStatements=reads)["Responses"]
    assert [response["Item"]["st"]["S"] for response in found] == ["paid", "new"]
    with pytest.raises(db.exceptions.ClientError, match="all reads or all writes"):
        db.execute_transaction(TransactStatements=[insert, reads[0]])


def test_a_statement_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(StatementError, match="nested too deeply"):
        parse("SELECT * FROM t WHERE " + "(" * 5000)


@given(st.text(alphabet="SELCTFROMWHA*?'\"<>=(){}[],.:1-+ax \n;", max_size=60))
def test_any_text_is_a_statement_or_refused(text: str) -> None:
    try:
        parse(f"SELECT * FROM {text}")
        parse(text)
    except StatementError:
        pass
