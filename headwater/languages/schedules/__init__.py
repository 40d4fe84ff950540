"""Schedule expressions of EventBridge: ``rate(…)``, ``cron(…)`` and, for Scheduler, ``at(…)``.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from headwater.languages.schedules.expressions import InvalidSchedule, Schedule, following, parse_schedule

__all__ = ["InvalidSchedule", "Schedule", "following", "parse_schedule"]
