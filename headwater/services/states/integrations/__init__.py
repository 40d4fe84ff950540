"""What a Task's resource does: calls of other services, through their operations.

`prepare` makes the request before the task is scheduled. `perform` answers at once with what happened, where the
operation answers in this transaction; otherwise it leaves a delivery, whose number it notes among the frame's handles.
"""

from headwater.services.states.integrations.perform import perform, prepare

__all__ = ["perform", "prepare"]
