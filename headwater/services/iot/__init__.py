"""AWS IoT Core: the message broker's state, topic rules, device shadows, authorizers, certificates, policies, things.

https://docs.aws.amazon.com/iot/latest/developerguide/what-is-aws-iot.html

Sockets and packets are the gateway's; it reaches the broker's state by the internal operations of `iot-mqtt`.
"""

from headwater.services.iot import (
    attachments,
    authorizers,
    ca_certificates,
    certificate_resources,
    certificates,
    clients,
    connections,
    data,
    default_authorizer,
    device_requests,
    effective,
    endpoints,
    group_members,
    group_resources,
    inbox,
    policies,
    principals,
    publishing,
    registering,
    resources,
    rule_engine,
    rules,
    self_registration,
    sessions,
    shadows,
    subscribing,
    tags,
    thing_groups,
    thing_types,
    things,
    topology,
    trust,
    trying,
)
from headwater.services.iot.errors import missing
from headwater.services.iot.iam_actions import AUTHORIZATION
from headwater.services.iot.memory import BrokerMemory
from headwater.services.iot.sessions import end_stale_connections
from headwater.services.iot.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="iot",
    modules=(
        attachments,
        authorizers,
        ca_certificates,
        certificate_resources,
        certificates,
        clients,
        connections,
        data,
        default_authorizer,
        device_requests,
        effective,
        endpoints,
        group_members,
        group_resources,
        inbox,
        policies,
        principals,
        publishing,
        registering,
        resources,
        rule_engine,
        rules,
        self_registration,
        sessions,
        shadows,
        subscribing,
        tags,
        thing_groups,
        thing_types,
        things,
        topology,
        trust,
        trying,
    ),
    schema=SCHEMA,
    memory=BrokerMemory,
    start=end_stale_connections,
    missing=missing,
    authorization=AUTHORIZATION,
)
