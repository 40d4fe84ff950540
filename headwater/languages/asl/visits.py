"""A history as visits to states: what each was given, what it gave, how often it was tried, what ran within it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headwater.languages.asl.history import details_of

Event = Mapping[str, Any]
RUNNING, DONE, FAILED, CAUGHT, ABORTED = "running", "done", "failed", "caught", "aborted"
_BAD = ("Failed", "TimedOut", "Aborted")
_OTHERS = ("Execution", "MapIteration")  # what these tell is not of a state
_BEGUN = ("ParallelStateStarted", "MapStateStarted")


@dataclass
class Visit:
    """One visit. Times in ms; ``outcome`` is running, done, failed, caught where it went on after a failure, or aborted
    where what is around it was left before it;
    ``sent`` is what its task was called with, the last time;
    ``inner`` are the visits within a Parallel or Map state, branch by branch; ``outer`` is the state around it,
    ``lane`` which of its attempts, and there the iteration's number or the branch's first state; ``children``: of a map
    run, for whoever knows them."""

    state: str
    kind: str
    entered: int
    given: str | None
    exited: int | None = None
    gave: str | None = None
    sent: str | None = None
    outcome: str = RUNNING
    attempts: int = 0
    error: str | None = None
    cause: str | None = None
    iteration: int | None = None
    map_run: str | None = None
    children: dict[str, Any] | None = None
    inner: list["Visit"] = field(default_factory=list)
    outer: "Visit | None" = field(default=None, repr=False, compare=False)
    lane: tuple[int, int | str | None] = (0, None)

    def walk(self, path: str = "") -> Iterator[tuple[str, "Visit"]]:
        """It and all within, each with the path of states that leads to it."""
        here = f"{path}/{self.state}" if path else self.state
        yield here, self
        for each in self.inner:
            number = "" if each.iteration is None else f"[{each.iteration}]"
            yield from each.walk(here + number)

    @property
    def retries(self) -> int:
        return max(0, self.attempts - 1)

    def shown(self) -> dict[str, Any]:
        """As JSON, what is not there left out."""
        told = {name: getattr(self, name) for name in _SHOWN}
        shown: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
        return shown | {"inner": [each.shown() for each in self.inner]}


_SHOWN = (
    "state", "kind", "entered", "exited", "outcome", "attempts", "error", "cause", "iteration", "map_run", "children",
    "given", "sent", "gave",
)  # fmt: skip


@dataclass
class Summary:
    """All visits to one state. ``outcome``: of the worst; ``failed``: how many ended so; ``took`` in ms, together."""

    outcome: str
    visits: list[Visit] = field(default_factory=list)

    @property
    def retries(self) -> int:
        return sum(each.retries for each in self.visits)

    @property
    def failed(self) -> int:
        return sum(each.outcome == FAILED for each in self.visits)

    @property
    def took(self) -> int:
        return sum(each.exited - each.entered for each in self.visits if each.exited is not None)


_WORST = (FAILED, RUNNING, CAUGHT, ABORTED, DONE)


def by_state(shown: Sequence[Visit]) -> dict[str, Summary]:
    """What became of each state, by its name, in the order in which they were come to."""
    found: dict[str, Summary] = {}
    for root in shown:
        for _, visit in root.walk():
            summary = found.setdefault(visit.state, Summary(visit.outcome))
            summary.visits.append(visit)
            summary.outcome = min(summary.outcome, visit.outcome, key=_WORST.index)
    return found


class _Place:
    """Where an event stands: the visit that it is an event of, and the visit and lane in which what follows begins."""

    __slots__ = ("container", "lane", "visit")

    def __init__(self, visit: Visit | None, container: Visit | None, lane: int | str | None) -> None:
        self.visit = visit
        self.container = container
        self.lane = lane


_OUTERMOST = _Place(None, None, None)


def visits(history: Sequence[Event]) -> list[Visit]:
    """The visits of an execution on its outermost level, in order. ``history``: as GetExecutionHistory gives it."""
    return _Reader().read(history)


class _Reader:
    def __init__(self) -> None:
        self._outermost: list[Visit] = []
        self._within: list[Visit] = []  # those with others inside
        self._places: dict[int, _Place] = {}
        self._open: dict[int, Visit] = {}  # by identity: those that were not left
        self._revivable: dict[int, list[Visit]] = {}  # by the event of a redrive: what may go on behind it

    def read(self, history: Sequence[Event]) -> list[Visit]:
        for event in history:
            kind, details = event["type"], details_of(event)
            place = self._place(event["previousEventId"], kind, details)
            if kind.endswith("StateEntered"):
                place = self._enter(event, details, place)
            elif kind.endswith("StateExited"):
                place = self._leave(event, details, place)
            elif kind == "ExecutionRedriven":
                self._revivable[event["id"]] = [each for each in self._open.values() if not _unfinished(each)]
            elif kind in ("ExecutionAborted", "ExecutionTimedOut"):
                self._stop(details)
            else:
                place = _noted(kind, details, place)
            self._places[event["id"]] = place
        for within in self._within:
            within.inner.sort(key=lambda visit: visit.lane)
        for visit in self._open.values():
            if visit.outcome == RUNNING and _left_behind(visit):
                visit.outcome = ABORTED
        return self._outermost

    def _place(self, previous: int, kind: str, details: Event) -> _Place:
        """The place of the event that one follows; behind a redrive, of a visit that goes on."""
        for visit in self._revivable.get(previous, ()):
            if _belongs(visit, kind, details):
                self._revivable[previous].remove(visit)
                _revive(visit)
                return _Place(visit, visit.outer, visit.lane[1])
        return self._places.get(previous, _OUTERMOST)

    def _enter(self, event: Event, details: Event, place: _Place) -> _Place:
        container, lane = place.container, place.lane
        name, kind = details["name"], event["type"].removesuffix("StateEntered")
        if container is not None and container.kind == "Parallel" and place.visit is container:
            lane = name  # a branch begins
        made = Visit(
            name, kind, event["timestamp"], details.get("input"), iteration=lane if isinstance(lane, int) else None,
            outer=container, lane=(0 if container is None else container.attempts, lane),
            outcome=FAILED if kind == "Fail" else RUNNING,
        )  # fmt: skip
        (self._outermost if container is None else container.inner).append(made)
        if kind in ("Parallel", "Map"):
            self._within.append(made)
        self._open[id(made)] = made
        return _Place(made, container, lane)

    def _leave(self, event: Event, details: Event, place: _Place) -> _Place:
        """A state is left: its own visit, or that of the Parallel or Map around the last event within it."""
        name = details["name"]
        left = place.visit if place.visit is not None and place.visit.state == name else place.container
        if left is None:
            return place
        left.exited, left.gave = event["timestamp"], details.get("output")
        left.outcome = CAUGHT if left.outcome == FAILED else DONE
        self._open.pop(id(left), None)
        return _Place(left, left.outer, left.lane[1])

    def _stop(self, details: Event) -> None:
        """The execution was ended from outside: so was whatever was not left."""
        for visit in self._open.values():
            if visit.outcome == RUNNING:
                visit.outcome = FAILED
                visit.error, visit.cause = details.get("error"), details.get("cause")


def _left_behind(visit: Visit) -> bool:
    """Whether something around it has ended, or is tried again, without it."""
    inner, outer = visit, visit.outer
    while outer is not None:
        if outer.outcome not in (RUNNING, ABORTED) or inner.lane[0] < outer.attempts:
            return True
        inner, outer = outer, outer.outer
    return False


def _unfinished(visit: Visit) -> bool:
    """Whether the visit goes on by what is within it."""
    return any(each.exited is None for each in visit.inner)


def _belongs(visit: Visit, kind: str, details: Event) -> bool:
    """Whether the first event after a redrive is one of this visit."""
    if "name" in details and not kind.startswith("MapIteration"):
        return bool(details["name"] == visit.state)
    if kind == "EvaluationFailed":
        return bool(details.get("state") == visit.state)
    if visit.kind in ("Parallel", "Map"):
        return kind.startswith(("Map", visit.kind))
    return visit.kind == "Task" and kind.endswith(("Scheduled", "ScheduleFailed"))


def _revive(visit: Visit) -> None:
    again: Visit | None = visit
    while again is not None:
        again.outcome, again.error, again.cause = RUNNING, None, None
        again = again.outer


def _noted(kind: str, details: Event, place: _Place) -> _Place:
    """The place of an event that neither enters nor leaves a state, once its visit knows of it."""
    within = place.visit
    visit = _around(within, kind)
    if visit is None or within is None:
        return place
    if kind.endswith("Scheduled") or kind in _BEGUN:
        visit.attempts += 1
        visit.sent = details.get("parameters", details.get("input"))
        visit.outcome = RUNNING
    elif kind in ("MapRunStarted", "MapRunRedriven"):
        visit.map_run = details.get("mapRunArn")
    elif kind in ("ExecutionFailed", "EvaluationFailed") or (kind.endswith(_BAD) and not kind.startswith(_OTHERS)):
        visit.outcome = FAILED
        visit.error, visit.cause = details.get("error", within.error), details.get("cause", within.cause)
    if kind in _BEGUN:
        return _Place(visit, visit, None)
    if kind == "MapIterationStarted":
        return _Place(visit, visit, details.get("index"))
    return place if visit is within else _Place(visit, visit.outer, visit.lane[1])


def _around(visit: Visit | None, kind: str) -> Visit | None:
    """The visit that an event is told of, which hangs on an event of ``visit``: that, or a Parallel or Map around it
    (which is tried again, goes on with its next iteration, or has failed)."""
    family = next((each for each in ("Parallel", "Map") if kind.startswith(each)), None)
    while family and visit is not None and (visit.kind != family or visit.outcome == FAILED):
        visit = visit.outer
    return visit
