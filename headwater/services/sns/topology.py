"""Topics on the map, and who is subscribed."""

from __future__ import annotations

import orjson

from headwater.services.sns import tables
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology


@operation("sns", "Topology", internal=True, reads=True)
def map_topics(call: Call, request: Request) -> Result:
    topics, links = [], []
    for (arn,) in call.store.all(tables.MAP_TOPICS, (call.account, call.region)):
        topics.append(resource(arn, "AWS::SNS::Topic", arn.rpartition(":")[2], arn))
    for subscription, topic, endpoint, attributes in call.store.all(
        tables.MAP_SUBSCRIPTIONS, (call.account, call.region)
    ):
        settings = orjson.loads(attributes)
        links.append(link(topic, endpoint, "subscription", subscription, settings.get("FilterPolicy")))
        redrive = settings.get("RedrivePolicy")
        if redrive:
            links.append(link(topic, orjson.loads(redrive)["deadLetterTargetArn"], "dead letter", subscription))
    return topology(call, topics, links)
