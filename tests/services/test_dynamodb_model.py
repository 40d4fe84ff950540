"""Random operations against the service and against a dictionary: what is there must always agree."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from headwater.spine.errors import AwsError
from headwater.spine.operations import Caller
from tests.server import ServerThread

_accounts = itertools.count(200_000_000_000)

Key = tuple[str, int]
keys = st.tuples(st.sampled_from("ab"), st.integers(-2, 2))
groups = st.sampled_from([None, "g", "h"])
conditions = st.sampled_from([None, "attribute_exists(pk)", "attribute_not_exists(pk)", "n > :zero"])


def wire_key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"N": str(key[1])}}


def key_of(item: dict[str, Any]) -> Key:
    return item["pk"]["S"], int(item["sk"]["N"])


class TableMachine(RuleBasedStateMachine):
    """One table with a sparse global index and a stream."""

    server: ServerThread

    @initialize()
    def make_table(self) -> None:
        self.caller = Caller(str(next(_accounts)), "us-east-1", "")
        self.items: dict[Key, dict[str, Any]] = {}
        self.changes: list[tuple[str, Key]] = []
        types = {"pk": "S", "sk": "N", "g": "S"}
        schema = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        index = {
            "IndexName": "by-g",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, schema[1]],
            "Projection": {"ProjectionType": "ALL"},
        }
        table = self.call(
            "CreateTable",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in types.items()],
            KeySchema=schema,
            GlobalSecondaryIndexes=[index],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )["TableDescription"]
        self.stream = table["LatestStreamArn"]

    def call(self, name: str, service: str = "dynamodb", **request: Any) -> dict[str, Any]:
        engine = self.server.cloud.engine
        given = request if service != "dynamodb" else {"TableName": "tab", **request}
        return self.server.run(engine.call(service, name, given, self.caller, None))

    def guarded(self, key: Key, condition: str | None, name: str, **request: Any) -> bool:
        """Does something under a condition; whether the model says that it holds, and so must the service."""
        old = self.items.get(key)
        holds = {
            None: True,
            "attribute_exists(pk)": old is not None,
            "attribute_not_exists(pk)": old is None,
            "n > :zero": old is not None and int(old.get("n", {"N": "0"})["N"]) > 0,
        }[condition]
        values = dict(request.pop("values", {}))
        if condition:
            request["ConditionExpression"] = condition
            if ":zero" in condition:
                values[":zero"] = {"N": "0"}
        if values:
            request["ExpressionAttributeValues"] = values
        if holds:
            self.call(name, **request)
        else:
            with pytest.raises(AwsError) as refused:
                self.call(name, **request)
            assert refused.value.code == "ConditionalCheckFailedException"
        return holds

    def become(self, key: Key, item: dict[str, Any] | None) -> None:
        old = self.items.pop(key, None)
        if item is not None:
            self.items[key] = item
        if old != item:
            self.changes.append(("INSERT" if old is None else "REMOVE" if item is None else "MODIFY", key))

    @rule(key=keys, group=groups, number=st.integers(-1, 1), condition=conditions)
    def put(self, key: Key, group: str | None, number: int, condition: str | None) -> None:
        item = wire_key(key) | {"n": {"N": str(number)}} | ({"g": {"S": group}} if group else {})
        if self.guarded(key, condition, "PutItem", Item=dict(item)):
            self.become(key, item)

    @rule(key=keys, condition=conditions)
    def delete(self, key: Key, condition: str | None) -> None:
        if self.guarded(key, condition, "DeleteItem", Key=wire_key(key)):
            self.become(key, None)

    @rule(key=keys, condition=conditions, step=st.integers(-2, 2))
    def add(self, key: Key, condition: str | None, step: int) -> None:
        update = {"UpdateExpression": "ADD n :step", "values": {":step": {"N": str(step)}}}
        if self.guarded(key, condition, "UpdateItem", Key=wire_key(key), **update):
            old = self.items.get(key, wire_key(key))
            self.become(key, old | {"n": {"N": str(int(old.get("n", {"N": "0"})["N"]) + step)}})

    @rule(key=keys, group=st.sampled_from("gh"))
    def move(self, key: Key, group: str) -> None:
        update = {"UpdateExpression": "SET g = :g", "values": {":g": {"S": group}}}
        self.guarded(key, None, "UpdateItem", Key=wire_key(key), **update)
        self.become(key, self.items.get(key, wire_key(key)) | {"g": {"S": group}})

    @rule(chosen=st.lists(keys, min_size=1, max_size=3, unique=True), fails=st.booleans())
    def transact(self, chosen: list[Key], fails: bool) -> None:
        """Puts all keys, or none where the last of the actions cannot be done."""
        actions = [{"Put": {"TableName": "tab", "Item": wire_key(key)}} for key in chosen]
        if fails:
            check = {"TableName": "tab", "Key": wire_key(("zz", 0)), "ConditionExpression": "attribute_exists(pk)"}
            with pytest.raises(AwsError) as refused:
                self.call("TransactWriteItems", TransactItems=[*actions, {"ConditionCheck": check}])
            assert refused.value.code == "TransactionCanceledException"
            return
        self.call("TransactWriteItems", TransactItems=actions)
        for key in chosen:
            self.become(key, wire_key(key))

    @rule(key=keys)
    def get(self, key: Key) -> None:
        assert self.call("GetItem", Key=wire_key(key)).get("Item") == self.items.get(key)

    @rule(hash_key=st.sampled_from("ab"), low=st.integers(-2, 2), limit=st.integers(1, 6), forward=st.booleans())
    def query(self, hash_key: str, low: int, limit: int, forward: bool) -> None:
        answer = self.call(
            "Query",
            KeyConditionExpression="pk = :pk AND sk >= :low",
            ExpressionAttributeValues={":pk": {"S": hash_key}, ":low": {"N": str(low)}},
            Limit=limit,
            ScanIndexForward=forward,
        )
        wanted = sorted([key for key in self.items if key[0] == hash_key and key[1] >= low], reverse=not forward)
        assert [key_of(item) for item in answer["Items"]] == wanted[:limit]
        assert ("LastEvaluatedKey" in answer) == (len(wanted) >= limit)

    @rule(group=st.sampled_from("gh"), limit=st.integers(1, 3))
    def query_index(self, group: str, limit: int) -> None:
        request = {
            "IndexName": "by-g",
            "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": {":g": {"S": group}},
            "Limit": limit,
        }
        found: list[dict[str, Any]] = []
        while True:
            answer = self.call("Query", **request)
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        wanted = [item for item in self.items.values() if item.get("g") == {"S": group}]
        assert [item["sk"] for item in found] == [item["sk"] for item in sorted(wanted, key=lambda i: key_of(i)[1])]
        assert sorted(map(str, map(key_of, found))) == sorted(map(str, map(key_of, wanted)))

    @invariant()
    def everything_is_there(self) -> None:
        if not hasattr(self, "items"):
            return
        found = self.call("Scan")["Items"]
        assert {key_of(item): item for item in found} == self.items and len(found) == len(self.items)

    @invariant()
    def every_change_is_told(self) -> None:
        if not hasattr(self, "items"):
            return
        records = self.call("Poll", "dynamodbstreams", StreamArn=self.stream, Position=0)["Records"]
        told = [(record["eventName"], key_of(record["dynamodb"]["Keys"])) for record in records]
        assert told == self.changes


def test_the_service_agrees_with_a_dictionary(server: ServerThread) -> None:
    machine = type("Machine", (TableMachine,), {"server": server})
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=25, stateful_step_count=30),
    )
