"""The Scheduler's quotas that may be changed.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html
"""

from headwater.spine.quota import Quota

SCHEDULES = Quota("scheduler:schedules", 10_000_000, "schedules of an account in a region")
GROUPS = Quota("scheduler:schedule-groups", 500, "schedule groups of an account in a region")

QUOTAS = (SCHEDULES, GROUPS)
