"""Amazon CloudWatch Logs, and the alarms of CloudWatch.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html
"""

from headwater.services.logs import alarms, events, filtering, groups, resources, streams
from headwater.services.logs.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="logs",
    modules=(alarms, events, filtering, groups, resources, streams),
    schema=SCHEMA,
    validates=True,
)
