"""Properties against the shape of their type: what is told, and what is let through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from headwater.languages.templates.properties import violations

SHAPE: dict[str, Any] = {
    "properties": {
        "Name": {"type": "string"},
        "Size": {"type": "integer"},
        "Share": {"type": "number"},
        "On": {"type": "boolean"},
        "Document": {},
        "Rules": {"items": {"ref": "Rule"}},
        "Variables": {"values": {"type": "string"}},
    },
    "required": ["Name"],
    "definitions": {"Rule": {"properties": {"Id": {"type": "string"}, "Then": {"ref": "Rule"}}, "required": ["Id"]}},
}


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({}, ["#: required key [Name] not found"]),
        ({"Name": "a", "Foo": 1}, ["#: extraneous key [Foo] is not permitted"]),
        ({"Name": ["a"]}, ["#/Name: expected type: String, found: JSONArray"]),
        ({"Name": "a", "Size": "many"}, ["#/Size: expected type: Integer, found: String"]),
        ({"Name": "a", "Size": 1.5}, ["#/Size: expected type: Integer, found: Double"]),
        ({"Name": "a", "Size": True}, ["#/Size: expected type: Integer, found: Boolean"]),
        ({"Name": "a", "Share": {}}, ["#/Share: expected type: Number, found: JSONObject"]),
        ({"Name": "a", "On": "perhaps"}, ["#/On: expected type: Boolean, found: String"]),
        ({"Name": "a", "Rules": {"Id": "x"}}, ["#/Rules: expected type: JSONArray, found: JSONObject"]),
        ({"Name": "a", "Variables": "x"}, ["#/Variables: expected type: JSONObject, found: String"]),
        ({"Name": "a", "Variables": {"K": {}}}, ["#/Variables/K: expected type: String, found: JSONObject"]),
        (
            {"Foo": 1, "Rules": [{"Id": "x", "Then": {"Bar": 1}}, 5]},
            [
                "#: required key [Name] not found",
                "#: extraneous key [Foo] is not permitted",
                "#/Rules/0/Then: required key [Id] not found",
                "#/Rules/0/Then: extraneous key [Bar] is not permitted",
                "#/Rules/1: expected type: JSONObject, found: Integer",
            ],
        ),
    ],
)
def test_what_is_told(properties: dict[str, Any], told: list[str]) -> None:
    assert violations(SHAPE, properties) == told


RULES = some.recursive(
    some.fixed_dictionaries({"Id": some.text()}),
    lambda rule: some.fixed_dictionaries({"Id": some.integers()}, optional={"Then": rule}),
    max_leaves=4,
)
FITTING = some.fixed_dictionaries(
    {"Name": some.text() | some.integers() | some.booleans()},
    optional={
        "Size": some.integers() | some.integers().map(str) | some.none(),
        "Share": some.floats(allow_nan=False, allow_infinity=False).flatmap(lambda x: some.sampled_from([x, str(x)])),
        "On": some.booleans() | some.sampled_from(["true", "false", "True"]),
        "Document": some.recursive(some.text(), lambda each: some.lists(each) | some.dictionaries(some.text(), each)),
        "Rules": some.lists(RULES, max_size=3),
        "Variables": some.dictionaries(some.text(), some.text(), max_size=3),
    },
)


@settings(max_examples=15)
@given(FITTING)
def test_what_fits_or_can_be_read_so_is_let_through(properties: dict[str, Any]) -> None:
    assert violations(SHAPE, properties) == []


@settings(max_examples=20)
@given(FITTING, some.text().filter(lambda name: name not in SHAPE["properties"]))
def test_each_strange_name_is_told(properties: dict[str, Any], strange: str) -> None:
    assert violations(SHAPE, {**properties, strange: 1}) == [f"#: extraneous key [{strange}] is not permitted"]
