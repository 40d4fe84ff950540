"""AWS IoT Core. https://docs.aws.amazon.com/iot/latest/developerguide/what-is-aws-iot.html

- `authentication`: who a client is: custom authorizers, certificates that it has shown.
- `broker`: sessions, subscriptions, publications, retained messages, lifecycle events.
- `certificates`: those of devices, and the authorities that sign them.
- `policies`: what a device may do, and what policies are attached to.
- `provisioning`: templates of what devices need, and devices that ask for it.
- `registry`: things, their types and groups, and which certificates are theirs.
- `shadows`: device shadows.
- `topic_rules`: the rules' SQL and their actions.

Sockets and packets are the gateway's; it reaches the broker's state by the internal operations of `iot-mqtt`.
"""

from headwater.services.iot import endpoints, tags, topology
from headwater.services.iot.authentication import authorizers, default_authorizer, device_requests
from headwater.services.iot.authentication import resources as authorizer_resources
from headwater.services.iot.broker import clients, connections, data, inbox, publishing, sessions, subscribing
from headwater.services.iot.broker.memory import BrokerMemory
from headwater.services.iot.broker.sessions import end_stale_connections
from headwater.services.iot.certificates import ca_certificates, certificates, registering, self_registration, trust
from headwater.services.iot.certificates import resources as certificate_resources
from headwater.services.iot.errors import missing
from headwater.services.iot.iam_actions import AUTHORIZATION
from headwater.services.iot.policies import attachments, effective, policies, trying
from headwater.services.iot.policies import resources as policy_resources
from headwater.services.iot.provisioning import device_api, just_in_time, templates
from headwater.services.iot.provisioning import registering as thing_registering
from headwater.services.iot.provisioning import resources as provisioning_resources
from headwater.services.iot.registry import group_members, principals, thing_groups, thing_types, things
from headwater.services.iot.registry import resources as registry_resources
from headwater.services.iot.shadows import shadows
from headwater.services.iot.tables import SCHEMA
from headwater.services.iot.topic_rules import confirmation, destinations, engine, posting, rules
from headwater.services.iot.topic_rules import resources as rule_resources
from headwater.spine.service import Service

SERVICE = Service(
    name="iot",
    modules=(
        endpoints,
        tags,
        topology,
        authorizers,
        default_authorizer,
        device_requests,
        authorizer_resources,
        clients,
        connections,
        data,
        inbox,
        publishing,
        sessions,
        subscribing,
        ca_certificates,
        certificates,
        registering,
        self_registration,
        trust,
        certificate_resources,
        attachments,
        effective,
        policies,
        trying,
        policy_resources,
        provisioning_resources,
        device_api,
        just_in_time,
        templates,
        thing_registering,
        group_members,
        principals,
        thing_groups,
        thing_types,
        things,
        registry_resources,
        shadows,
        confirmation,
        destinations,
        engine,
        posting,
        rules,
        rule_resources,
    ),
    schema=SCHEMA,
    memory=BrokerMemory,
    start=end_stale_connections,
    missing=missing,
    authorization=AUTHORIZATION,
)
