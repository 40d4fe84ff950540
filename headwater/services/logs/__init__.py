"""Amazon CloudWatch Logs.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
"""

from headwater.services.logs import (
    events,
    filtering,
    filters,
    group_filters,
    groups,
    policies,
    resources,
    resources_vended,
    streams,
    vended,
    vending,
)
from headwater.services.logs.tables import SCHEMA
from headwater.spine.authorization import Authorization
from headwater.spine.service import Service

SERVICE = Service(
    name="logs",
    modules=(
        *(events, filtering, filters, group_filters, groups, policies, resources, resources_vended, streams, vended),
        vending,
    ),
    schema=SCHEMA,
    validates=True,
    authorization=Authorization({}),
)
