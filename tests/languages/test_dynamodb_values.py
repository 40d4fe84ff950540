"""Attribute values: what is refused and with which words, how much they weigh, when they are equal."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.dynamodb import keys, values
from headwater.languages.dynamodb.errors import SerializationException, ValidationException

INVALID = "One or more parameter values were invalid: "

scalars = st.one_of(
    st.text(max_size=5).map(lambda text: {"S": text}),
    st.integers(-99, 99).map(lambda number: {"N": str(number)}),
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.just({"NULL": True}),
    st.binary(max_size=5).map(lambda content: {"B": content}),
    st.lists(st.text(max_size=3), min_size=1, unique=True).map(lambda members: {"SS": members}),
    st.lists(st.integers(-9, 9).map(str), min_size=1, unique=True).map(lambda members: {"NS": members}),
)
attribute_values: st.SearchStrategy[dict[str, Any]] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda members: {"L": members}),
        st.dictionaries(st.text(max_size=3), inner, max_size=3).map(lambda members: {"M": members}),
    ),
    max_leaves=8,
)


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "leaf"}
    for _ in range(depth):
        value = {"M": {"n": value}}
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"a": ""}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"L": [{}]}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        (
            {"S": "a", "N": "1"},
            "Supplied AttributeValue has more than one datatypes set, "
            "must contain exactly one of the supported datatypes",
        ),
        ({"S": "a", "N": "b"}, "The parameter cannot be converted to a numeric value: b"),
        ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        ({"SS": []}, INVALID + "An string set  may not be empty"),
        ({"NS": []}, INVALID + "An number set  may not be empty"),
        ({"BS": []}, INVALID + "Binary sets should not be empty"),
        ({"SS": ["", ""]}, INVALID + "Input collection [, ] contains duplicates."),
        ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
        ({"BS": ["Yg==", "Yg=="]}, INVALID + "Input collection [Yg==, Yg==]of type BS contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"NS": ["1", ""]}, "The parameter cannot be converted to a numeric value"),
        (
            nested(32),
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit",
        ),
    ],
)
def test_what_is_refused(value: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationException) as refused:
        values.check(value)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "value",
    [
        {"S": 1},
        {"N": 1},
        {"BOOL": "yes"},
        {"SS": "a"},
        {"SS": [1]},
        {"M": []},
        {"L": ["a"]},
        {"B": "Yg="},
        {"B": "Yh=="},
    ],
)
def test_what_is_of_the_wrong_shape(value: dict[str, Any]) -> None:
    with pytest.raises(SerializationException):
        values.check(value)


def test_sets_may_hold_what_is_empty() -> None:
    assert values.check({"SS": ["", "a"]}) == 1
    assert values.check({"BS": [b"", b"a"]}) == 1


def test_the_deepest_nesting_passes() -> None:
    assert values.check(nested(31)) > 0


def test_numbers_and_bytes_take_their_normal_form_in_place() -> None:
    value = {"M": {"n": {"N": "1.50"}, "b": {"B": b"b"}, "s": {"NS": ["1e2"]}}}
    values.check(value)
    assert value == {"M": {"n": {"N": "1.5"}, "b": {"B": "Yg=="}, "s": {"NS": ["100"]}}}


@given(attribute_values)
def test_size_is_the_same_before_and_after(value: dict[str, Any]) -> None:
    assert values.check(value) == values.size_of(value) == values.check(value)


@given(attribute_values, attribute_values)
def test_equality_is_that_of_plain_python(left: dict[str, Any], right: dict[str, Any]) -> None:
    values.check(left)
    values.check(right)
    assert values.equal(left, right) == (plain(left) == plain(right))
    assert values.equal(left, left)


def plain(value: dict[str, Any]) -> Any:
    ((name, content),) = value.items()
    if name in ("SS", "NS", "BS"):
        return name, frozenset(content)
    if name == "L":
        return name, [plain(member) for member in content]
    return name, {key: plain(member) for key, member in content.items()} if name == "M" else content


def test_item_sizes_as_documented() -> None:
    item: dict[str, Any] = {"pk": {"S": "é"}, "flag": {"BOOL": True}, "list": {"L": [{"NULL": True}]}}
    assert values.check_item(item) == values.item_size(item) == (2 + 2) + (4 + 1) + (4 + 3 + 1 + 1)


@given(st.lists(st.tuples(st.binary(max_size=3), st.binary(max_size=3)), min_size=2, max_size=2))
def test_joined_keys_compare_as_their_parts_do(pair: list[tuple[bytes, bytes]]) -> None:
    one, other = pair
    assert (keys.joined(one) < keys.joined(other)) == (one < other)
    assert keys.joined(one).startswith(keys.joined_prefix(other[0])) == one[0].startswith(other[0])
