"""Amazon SNS. https://docs.aws.amazon.com/sns/latest/api/welcome.html"""

from headwater.services.sns import (
    confirmation,
    delivery,
    explaining,
    permissions,
    publishing,
    resources,
    signing,
    subscriptions,
    tags,
    topics,
    topology,
)
from headwater.services.sns.tables import SCHEMA
from headwater.services.sns.topic import Topics
from headwater.spine.service import Service

SERVICE = Service(
    name="sns",
    modules=(
        confirmation,
        delivery,
        explaining,
        permissions,
        publishing,
        resources,
        signing,
        subscriptions,
        tags,
        topics,
        topology,
    ),
    schema=SCHEMA,
    memory=Topics,
)
