"""Log groups that send on what arrives, on the map."""

from __future__ import annotations

from headwater.services.logs import tables
from headwater.services.logs.group_filters import SUBSCRIPTION, filters_of
from headwater.services.logs.log_group import LogGroup, group_arn
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology


@operation("logs", "Topology", internal=True, reads=True)
def map_subscriptions(call: Call, request: Request) -> Result:
    groups, links = [], []
    for row in call.store.all(tables.FILTERED_GROUPS, (call.account, call.region)):
        group = LogGroup(*row)
        arn = group_arn(call, group.name)
        sent = filters_of(group)[SUBSCRIPTION].values()
        if sent:
            groups.append(resource(arn, "AWS::Logs::LogGroup", group.name))
        links += [
            link(arn, each["destinationArn"], "subscription", each["filterName"], each["filterPattern"] or None)
            for each in sent
        ]
    return topology(call, groups, links)
