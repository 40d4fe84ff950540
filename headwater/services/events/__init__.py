"""Amazon EventBridge. https://docs.aws.amazon.com/eventbridge/latest/APIReference/Welcome.html"""

from headwater.services.events import (
    api_destinations,
    archives,
    archiving,
    authorization,
    buses,
    connections,
    delivery,
    endpoints,
    explaining,
    permissions,
    publishing,
    replays,
    resources,
    resources_endpoints,
    rules,
    scheduling,
    tags,
    targets,
    topology,
)
from headwater.services.events.iam_actions import AUTHORIZATION
from headwater.services.events.quotas import QUOTAS
from headwater.services.events.routing import Routes
from headwater.services.events.tables import SCHEMA
from headwater.services.events.trail import start
from headwater.spine.service import Service

SERVICE = Service(
    name="events",
    modules=(
        api_destinations,
        archives,
        archiving,
        authorization,
        buses,
        connections,
        delivery,
        endpoints,
        explaining,
        permissions,
        publishing,
        replays,
        resources,
        resources_endpoints,
        rules,
        scheduling,
        tags,
        targets,
        topology,
    ),
    schema=SCHEMA,
    memory=Routes,
    start=start,
    validates=True,
    lacks={
        "a global endpoint fails over from one region to another, and here both would be the same machine": (
            "CreateEndpoint",
            "DeleteEndpoint",
            "DescribeEndpoint",
            "ListEndpoints",
            "UpdateEndpoint",
        ),
        "no software-as-a-service partner sends events to one's own machine": (
            "ActivateEventSource",
            "CreatePartnerEventSource",
            "DeactivateEventSource",
            "DeletePartnerEventSource",
            "DescribeEventSource",
            "DescribePartnerEventSource",
            "ListEventSources",
            "ListPartnerEventSourceAccounts",
            "ListPartnerEventSources",
            "PutPartnerEvents",
        ),
    },
    quotas=QUOTAS,
    authorization=AUTHORIZATION,
)
