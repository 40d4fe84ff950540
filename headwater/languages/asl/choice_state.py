"""Choice: the first rule that holds tells where to go."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from headwater.languages.asl.choice_rules import Test
from headwater.languages.asl.errors import runtime
from headwater.languages.asl.flow import Flow
from headwater.languages.asl.machine import State
from headwater.languages.asl.queries import Scope
from headwater.languages.asl.templates import JsonataScope, Template, expect

if TYPE_CHECKING:
    from headwater.languages.asl.execution import Frame
    from headwater.languages.asl.run import Run

NO_CHOICE = "Failed to transition out of the state. The state does not point to a next state."


@dataclass(frozen=True, slots=True)
class Rule:
    """`test` in JSONPath, `condition` in JSONata; `flow` holds the rule's own Output and Assign."""

    next: str
    flow: Flow
    test: Test | None = None
    condition: Template | None = None


class ChoiceState(State):
    kind = "Choice"

    def __init__(self, name: str, default: str | None, flow: Flow, rules: list[Rule]) -> None:
        super().__init__(name, default, flow)
        self.rules = rules

    def enter(self, run: "Run", frame: "Frame") -> bool:
        value = frame.value if self.jsonata else self.flow.effective(run, frame)
        chosen = self._choose(run, frame, value)
        if chosen is None and self.next is None:
            raise runtime(NO_CHOICE)
        flow, next_ = (self.flow, self.next) if chosen is None else (chosen.flow, chosen.next)
        output, text, assigned = flow.leave(run, frame, value, None, has_result=False)
        return run.exit(frame, self, output, text, assigned, next_)

    def _choose(self, run: "Run", frame: "Frame", value: Any) -> Rule | None:
        if self.jsonata:
            scope = JsonataScope(run, frame)
            return next((rule for rule in self.rules if _holds(rule.condition, scope)), None)
        paths = Scope(run, frame, value)
        return next((rule for rule in self.rules if rule.test is not None and rule.test(paths)), None)


def _holds(condition: Template | None, scope: JsonataScope) -> bool:
    assert condition is not None
    return bool(expect(condition, condition.evaluate(scope), "boolean"))
