"""Amazon EventBridge Scheduler. https://docs.aws.amazon.com/scheduler/latest/APIReference/Welcome.html"""

from headwater.services.scheduler import firing, groups, invoking, resources, schedules, tags, timetable, topology
from headwater.services.scheduler.iam_actions import AUTHORIZATION
from headwater.services.scheduler.quotas import QUOTAS
from headwater.services.scheduler.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="scheduler",
    modules=(firing, groups, invoking, resources, schedules, tags, timetable, topology),
    schema=SCHEMA,
    validates=True,
    quotas=QUOTAS,
    authorization=AUTHORIZATION,
)
