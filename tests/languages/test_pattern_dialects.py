"""What each service's dialect refuses, in that service's words; and what an explanation says."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.languages.patterns import (
    EVENTBRIDGE,
    PIPES,
    SNS_ATTRIBUTES,
    SNS_BODY,
    Dialect,
    InvalidPattern,
    compile_pattern,
)


def refusal(source: Any, dialect: Dialect) -> str:
    with pytest.raises(InvalidPattern) as caught:
        compile_pattern(source, dialect)
    return caught.value.message


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("[]", "Filter is not an object"),
        ('"text"', "Filter is not an object"),
        ("{}", "Empty objects are not allowed"),
        ("", "Unexpected end-of-input"),
        ("{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
        ('{"a": [1 2]}', "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"),
        (
            '{"a": [1] "b": [2]}',
            "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries",
        ),
        ('{"a" [1]}', "Unexpected character ('[' (code 91)): was expecting a colon to separate field name and value"),
        ('{"a": [01]}', "Invalid numeric value: Leading zeroes not allowed"),
        ('{"a": ["x]}', "Unexpected end-of-input: was expecting closing quote for a string value"),
        ('{"a": ["\\x"]}', "Unrecognized character escape 'x' (code 120)"),
        ('{"a": [NaN]}', "Non-standard token 'NaN': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"),
        ('{"a": [{"cidr": "10.0.0.0/9999999999"}]}', "Malformed CIDR, mask bits must be an integer"),
        ('{"a": [{"numeric": ["=", 1e400]}]}', "Value must be between -5.0E11 and 5.0E11, inclusive"),
        (
            "nonsense",
            "Unrecognized token 'nonsense': was expecting "
            "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
        ),
        ('{"a": [{"numeric": ["=", 1e12]}]}', "Value must be between -5.0E11 and 5.0E11, inclusive"),
        ('{"a": [{"numeric": ["~", 1]}]}', "Unrecognized numeric range operator: ~"),
        ('{"a": [{"wildcard": "a\\\\b"}]}', "Invalid escape character at pos 2"),
        ('{"$or": [{"a": [1]}]}', "There must have at least 2 Objects in $or relationship."),
    ],
)
def test_eventbridge_refuses(source: str, reason: str) -> None:
    """Faults of JSON as jackson-core says them, on which EventBridge's matcher stands."""
    assert refusal(source, EVENTBRIDGE) == f"Event pattern is not valid. Reason: {reason}"


def test_what_the_matcher_lets_pass() -> None:
    """https://github.com/aws/event-ruler (CIDR.java, JsonRuleCompiler.java): a slash at the end of a block's notation
    does not count, and a number that cannot be compared equals nothing but itself."""
    assert compile_pattern({"a": [{"cidr": "10.0.0.0/8/"}]}).matches({"a": "10.1.2.3"})
    assert not compile_pattern('{"a": [1e400]}').matches({"a": 1})
    huge = compile_pattern(f'{{"a": [{10**400}]}}')
    assert huge.matches({"a": 10**400})
    assert not huge.matches({"a": 1})


def test_of_two_lists_for_one_path_the_last_holds() -> None:
    pattern = compile_pattern('{"a": {"b": [1]}, "a.b": [2]}')
    assert pattern.matches({"a": {"b": 2}})
    assert not pattern.matches({"a": {"b": 1}})


def test_a_malformed_or_is_an_ordinary_field() -> None:
    pattern = compile_pattern({"$or": [{"prefix": "a"}, "b"]})
    assert pattern.matches({"$or": "abc"})
    assert not pattern.matches({"a": "abc"})


@pytest.mark.parametrize(
    ("alternatives", "event", "expected"),
    [
        ([{"a": [1, 2]}, {"a": [2, 3]}], {"a": 3}, False),
        ([{"a": [1, 2]}, {"a": [3, 4]}], {"a": 3}, True),
        ([{"a": [1], "b": [1]}, {"a": [1], "b": [2]}], {"a": 1, "b": 2}, True),
        ([{"a": [1, 2], "b": [1]}, {"a": [2, 3], "b": [1]}], {"a": 3, "b": 1}, False),
        ([{"a": [1, 2], "b": [1]}, {"a": [2, 3]}], {"a": 3}, True),
    ],
)
def test_an_alternative_that_shares_a_value_at_each_field_is_left_out(
    alternatives: list[dict[str, Any]], event: dict[str, Any], expected: bool
) -> None:
    assert compile_pattern({"$or": alternatives}).matches(event) is expected


def test_sns_counts_keys_and_combinations() -> None:
    keys = {f"key{number}": ["a"] for number in range(6)}
    assert refusal(keys, SNS_ATTRIBUTES) == "FilterPolicy: Filter policy can not have more than 5 keys"
    # https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html: 3 x 4 x 2 x 3
    nested = {"a": {"b": {"c": ["1", "2", "3", "4"]}}, "d": {"e": ["1", "2", "3"]}}
    compile_pattern(nested, SNS_BODY)
    nested["d"]["e"] = [str(number) for number in range(7)]  # type: ignore[assignment]
    assert refusal(nested, SNS_BODY) == "FilterPolicy: Filter policy is too complex"


def test_sns_attributes_do_not_nest() -> None:
    message = refusal({"a": {"b": ["c"]}}, SNS_ATTRIBUTES)
    assert message == "Filter policy scope MessageAttributes does not support nested filter policy"


def test_pipes_have_no_wildcards() -> None:
    assert refusal({"a": [{"wildcard": "*"}]}, PIPES) == "Invalid filter pattern definition."
    assert refusal({"a": [{"anything-but": {"prefix": "a"}}]}, PIPES) == "Invalid filter pattern definition."
    assert compile_pattern({"a": [{"anything-but": ["b"]}]}, PIPES).matches({"a": "c"})


def test_an_explanation_names_the_field_that_said_no() -> None:
    pattern = compile_pattern({"source": ["orders"], "detail": {"total": [{"numeric": [">", 100]}, 5]}})
    explanation = pattern.explain({"source": "orders", "detail": {"total": 19}})
    assert not explanation.matched
    assert explanation.reason() == "detail.total is 19, wanted > 100 or 5"
    assert pattern.explain({"source": "orders"}).reason().startswith("detail.total is not there")


def test_an_explanation_tells_of_scattered_elements() -> None:
    pattern = compile_pattern({"items": {"sku": ["A1"], "price": [5]}})
    explanation = pattern.explain({"items": [{"sku": "A1", "price": 9}, {"sku": "B2", "price": 5}]})
    assert explanation.branches[0].scattered
    assert explanation.reason() == "no single element of an array satisfies all fields"
