"""Pipes to and through API destinations, with real requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from headwater.client import Headwater
from tests.server import ServerThread
from tests.services.endpoints import Endpoint, Reply, endpoint
from tests.services.pipes_lab import Lab, queue_arn


@pytest.fixture
def lab(timed: ServerThread) -> Lab:
    return Lab(timed)


@pytest.fixture
def site() -> Iterator[Endpoint]:
    with endpoint() as made:
        yield made


def destination(lab: Lab, site: Endpoint) -> str:
    events = lab.aws("events")
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "x-key", "ApiKeyValue": "secret"}}
    connection = events.create_connection(Name="c", AuthorizationType="API_KEY", AuthParameters=key)["ConnectionArn"]
    request = {"Name": "d", "ConnectionArn": connection, "HttpMethod": "POST"}
    made = events.create_api_destination(InvocationEndpoint=f"{site.url}/orders/*", **request)
    lab.server.advance(1000)
    arn: str = made["ApiDestinationArn"]
    return arn


ONE: dict[str, Any] = {"SqsQueueParameters": {"BatchSize": 1}}
HTTP = {"HttpParameters": {"PathParameterValues": ["$.body.id"], "HeaderParameters": {"x-by": "pipe"}}}


def test_an_api_destination_as_target(lab: Lab, site: Endpoint) -> None:
    template = {"InputTemplate": '{"order": <$.body.id>}'}
    lab.pipe(Target=destination(lab, site), SourceParameters=ONE, TargetParameters=HTTP | template)
    lab.send({"id": "a b"})
    asked = site.next()
    assert (asked.path, json.loads(asked.body)) == ("/orders/a%20b", {"order": "a b"})
    assert (asked.headers["x-key"], asked.headers["x-by"]) == ("secret", "pipe")
    assert Headwater(lab.server.endpoint).settle(timeout=60)["settled"] and lab.left() == 0


def test_an_api_destination_as_enrichment(lab: Lab, site: Endpoint) -> None:
    site.answer = lambda asked: Reply(200, {}, b'{"customer": "gold"}')
    lab.pipe(Enrichment=destination(lab, site), EnrichmentParameters=HTTP)
    lab.send({"id": "7"})
    assert Headwater(lab.server.endpoint).settle(timeout=60)["settled"]
    assert lab.bodies() == [{"customer": "gold"}]


def test_an_answer_that_is_no_success_is_tried_again(lab: Lab, site: Endpoint) -> None:
    replies = [Reply(500, {}, b"no"), Reply()]
    site.answer = lambda asked: replies.pop(0)
    lab.pipe(Target=destination(lab, site), SourceParameters=ONE, TargetParameters=HTTP)
    lab.send({"id": "7"})
    assert Headwater(lab.server.endpoint).settle(timeout=60)["settled"] and lab.left() == 1
    lab.server.advance(31_000)
    assert [site.next().path for _ in range(2)] == ["/orders/7"] * 2
    assert lab.left() == 0


def test_a_batch_is_refused(lab: Lab, site: Endpoint) -> None:
    arn = destination(lab, site)
    pipes = lab.aws("pipes")
    with pytest.raises(pipes.exceptions.ValidationException, match="batch size 2 is greater than the max supported"):
        lab.pipe(Target=arn, SourceParameters={"SqsQueueParameters": {"BatchSize": 2}}, Source=queue_arn("in"))
