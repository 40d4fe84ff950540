"""Headers of functions' botocore are what botocore's own are, whatever is done with them."""

from __future__ import annotations

from typing import Any

import botocore.awsrequest
import pytest
from botocore.compat import HTTPHeaders
from hypothesis import given
from hypothesis import strategies as st

from headwater.runtime.guest.headers import headers_dictionary, message_headers

Usual = botocore.awsrequest.HeadersDict
Dictionary, Message = headers_dictionary(Usual), message_headers(HTTPHeaders)
NAMES = st.sampled_from(["Host", "host", "HOST", "X-Amz-Date", "x-amz-date", "Content-Length"])
VALUES = st.one_of(st.text(max_size=5), st.binary(max_size=5), st.sampled_from(["é", "\udce9", "a\nb"]))
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
STEPS = st.lists(st.tuples(st.sampled_from(["set", "delete", "replace", "update"]), NAMES, VALUES), max_size=8)


def shown(headers: Any) -> list[tuple[str, str]]:
    """What can be had; e-mails give objects for values that are not ASCII."""
    return [(name, f"{type(value).__name__} {value!s}") for name, value in headers.items()]


def outcome(step: Any) -> Any:
    try:
        return step()
    except (KeyError, ValueError) as error:
        return type(error)


@given(PAIRS, STEPS)
def test_dictionaries_are_the_same(pairs: list[tuple[str, Any]], steps: list[tuple[str, str, Any]]) -> None:
    usual, ours = Usual(pairs), Dictionary(pairs)
    for kind, name, value in steps:
        for headers in (usual, ours):
            if kind == "delete":
                headers.pop(name, None)
            elif kind == "update":
                headers.update({name: value}, Other=value)
            else:
                headers[name] = value
        assert shown(usual) == shown(ours)
        assert repr(usual) == repr(ours)
        assert (len(usual), list(usual), usual == ours) == (len(ours), list(ours), True)
        assert (name in usual, usual.get(name)) == (name in ours, ours.get(name))
    assert shown(usual.copy()) == shown(ours.copy())
    assert shown(Usual(dict(pairs), More="1")) == shown(Dictionary(dict(pairs), More="1"))
    assert shown(Usual(usual)) == shown(Dictionary(ours)) == shown(Dictionary(usual))


def test_a_name_that_is_not_there_is_told() -> None:
    headers = Dictionary({"A": "b"})
    with pytest.raises(KeyError):
        headers["B"]
    with pytest.raises(KeyError):
        del headers["B"]
    assert 1 not in headers
    assert isinstance(headers, Usual)


@given(PAIRS, STEPS)
def test_messages_are_the_same(pairs: list[tuple[str, Any]], steps: list[tuple[str, str, Any]]) -> None:
    usual, ours = HTTPHeaders(), Message()
    for kind, name, value in [*(("set", *pair) for pair in pairs), *steps]:
        if kind == "delete":
            usual.__delitem__(name)
            ours.__delitem__(name)
        elif kind == "replace":
            assert outcome(lambda n=name, v=value: usual.replace_header(n, v)) == outcome(  # type: ignore[misc]
                lambda n=name, v=value: ours.replace_header(n, v)  # type: ignore[misc]
            )
        else:
            usual[name] = ours[name] = value
        assert shown(usual) == shown(ours)
        assert [str(one) for one in usual.get_all(name, [])] == [str(one) for one in ours.get_all(name, [])]
        assert list(usual.raw_items()) == list(ours.raw_items())
    assert isinstance(ours, HTTPHeaders)
