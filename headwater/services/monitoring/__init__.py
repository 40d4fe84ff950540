"""Amazon CloudWatch: metrics, alarms and dashboards.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html
"""

from headwater.services.monitoring import (
    alarm,
    alarms,
    changes,
    composites,
    dashboards,
    embedded,
    evaluating,
    history,
    metrics,
    querying,
    resources,
)
from headwater.services.monitoring.tables import SCHEMA
from headwater.spine.authorization import Authorization
from headwater.spine.service import Service

SERVICE = Service(
    name="monitoring",
    modules=(
        alarm,
        alarms,
        changes,
        composites,
        dashboards,
        embedded,
        evaluating,
        history,
        metrics,
        querying,
        resources,
    ),
    schema=SCHEMA,
    validates=True,
    authorization=Authorization({}),
)
