"""What Headwater's own surface answers, as types: see `/_headwater/openapi.json`. Times in milliseconds."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, Required, TypedDict

Mode = Literal["real", "frozen", "auto"]


class Time(TypedDict):
    """``now`` and ``next`` in milliseconds since the epoch, ``ahead`` in milliseconds."""

    mode: Mode
    now: int
    at: str
    ahead: int
    next: int | None


class Happened(TypedDict):
    """A delivery that came due while the clock was advanced."""

    at: int
    name: str
    subject: str | None
    outcome: str
    trace: str


class Advanced(Time):
    """``count`` deliveries came due, the first thousand of which ``happened`` lists in order."""

    began: int
    ended: int
    count: int
    happened: list[Happened]


class Held(TypedDict):
    """Something in flight."""

    name: str
    subject: str | None
    trace: str
    since: int


class Timer(TypedDict, total=False):
    """Something that comes due later; a ``delivery`` has a subject, an id, an attempt and a trace."""

    due: int
    kind: Literal["delivery", "wait"]
    name: str
    subject: str | None
    id: str
    attempt: int
    trace: str


class Settlement(TypedDict):
    settled: bool
    now: int
    holding: list[Held]
    timers: list[Timer]


class Pending(Timer, total=False):
    """A delivery that is to be done or in hand, or that was given up: ``condition`` is then the limit of its policy
    that was reached, ``dead_letter`` the queue that has its dead letter."""

    created: int
    running: bool
    state: Literal["waiting", "running", "retrying", "dead"]
    error: str | None
    condition: str | None
    dead_letter: str | None


class Attempt(TypedDict, total=False):
    """One attempt of a delivery; ``took`` in microseconds."""

    span: str
    at: int
    took: int | None
    outcome: str | None
    error: str
    input: str
    response: str


class Outcome(TypedDict, total=False):
    """How a delivery stands."""

    id: str
    target: str
    state: str
    at: int
    took: int | None
    due: int
    attempt: int
    error: str | None
    dead_letter: str | None
    attempts: list[Attempt]


class Verdict(TypedDict, total=False):
    """What a rule, subscription or mapping says of an event: how its deliveries stand, or ``reason`` why not;
    ``failed`` fields said no; ``explanation`` has every predicate's verdict; ``warnings``: what works here and would
    not on AWS."""

    kind: str
    arn: str
    name: str
    state: str
    reason: str
    failed: int
    targets: list[dict[str, str]]
    explanation: dict[str, Any]
    deliveries: list[Outcome]
    warnings: list[str]


class Explained(TypedDict, total=False):
    """What became of an event, message or record. Verdicts: those who took it, then the nearest miss first."""

    id: str | None
    channel: str
    at: int | None
    trace: str | None
    event: Any
    verdicts: list[Verdict]
    count: int
    problem: str
    caused: list[dict[str, Any]]


class Tried(TypedDict):
    """A pattern on the last events: how many matched, and the ids of some that did and of some that nearly did."""

    channel: str
    tried: int
    matched: int
    examples: list[str]
    near_misses: list[dict[str, Any]]


class Span(TypedDict):
    """What happened, with what it caused."""

    id: str
    trace: str
    parent: str | None
    kind: str
    name: str
    subject: str | None
    account: str
    region: str
    started: int
    duration: int | None
    outcome: str | None
    notes: dict[str, Any]
    children: list[Span]


class FaultRule(TypedDict, total=False):
    """What, where and when: see docs/faults.md."""

    kind: Required[str]
    service: str
    operation: str
    resource: str
    by: Literal["client", "service"]
    at: Literal["operation", "delivery"]
    probability: float
    nth: int
    every: int
    times: int
    milliseconds: int
    code: str
    status: int
    message: str


class FiredFault(TypedDict):
    """``rule``: its index; ``nth``: as which that passed this very place."""

    index: int
    rule: int
    kind: str
    at: int
    service: str
    operation: str
    resource: str
    nth: int
    trace: str
    milliseconds: int


class FaultBooks(TypedDict):
    """``rules`` have beside their members an ``index``, and how often they ``matched`` and ``fired``."""

    seed: int | str
    hasten: bool
    rules: list[dict[str, Any]]
    fired: list[FiredFault]


class QuotaNumber(TypedDict):
    """A number: what it is, what it is on AWS unless raised there, what it counts."""

    name: str
    value: int
    default: int
    counts: str


class QuotaRate(TypedDict):
    """How often a second, and how often at once, clients may ask for an operation."""

    name: str
    per_second: float
    burst: int


class QuotaBooks(TypedDict):
    """What holds."""

    quotas: list[QuotaNumber]
    rates: list[QuotaRate]


class Trace(TypedDict):
    """``published``: the events and messages in it, with their bodies and the ids of their deliveries."""

    trace: str
    spans: list[Span]
    published: list[dict[str, Any]]


class Children(TypedDict, total=False):
    """Of a distributed Map; with the ARN and the error of one that failed."""

    total: int
    failed: int
    execution: str
    error: str
    cause: str


class Visit(TypedDict, total=False):
    """A visit to a state. Times in ms; ``outcome``: running, done, failed, caught, aborted; ``given``, ``sent`` (to
    its task), ``gave``: JSON texts; ``inner``: the visits within a Parallel or Map."""

    state: str
    kind: str
    entered: int
    exited: int
    outcome: str
    attempts: int
    error: str
    cause: str
    iteration: int
    map_run: str
    children: Children
    given: str
    sent: str
    gave: str
    inner: list[Visit]


class ShownExecution(TypedDict, total=False):
    """``execution`` as DescribeExecution tells; ``states``: what became of each, by its name; ``graph``: boxes and
    lines; ``svg`` where it was asked for."""

    execution: dict[str, Any]
    visits: list[Visit]
    states: dict[str, dict[str, Any]]
    not_reached: list[str]
    graph: dict[str, Any]
    svg: str


class ComparedRow(TypedDict, total=False):
    path: str
    why: str
    first: Visit
    second: Visit


class Compared(TypedDict):
    """Two executions visit by visit; ``why`` of a row is empty where nothing differs."""

    first: dict[str, Any]
    second: dict[str, Any]
    same: bool
    rows: list[ComparedRow]


class Departure(TypedDict):
    """Where a definition leaves a recorded path: the events as GetExecutionHistory shows them, and why in words."""

    state: str | None
    recorded: dict[str, Any] | None
    instead: dict[str, Any] | None
    why: str


class Replayed(TypedDict, total=False):
    """One execution replayed: without ``departure``, ``undecided`` and ``problem`` it went the recorded way.
    ``undecided``: states of which that cannot be told, and why."""

    execution: str
    name: str
    machine: str
    status: str
    events: int
    departure: Departure
    undecided: dict[str, str]
    problem: str


class Replays(TypedDict):
    executions: list[Replayed]
    same: int
    left: int
    undecided: int
    problems: int


class Snapshot(TypedDict):
    """``taken`` by the cloud's clock, in milliseconds since the epoch; ``size`` in bytes."""

    name: str
    taken: int
    size: int


# ``from`` is a keyword, so this one is not a class body
Sent = TypedDict(
    "Sent",
    {
        "id": str,
        "at": int,
        "kind": Literal["email", "email-json", "sms", "push"],
        "to": str,
        "from": str | None,
        "subject": str | None,
        "body": str,
        "topic": str | None,
        "message": str | None,
        "attributes": dict[str, Any],
        "account": str,
        "region": str,
    },
)


class Lacking(TypedDict):
    """What a role's policies do not allow and was done or tried; ``at`` in milliseconds, the last time. Where the
    policy of a queue, topic, function or key does not let a service in, ``role`` is the resource's ARN, the service
    stands in ``sessions``, and ``sources`` has the rules, topics or buckets for which it came."""

    role: str
    sources: NotRequired[list[str]]
    sessions: list[str]
    action: str
    resource: str
    reason: str
    refused: bool
    times: int
    trace: str
    at: int


class SignatureFlaw(TypedDict):
    """Requests that were signed otherwise than AWS would take it; ``at`` in milliseconds, the last time."""

    operation: str
    key: str
    error: str
    reason: str
    refused: bool
    times: int
    trace: str
    at: int


class MissingPolicy(TypedDict):
    """What would allow a role what it lacks; ``trust``: it is the role's trust policy."""

    role: str
    trust: bool
    document: dict[str, Any]


class MockCase(TypedDict):
    account: str
    region: str
    machine: str
    case: str
    states: list[str]
