"""Schemas drafted from events: each event that one was drafted from validates."""

from __future__ import annotations

from typing import Any

import jsonschema
import orjson
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.json_schemas import camel, draft, draft4, drafted, exported, merge, openapi

NAMES = st.sampled_from(["a", "b", "a-b", "Order", "order", "", "$ref", "kinds", "Event"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "text", "2026-11-27T10:00:00Z", "2026-02-30T10:00:00Z", "2026-11-27"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
EVENTS = st.lists(st.dictionaries(NAMES, VALUES, max_size=4) | VALUES, min_size=1, max_size=4)


def validate(value: Any, schema: dict[str, Any]) -> None:
    checker = jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)
    checker.check_schema(schema)
    checker.validate(value)


@given(EVENTS)
def test_each_event_validates_against_what_was_drafted(events: list[Any]) -> None:
    known = drafted(events)
    for schema in (draft4(known), exported(openapi(known))):
        for event in events:
            validate(event, schema)


@given(EVENTS, VALUES)
def test_a_draft_survives_being_kept_and_does_not_forget(events: list[Any], more: Any) -> None:
    known = drafted(events)
    kept = orjson.loads(orjson.dumps(known))
    assert draft4(merge(kept, draft(more))) == draft4(merge(known, draft(more)))
    assert merge(known, known) == known
    for event in events:
        validate(event, draft4(merge(known, draft(more))))


def test_an_event_of_a_bus_is_written_as_aws_does() -> None:
    event = {
        "version": "0",
        "id": "1",
        "detail-type": "Order placed",
        "source": "shop",
        "account": "1",
        "time": "2026-11-27T10:00:00Z",
        "region": "us-east-1",
        "resources": ["a"],
        "detail": {"total": 1.5, "customer": {"name": "ann"}, "note": None},
    }
    document = openapi(draft(event), "shop", "Order placed")
    assert (document["openapi"], document["info"]) == ("3.0.0", {"version": "1.0.0", "title": "OrderPlaced"})
    schemas = document["components"]["schemas"]
    assert list(schemas) == ["AWSEvent", "OrderPlaced", "Customer"]
    assert schemas["AWSEvent"]["x-amazon-events-source"] == "shop"
    assert schemas["AWSEvent"]["properties"]["detail"] == {"$ref": "#/components/schemas/OrderPlaced"}
    assert schemas["AWSEvent"]["properties"]["time"] == {"type": "string", "format": "date-time"}
    assert schemas["AWSEvent"]["properties"]["resources"] == {"type": "array", "items": {"type": "string"}}
    assert schemas["OrderPlaced"] == {
        "type": "object",
        "required": ["customer", "note", "total"],
        "properties": {
            "total": {"type": "number"},
            "customer": {"$ref": "#/components/schemas/Customer"},
            "note": {},
        },
    }
    validate(event, exported(document))


def test_what_is_not_always_there_is_not_required() -> None:
    known = drafted([{"a": 1, "b": "x"}, {"a": 1.5, "c": None}, {"a": None}])
    schema = draft4(known)
    assert schema["required"] == ["a"]
    assert schema["properties"] == {
        "a": {"type": ["number", "null"]},
        "b": {"type": "string"},
        "c": {},
    }


def test_names_of_types() -> None:
    assert camel("EC2 Instance State-change Notification") == "EC2InstanceStateChangeNotification"
