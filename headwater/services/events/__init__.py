"""Amazon EventBridge. https://docs.aws.amazon.com/eventbridge/latest/APIReference/Welcome.html"""

from headwater.services.events import (
    api_destinations,
    archives,
    archiving,
    authorization,
    buses,
    connections,
    delivery,
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
)
