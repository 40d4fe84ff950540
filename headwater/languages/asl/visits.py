"""A history as visits to states: what each was given, what it gave, how often it was tried, what ran within it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Event = Mapping[str, Any]
RUNNING, DONE, FAILED, CAUGHT = "running", "done", "failed", "caught"
_BAD = ("Failed", "TimedOut", "Aborted")


@dataclass
class Visit:
    """One visit. Times in ms; ``outcome`` is running, done, failed, or caught where it went on after a failure;
    ``inner`` are the visits within a Parallel or Map state, each with the number of its branch or iteration."""

    state: str
    kind: str
    entered: int
    given: str | None
    exited: int | None = None
    gave: str | None = None
    outcome: str = RUNNING
    attempts: int = 0
    error: str | None = None
    cause: str | None = None
    iteration: int | None = None
    inner: list["Visit"] = field(default_factory=list)

    def walk(self, path: str = "") -> Iterator[tuple[str, "Visit"]]:
        """It and all within, each with the path of states that leads to it."""
        here = f"{path}/{self.state}" if path else self.state
        yield here, self
        for each in self.inner:
            number = "" if each.iteration is None else f"[{each.iteration}]"
            yield from each.walk(here + number)


def visits(history: Sequence[Event]) -> list[Visit]:
    """The visits of an execution on its outermost level, in order. ``history``: as GetExecutionHistory gives it."""
    outermost: list[Visit] = []
    within: dict[int, Visit | None] = {}  # the visit that an event is an event of
    around: dict[int, tuple[Visit | None, int | None]] = {}  # in which visit what follows an event begins
    for event in history:
        previous = event["previousEventId"]
        container, iteration = around.get(previous, (None, None))
        visit = within.get(previous)
        kind, details = event["type"], _details(event)
        if kind.endswith("StateEntered"):
            made = Visit(
                details["name"], kind.removesuffix("StateEntered"), event["timestamp"], details.get("input"),
                iteration=iteration,
            )  # fmt: skip
            (outermost if container is None else container.inner).append(made)
            visit = made
        elif kind.endswith("StateExited"):
            visit, container, iteration = _leave(event, details, visit, container, iteration, around)
        elif visit is not None:
            _note(visit, kind, details)
            if kind in ("ParallelStateStarted", "MapStateStarted"):
                container, iteration = visit, None
            elif kind == "MapIterationStarted":
                container, iteration = visit, details.get("index")
        within[event["id"]] = visit
        around[event["id"]] = (container, iteration)
    return outermost


def _leave(
    event: Event,
    details: Event,
    visit: Visit | None,
    container: Visit | None,
    iteration: int | None,
    around: dict[int, tuple[Visit | None, int | None]],
) -> tuple[Visit | None, Visit | None, int | None]:
    """A state is left: its own visit, or that of the Parallel or Map around the last event within it."""
    name = details["name"]
    left = visit if visit is not None and visit.state == name else container
    if left is None:
        return visit, container, iteration
    left.exited, left.gave = event["timestamp"], details.get("output")
    left.outcome = CAUGHT if left.error is not None and left.outcome == FAILED else DONE
    if left is container:
        container, iteration = _outside(left, around)
    return left, container, iteration


def _outside(visit: Visit, around: dict[int, tuple[Visit | None, int | None]]) -> tuple[Visit | None, int | None]:
    for outer, _ in around.values():
        if outer is not None and any(each is visit for each in outer.inner):
            return outer, visit.iteration
    return None, None


def _note(visit: Visit, kind: str, details: Event) -> None:
    if kind.endswith("Scheduled") or kind in ("ParallelStateStarted", "MapStateStarted"):
        visit.attempts += 1
    if (kind.endswith(_BAD) and not kind.startswith(("Execution", "MapIteration"))) or kind == "EvaluationFailed":
        visit.outcome = FAILED
        visit.error, visit.cause = details.get("error"), details.get("cause")


def _details(event: Event) -> Event:
    found: Event = next((value for key, value in event.items() if key.endswith("EventDetails")), {})
    return found
