"""Whatever comes in over the wire, DynamoDB answers with an error of its own, never with a failure of ours."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import client_factory
from tests.server import ServerThread
from tests.services.dynamodb import index, make_table

ACCOUNT = "300000000001"

junk: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-3, 3),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=4),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=4,
)
scalar_values = st.one_of(
    st.builds(lambda text: {"S": text}, st.sampled_from(["", "a", "é", "x" * 3000])),
    st.builds(lambda text: {"N": text}, st.sampled_from(["1", "-1.50", "1e125", "1e999", "", "NaN", "9" * 39])),
    st.builds(lambda text: {"B": text}, st.sampled_from(["YQ==", "", "Y", "!!!!", "YR=="])),
    st.builds(lambda members: {"SS": members}, st.lists(st.sampled_from(["a", "b", ""]), max_size=3)),
    st.builds(lambda members: {"NS": members}, st.lists(st.sampled_from(["1", "1.0", "x"]), max_size=3)),
    st.sampled_from([{}, {"BOOL": True}, {"NULL": False}, {"NULL": True}, {"S": "a", "N": "1"}, {"X": 1}]),
)
values = st.one_of(
    scalar_values,
    st.builds(lambda members: {"L": members}, st.lists(scalar_values, max_size=2)),
    st.builds(lambda member: {"M": {"x": member}}, scalar_values),
    junk,
)
names = st.sampled_from(["pk", "sk", "g", "n", "a", "#n", ""])
items = st.dictionaries(names, values, max_size=4)
words = st.sampled_from(
    [
        "pk",
        "sk",
        "g",
        "n",
        "a",
        "#n",
        ":v",
        ":w",
        "=",
        "<>",
        "<",
        "<=",
        "(",
        ")",
        "[",
        "]",
        "0",
        "9",
        ".",
        ",",
        "+",
        "-",
        "SET",
        "REMOVE",
        "ADD",
        "DELETE",
        "AND",
        "OR",
        "NOT",
        "BETWEEN",
        "IN",
        "size(",
        "attribute_exists(",
        "contains(",
        "begins_with(",
        "if_not_exists(",
        "list_append(",
        "status",
        "_x",
        "!",
        "é",
    ]
)
texts = st.one_of(
    st.lists(words, max_size=8).map(" ".join),
    st.sampled_from(
        ["SET a = :v", "SET a[0] = :v", "ADD n :v", "DELETE a :v", "a = :v", "pk = :v", "pk = :v AND sk > :w", "#n, a"]
    ),
)
expressions = {
    "ExpressionAttributeNames": st.dictionaries(st.sampled_from(["#n", "#m", "n"]), st.sampled_from(["n", "a", ""])),
    "ExpressionAttributeValues": st.dictionaries(st.sampled_from([":v", ":w", "v"]), values, max_size=2),
    "ReturnConsumedCapacity": st.sampled_from(["TOTAL", "INDEXES", "x"]),
}
conditional = expressions | {
    "ConditionExpression": texts,
    "Expected": st.dictionaries(
        names,
        st.fixed_dictionaries(
            {},
            optional={
                "Value": values,
                "Exists": st.booleans(),
                "ComparisonOperator": st.sampled_from(["EQ", "IN", "BETWEEN", "NULL", "CONTAINS", "x"]),
                "AttributeValueList": st.lists(values, max_size=2),
            },
        ),
        max_size=2,
    ),
    "ReturnValues": st.sampled_from(["ALL_OLD", "UPDATED_NEW", "x"]),
}
reading = expressions | {
    "ProjectionExpression": texts,
    "FilterExpression": texts,
    "IndexName": st.sampled_from(["gsi", "lsi", "nope"]),
    "Limit": st.integers(-1, 3),
    "ExclusiveStartKey": items,
    "Select": st.sampled_from(["COUNT", "ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES"]),
    "ConsistentRead": st.booleans(),
}


def requests(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    table = st.sampled_from(["tab", "tab", "tab", "nope", "x", "arn:aws:dynamodb:us-east-1:1:table/tab"])
    return st.fixed_dictionaries({"TableName": table} | required, optional=optional)


OPERATIONS: dict[str, st.SearchStrategy[Any]] = {
    "PutItem": requests({"Item": items}, conditional),
    "GetItem": requests({"Key": items}, expressions | {"ProjectionExpression": texts}),
    "DeleteItem": requests({"Key": items}, conditional),
    "UpdateItem": requests(
        {"Key": items},
        conditional
        | {
            "UpdateExpression": texts,
            "AttributeUpdates": st.dictionaries(
                names,
                st.fixed_dictionaries(
                    {}, optional={"Value": values, "Action": st.sampled_from(["ADD", "DELETE", "x"])}
                ),
                max_size=2,
            ),
        },
    ),
    "Query": requests({}, reading | {"KeyConditionExpression": texts, "ScanIndexForward": st.booleans()}),
    "Scan": requests({}, reading | {"Segment": st.integers(-1, 3), "TotalSegments": st.integers(0, 3)}),
    "TransactWriteItems": st.fixed_dictionaries(
        {
            "TransactItems": st.lists(
                st.one_of(
                    st.builds(lambda request: {"Put": request}, requests({"Item": items}, conditional)),
                    st.builds(
                        lambda request: {"Update": request},
                        requests({"Key": items}, conditional | {"UpdateExpression": texts}),
                    ),
                    st.just({}),
                ),
                max_size=2,
            )
        }
    ),
    "BatchWriteItem": st.fixed_dictionaries(
        {
            "RequestItems": st.dictionaries(
                st.sampled_from(["tab", "nope"]),
                st.lists(
                    st.one_of(
                        st.builds(lambda item: {"PutRequest": {"Item": item}}, items),
                        st.builds(lambda item: {"DeleteRequest": {"Key": item}}, items),
                        junk,
                    ),
                    max_size=3,
                ),
                max_size=2,
            )
        }
    ),
    "CreateTable": st.fixed_dictionaries(
        {"TableName": st.sampled_from(["new", "tab", "!"]), "KeySchema": junk, "AttributeDefinitions": junk}
    ),
}


@pytest.fixture(scope="module")
def connection() -> Iterator[http.client.HTTPConnection]:
    with ServerThread() as server:
        make_table(
            client_factory(server.endpoint, ACCOUNT)("dynamodb"),
            attributes={"g": "S", "n": "N"},
            GlobalSecondaryIndexes=[index("gsi", "g")],
            LocalSecondaryIndexes=[index("lsi", "pk", "n", "KEYS_ONLY")],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        address = urlsplit(server.endpoint)
        with closing(http.client.HTTPConnection(str(address.hostname), address.port)) as connection:
            yield connection


def ask(connection: http.client.HTTPConnection, operation: str, body: str) -> tuple[int, str]:
    scope = f"{ACCOUNT}/20260101/us-east-1/dynamodb/aws4_request"
    headers = {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }
    connection.request("POST", "/", body.encode(), headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_request_is_too_odd(connection: http.client.HTTPConnection, operation: str) -> None:
    @settings(max_examples=60)
    @given(OPERATIONS[operation])
    def check(request: dict[str, Any]) -> None:
        status, text = ask(connection, operation, json.dumps(request))
        assert status in (200, 400), text
        if status == 400:
            error = json.loads(text)
            assert error["__type"] and error.get("message", error.get("Message"))

    check()


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"x"', "\x00", "{}" * 2, '{"TableName": ' + "[" * 5000])
def test_bodies_that_are_no_requests(connection: http.client.HTTPConnection, body: str) -> None:
    status, text = ask(connection, "PutItem", body)
    assert status == 400 and "Exception" in json.loads(text)["__type"]
