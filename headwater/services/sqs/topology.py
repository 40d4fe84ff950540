"""Queues on the map, with what is in them."""

from __future__ import annotations

from headwater.services.sqs import tables
from headwater.services.sqs.queue import queue_url
from headwater.services.sqs.redrive import dead_letter_target
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology


@operation("sqs", "Topology", internal=True, reads=True)
def map_queues(call: Call, request: Request) -> Result:
    """``visible`` messages wait to be received, ``hidden`` ones are in flight or delayed."""
    queues, links = [], []
    for arn, name, attributes, visible, hidden in call.store.all(
        tables.MAP_QUEUES, (call.now, call.now, call.account, call.region)
    ):
        url = queue_url(call, call.account, name)
        queues.append(resource(arn, "AWS::SQS::Queue", name, url, visible=visible, hidden=hidden))
        dead_letters = dead_letter_target(attributes)
        if dead_letters is not None:
            links.append(link(arn, dead_letters, "dead letter"))
    return topology(call, queues, links)
