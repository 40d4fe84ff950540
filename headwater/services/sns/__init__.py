"""Amazon SNS. https://docs.aws.amazon.com/sns/latest/api/welcome.html"""

from headwater.services.sns import (
    again,
    archive,
    confirmation,
    delivery,
    explaining,
    outbox,
    permissions,
    platforms,
    publishing,
    resources,
    signing,
    sms,
    subscriptions,
    tags,
    topics,
    topology,
)
from headwater.services.sns.iam_actions import AUTHORIZATION
from headwater.services.sns.quotas import QUOTAS
from headwater.services.sns.tables import SCHEMA
from headwater.services.sns.topic import Topics
from headwater.spine.service import Service

SERVICE = Service(
    name="sns",
    modules=(
        again,
        archive,
        confirmation,
        delivery,
        explaining,
        outbox,
        permissions,
        platforms,
        publishing,
        resources,
        signing,
        sms,
        subscriptions,
        tags,
        topics,
        topology,
    ),
    schema=SCHEMA,
    memory=Topics,
    lacks={
        "nothing looks for personal data in messages here, so no policy could mask or refuse it": (
            "GetDataProtectionPolicy",
            "PutDataProtectionPolicy",
        ),
    },
    quotas=QUOTAS,
    authorization=AUTHORIZATION,
)
