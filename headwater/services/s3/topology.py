"""Buckets on the map, and whom they notify."""

from __future__ import annotations

import orjson

from headwater.services.s3 import tables
from headwater.services.s3.notifications import DESTINATIONS
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology


@operation("s3", "Topology", internal=True, reads=True)
def map_buckets(call: Call, request: Request) -> Result:
    buckets, links = [], []
    for name, settings in call.store.all(tables.MAP_BUCKETS, (call.account, call.region)):
        arn = f"arn:aws:s3:::{name}"
        buckets.append(resource(arn, "AWS::S3::Bucket", name))
        notified = orjson.loads(settings).get("NotificationConfiguration") or {}
        if "EventBridgeConfiguration" in notified:
            links.append(link(arn, make_arn("events", call.region, call.account, "event-bus/default"), "notification"))
        for group, member in DESTINATIONS.items():
            links += [
                link(arn, each[member], "notification", each["Id"], " ".join(each["Events"]))
                for each in notified.get(group, ())
            ]
    return topology(call, buckets, links)
