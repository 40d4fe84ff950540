"""Functions' sessions copy botocore's event handlers; they are to be the same, and each session's own."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from headwater.runtime.guest.launcher import share_handlers

EVENTS = (
    "before-call.s3.PutObject",
    "before-parameter-build.s3.CopyObject",
    "before-sign.dynamodb.PutItem",
    "creating-client-class.iot-data",
    "needs-retry.sqs.SendMessage",
    "provide-client-params.kinesis.PutRecord",
    "docs.title.sqs",
)


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.session, "get_session", botocore.session.get_session)
    share_handlers(botocore.session)


def handlers(session: Any, event: str) -> list[Any]:
    """Who answers to an event, without calling them."""
    found: list[Any] = list(session._original_handler._handlers.prefix_search(event))
    return found


def test_they_are_those_of_a_session_that_registered_its_own() -> None:
    own, shared = botocore.session.Session(), botocore.session.get_session()
    told = [handlers(shared, event) for event in EVENTS]
    assert told == [handlers(own, event) for event in EVENTS]
    assert sum(map(len, told)) > len(EVENTS)


def test_what_one_session_registers_no_other_gets() -> None:
    one, other = botocore.session.get_session(), botocore.session.get_session()
    one.register("before-call.s3.PutObject", lambda **_: None)
    assert len(handlers(one, EVENTS[0])) == len(handlers(other, EVENTS[0])) + 1
    assert handlers(botocore.session.get_session(), EVENTS[0]) == handlers(other, EVENTS[0])
