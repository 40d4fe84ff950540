"""Shadow documents: how updates change them, and in what desired and reported state differ."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.shadows import NOTHING, Shadow, ShadowProblem, apply, difference, parse_update, stamp

NAMES = st.sampled_from("abc")
SCALARS = st.one_of(st.booleans(), st.integers(-2, 2), st.sampled_from(["", "x"]), st.just(0.5))
VALUES = st.recursive(
    SCALARS | st.none() | st.lists(SCALARS, max_size=2), lambda inner: st.dictionaries(NAMES, inner, max_size=3)
)
SECTIONS = st.dictionaries(NAMES, VALUES, max_size=3)
UPDATES = st.fixed_dictionaries({}, optional={"desired": SECTIONS | st.none(), "reported": SECTIONS | st.none()})


def updated(shadow: Shadow, state: dict[str, Any], seconds: int = 1, **more: Any) -> Shadow:
    return apply(shadow, parse_update(orjson.dumps({"state": state, **more})), seconds)


def leaves(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """A document as its values by path; arrays are values."""
    if not isinstance(value, dict):
        return {path: value}
    return {place: leaf for name, item in value.items() for place, leaf in leaves(item, (*path, name)).items()}


@given(st.lists(UPDATES, max_size=6))
def test_updates_set_and_remove_values_by_path(updates: list[dict[str, Any]]) -> None:
    shadow = NOTHING
    model: dict[tuple[str, ...], Any] = {}
    for number, update in enumerate(updates, 1):
        shadow = updated(shadow, update, number)
        for place, leaf in _changes(update):
            for known in [known for known in model if _covers(place, known, leaf)]:
                del model[known]
            if leaf is not None and not isinstance(leaf, dict):
                model[place] = leaf
        assert leaves(shadow.state) == model or (not model and shadow.state == {})
        assert shadow.version == number
        assert _shape(shadow.metadata) == _shape(stamp(shadow.state, 0))


def _changes(value: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """What an update says of each place, objects before what is in them."""
    if not isinstance(value, dict):
        return [(path, value)]
    return [(path, {}), *(change for name, item in value.items() for change in _changes(item, (*path, name)))]


def _covers(place: tuple[str, ...], known: tuple[str, ...], leaf: Any) -> bool:
    """Whether a change at a place ends a value: an object only ends what stands where it is to be."""
    if isinstance(leaf, dict):
        return known == place
    return known[: len(place)] == place


def _shape(metadata: Any) -> Any:
    if isinstance(metadata, list):
        return [_shape(item) for item in metadata]
    if isinstance(metadata, dict) and set(metadata) != {"timestamp"}:
        return {name: _shape(item) for name, item in metadata.items()}
    return "time"


@given(SECTIONS, SECTIONS)
def test_reporting_the_difference_ends_it(desired: dict[str, Any], reported: dict[str, Any]) -> None:
    shadow = updated(NOTHING, {"desired": desired, "reported": reported})
    differing, stamps = difference(shadow)
    assert _shape(stamps) == _shape(stamp(differing, 0))
    for place, leaf in leaves(differing).items():
        assert leaves(shadow.state["desired"])[place] == leaf
    cleared = updated(shadow, {"reported": None})
    settled = updated(cleared, {"reported": shadow.state.get("desired") or {}})
    assert difference(settled) == ({}, {})


@pytest.mark.parametrize(
    ("desired", "reported", "delta"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 1.0}, {"a": 1}),
        ({"a": 1}, {"a": True}, {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, {"a": {"c": 2}}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": [1, 2]}),
        ({"a": [{"x": 1, "y": 2}]}, {"a": [{"y": 2, "x": 1}]}, {}),
        ({"a": 1}, {"b": 1}, {"a": 1}),
        ({"a": {"b": 1}}, {"a": 5}, {"a": {"b": 1}}),
    ],
)
def test_a_delta_is_what_is_desired_and_not_reported(
    desired: dict[str, Any], reported: dict[str, Any], delta: dict[str, Any]
) -> None:
    assert difference(updated(NOTHING, {"desired": desired, "reported": reported}))[0] == delta


def test_each_value_keeps_the_time_when_it_was_set() -> None:
    first = updated(NOTHING, {"desired": {"a": 1, "b": {"c": [1, {"d": 2}]}}}, 10)
    second = updated(first, {"desired": {"a": 2}}, 20)
    stamped = {"timestamp": 10}
    assert second.metadata == {"desired": {"a": {"timestamp": 20}, "b": {"c": [stamped, {"d": stamped}]}}}


@pytest.mark.parametrize(
    ("document", "code", "message"),
    [
        (b"{", 400, "Invalid JSON"),
        (b"[]", 400, "Invalid JSON"),
        (b'"\xff"', 415, "Unsupported documented encoding; supported encoding is UTF-8"),
        (b"{}", 400, "Missing required node: state"),
        (b'{"state":1}', 400, "State node must be an object"),
        (b'{"state":{"desired":[]}}', 400, "Desired node must be an object"),
        (b'{"state":{"reported":"on"}}', 400, "Reported node must be an object"),
        (b'{"state":{"desired":{"a":[null]}}}', 400, "State contains an invalid node"),
        (b'{"state":{},"version":"1"}', 400, "Invalid version"),
        (b'{"state":{},"version":true}', 400, "Invalid version"),
        (b'{"state":{},"version":7}', 409, "Version conflict"),
        (b'{"state":{},"clientToken":1}', 400, "Invalid clientToken"),
        (b'{"state":{},"clientToken":"%s"}' % (b"t" * 65), 400, "Invalid clientToken"),
        (b'{"state":{"desired":{"a":"%s"}}}' % (b"x" * 8192), 413, "The payload exceeds the maximum size allowed"),
    ],
)
def test_what_is_rejected_is_told_in_awss_words(document: bytes, code: int, message: str) -> None:
    with pytest.raises(ShadowProblem) as told:
        apply(NOTHING, parse_update(document), 1)
    assert (told.value.code, told.value.message) == (code, message)


def test_a_section_is_eight_levels_deep_at_most() -> None:
    def nested(levels: int) -> dict[str, Any]:
        return {"a": nested(levels - 1)} if levels > 1 else {"a": 1}

    assert updated(NOTHING, {"desired": nested(8)}).version == 1
    with pytest.raises(ShadowProblem, match="too many levels of nesting"):
        updated(NOTHING, {"desired": nested(9)})
