"""What a Task's resource does: calls of other services, through their operations.

`perform` answers at once with what happened, where the operation answers in this transaction; otherwise it leaves a
delivery, whose number it notes among the frame's handles, and answers nothing.
"""

from headwater.services.states.integrations.perform import perform

__all__ = ["perform"]
