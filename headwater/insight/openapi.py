"""The OpenAPI document of our own surface, made from the table of its pages.

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NamedTuple

from headwater import __version__
from headwater.spine.engine import Engine
from headwater.spine.faults import KINDS

Schema = Mapping[str, Any]
Answer = Callable[[Engine, Mapping[str, str], Any], Awaitable[Any]]
_ANYTHING: Schema = {"type": "object"}


class Page(NamedTuple):
    """One thing that can be asked: where, what answers it, and the shapes of both."""

    method: str
    path: str
    summary: str
    answer: Answer
    query: Mapping[str, str] = {}
    takes: Schema | None = None
    answers: Schema = _ANYTHING


def _object(required: str = "", **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": required.split()}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _text(description: str = "") -> Schema:
    return {"type": "string", "description": description} if description else {"type": "string"}


_MS: Schema = {"type": "integer", "description": "milliseconds since the epoch"}
_MODE: Schema = {"enum": ["real", "frozen", "auto"]}
_SUBJECT: Schema = {"type": ["string", "null"], "description": "an ARN"}
_SHOWN: Mapping[str, Schema] = {
    "mode": _MODE,
    "now": _MS,
    "at": _text("the same in ISO 8601"),
    "ahead": {"type": "integer", "description": "milliseconds ahead of the machine's clock"},
    "next": {"type": ["integer", "null"], "description": "when the next timer rings"},
}
_HAPPENED = _object("at name outcome trace", at=_MS, name=_text(), subject=_SUBJECT, outcome=_text(), trace=_text())
_HELD = _object("name trace since", name=_text(), subject=_SUBJECT, trace=_text(), since=_MS)
_TIMER_PROPERTIES: Mapping[str, Schema] = {
    "due": _MS,
    "kind": {"enum": ["delivery", "wait"]},
    "name": _text(),
    "subject": _SUBJECT,
    "id": _text(),
    "attempt": {"type": "integer"},
    "trace": _text(),
}
_TIMER = _object("due kind name", **_TIMER_PROPERTIES)
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_DELIVERY_PROPERTIES: Mapping[str, Schema] = {
    **_TIMER_PROPERTIES,
    "state": {"enum": ["waiting", "running", "retrying", "dead"]},
    "created": _MS,
    "running": {"type": "boolean"},
    "error": _TEXT_OR_NULL,
    "condition": {**_TEXT_OR_NULL, "description": "of a dead one: the limit of its policy that was reached"},
    "dead_letter": {**_TEXT_OR_NULL, "description": "of a dead one: the queue that has its dead letter"},
}
_DELIVERY = _object("due kind name id attempt trace created running state", **_DELIVERY_PROPERTIES)
_ATTEMPT = _object("span at", span=_text(), at=_MS, took={"type": ["integer", "null"], "description": "microseconds"},
                   outcome=_TEXT_OR_NULL, error=_text(), input=_text("where a transformer made it"),
                   response=_text("of what was sent by HTTP: the status, and how the body begins"))  # fmt: skip
_OUTCOME = _object(
    "state",
    target=_text("an ARN"), id=_text(), at=_MS, took={"type": ["integer", "null"], "description": "microseconds"},
    state={"enum": ["delivered", "waiting", "running", "retrying", "dead-lettered", "dropped", "cancelled", "failed",
                    "forgotten"]},
    attempt={"type": "integer"}, due=_MS, error=_TEXT_OR_NULL, dead_letter=_TEXT_OR_NULL, attempts=_list(_ATTEMPT),
)  # fmt: skip
_PREDICATE = _object("operator expected actual compared yes", operator=_text(), expected={}, actual=_list({}),
                     compared=_list(_text()), yes={"type": "boolean"}, why=_text())  # fmt: skip
_FIELD = _object("path yes predicates", path=_text(), yes={"type": "boolean"}, predicates=_list(_PREDICATE))
_BRANCH = _object("yes scattered failed fields", yes={"type": "boolean"}, scattered={"type": "boolean"},
                  failed={"type": "integer"}, fields=_list(_FIELD))  # fmt: skip
_EXPLANATION = _object("matched failed reason branches", matched={"type": "boolean"}, failed={"type": "integer"},
                       reason=_text(), branches=_list(_BRANCH))  # fmt: skip
_VERDICT = _object(
    "kind arn name state reason failed",
    kind={"enum": ["rule", "subscription", "event source mapping", "pipe"]}, arn=_text(), name=_text(),
    state=_text("as of its deliveries, or: matched, not matched, disabled, not confirmed, wrong bus, region, account"),
    reason=_text("which field said no"), failed={"type": "integer", "description": "fields that said no"},
    explanation=_EXPLANATION, deliveries=_list(_OUTCOME), warnings=_list(_text("what AWS would refuse")),
)  # fmt: skip
_CAUSED = _object("id channel at", id=_text(), channel=_text("an ARN"), at=_MS)

TIME = _object("mode now at ahead next", **_SHOWN)
ADVANCED = _object(
    "mode now at ahead next",
    **_SHOWN, began=_MS, ended=_MS, count={"type": "integer"}, happened=_list(_HAPPENED),
)  # fmt: skip
STEERING: Schema = {
    "oneOf": [_object("mode", mode=_MODE), _object("advance", advance=_text("a length of time: 7d, 12h, 1h30m, 90s"))]
}
SETTLING = _object(
    trace=_text("an id as for /_headwater/trace"), timeout={"type": "number", "description": "seconds, 30 unless told"}
)
SETTLEMENT = _object(
    "settled now holding timers",
    settled={"type": "boolean"}, now=_MS, holding=_list(_HELD), timers=_list(_TIMER),
)  # fmt: skip
DELIVERIES = _object("now deliveries", now=_MS, deliveries=_list(_DELIVERY))
DELIVERY = _object("id state attempts", **{**_DELIVERY_PROPERTIES, "state": _OUTCOME["properties"]["state"]},
                   attempts=_list(_ATTEMPT), payload=_text())  # fmt: skip
REDELIVERY = _object("ids", ids=_list(_text()))
REDELIVERED = _object("redelivered", redelivered=_list(_object("id was", id=_text(), was=_text())))
EVENT = _object("event", event=_ANYTHING, bus=_text("a bus's name, or the ARN of a bus, topic, queue or stream"))
EXPLAINED = _object(
    "id channel at trace event verdicts count",
    id=_TEXT_OR_NULL, channel=_text("an ARN"), at={"type": ["integer", "null"]}, trace=_TEXT_OR_NULL, event=_ANYTHING,
    verdicts=_list(_VERDICT), count={"type": "integer"}, problem=_text(), caused=_list(_CAUSED),
)  # fmt: skip
TRIAL = _object("pattern", pattern={"type": ["object", "string"]}, bus=EVENT["properties"]["bus"],
                scope={"enum": ["MessageAttributes", "MessageBody"]}, last={"type": "integer"})  # fmt: skip
TRIED = _object(
    "channel tried matched examples near_misses",
    channel=_text(), tried={"type": "integer"}, matched={"type": "integer"}, examples=_list(_text()),
    near_misses=_list(_object("id failed reason", id=_text(), failed={"type": "integer"}, reason=_text())),
)  # fmt: skip
_SENT = _object(
    "id at kind to body account region",
    id=_text(), at=_MS, kind={"enum": ["email", "email-json", "sms", "push"]}, to=_text("address, number or endpoint"),
    subject=_TEXT_OR_NULL, body=_text(), topic={**_TEXT_OR_NULL, "description": "an ARN"}, message=_TEXT_OR_NULL,
    attributes=_ANYTHING, account=_text(), region=_text(),
)  # fmt: skip
OUTBOX = _object("now messages", now=_MS, messages=_list(_SENT))
_LACKING = _object(
    "role sessions action resource reason refused times trace at",
    role=_text("an ARN"), sessions=_list(_text("such as the name of a function")), action=_text("of IAM's"),
    resource=_text("an ARN, or * where it is not looked at"), reason=_text("as AWS says it"),
    refused={"type": "boolean"}, times={"type": "integer"}, trace=_text("the last one's"), at=_MS,
    sources=_list(_text("an ARN for which a service came that the resource does not let in")),
)  # fmt: skip
_MISSING = _object("role trust document", role=_text("an ARN"), document=_ANYTHING,
                   trust={"type": "boolean", "description": "whether it is the role's trust policy"})  # fmt: skip
PERMISSIONS = _object(
    "looked_at lacking policies", looked_at={"type": "integer", "description": "spans, the newest"},
    lacking=_list(_LACKING), policies={**_list(_MISSING), "description": "that would allow it"},
)  # fmt: skip
_FLAW = _object(
    "operation key error reason refused times trace at",
    operation=_text("such as s3:GetObject"), key=_text("the access key id, or nothing"), error=_text("AWS's code"),
    reason=_text("what differs, or AWS's message"), refused={"type": "boolean"}, times={"type": "integer"},
    trace=_text("the last one's"), at=_MS,
)  # fmt: skip
SIGNATURES = _object("flaws", flaws=_list(_FLAW))
STOP = _object("stop", stop=_text("a phone number"), account=_text(), region=_text())
SPANS = _object("spans last", spans=_list(_ANYTHING), last=_text("the id of the newest span that there is"))
SNAPSHOT = _object(
    "name taken size",
    name=_text(), taken={**_MS, "description": "by the cloud's own clock"}, size={"type": "integer"},
)  # fmt: skip
SNAPSHOTS = _object("snapshots", snapshots=_list(SNAPSHOT))
SAVING = _object("name", name=_text("letters, digits, dots, dashes and underscores, a hundred at most"))
RESTORING = _object(
    fresh={"type": "boolean", "description": "start all function environments anew; else those whose functions are the "
           "same go on"},
)  # fmt: skip
_WHOLE: Schema = {"type": "integer"}
_PLACE: Mapping[str, Schema] = {
    "kind": {"enum": [*KINDS]},
    "service": _text("a pattern with * and ?; of a delivery, the service that sends"),
    "operation": _text("a pattern; of a delivery, the name of its handler"),
    "resource": _text("a pattern for an ARN or a name; of a delivery, for its target"),
}
_RULE_PROPERTIES: Mapping[str, Schema] = {
    **_PLACE,
    "by": {"enum": ["client", "service"], "description": "who asks: over the wire, or one of our services"},
    "at": {"enum": ["operation", "delivery"]},
    "probability": {"type": "number", "description": "from 0 to 1"},
    "nth": {**_WHOLE, "description": "the n-th match only"},
    "every": {**_WHOLE, "description": "each n-th match"},
    "times": {**_WHOLE, "description": "how often at most"},
    "milliseconds": {**_WHOLE, "description": "how late, or how long an answer is held before the connection closes"},
    "code": _text("of an error"), "status": _WHOLE, "message": _text(),
}  # fmt: skip
_SEED: Schema = {"type": ["integer", "string"]}
_HASTENED: Schema = {"type": "boolean", "description": "settle moves the clock on to when what was delayed has come"}
FAULTING = _object(
    rules=_list(_object("kind", **_RULE_PROPERTIES)), seed=_SEED, hasten=_HASTENED,
    explore={**_list(_text()), "description": "kinds that shall come by chance, as any application must bear"},
)  # fmt: skip
FAULTS = _object(
    "seed hasten rules fired",
    seed=_SEED, hasten=_HASTENED,
    rules=_list(_object("index kind matched fired", index=_WHOLE, **_RULE_PROPERTIES, matched=_WHOLE, fired=_WHOLE)),
    fired=_list(_object("index rule at nth trace", index=_WHOLE, rule=_WHOLE, at=_MS, **_PLACE, nth=_WHOLE,
                        trace=_text(), milliseconds=_WHOLE)),
)  # fmt: skip
_VISIT_PROPERTIES: Mapping[str, Schema] = {
    "state": _text(),
    "kind": _text("the state's type"),
    "entered": _MS,
    "exited": _MS,
    "outcome": {"enum": ["running", "done", "failed", "caught", "aborted"]},
    "attempts": _WHOLE,
    "error": _text(),
    "cause": _text(),
    "iteration": {**_WHOLE, "description": "within a Map"},
    "map_run": _text("an ARN"),
    "children": _object(
        "total failed",
        total=_WHOLE,
        failed=_WHOLE,
        execution=_text("an ARN: of one that failed"),
        error=_text(),
        cause=_text(),
    ),
    "given": _text("the input, JSON"),
    "sent": _text("what its task was called with, JSON"),
    "gave": _text("the output, JSON"),
}
_VISIT = _object("state kind entered outcome attempts", **_VISIT_PROPERTIES)
_NESTED_VISIT = _object(
    "state kind entered outcome attempts inner",
    **_VISIT_PROPERTIES, inner={**_list(_ANYTHING), "description": "visits within, of the same shape"},
)  # fmt: skip
_PLACED: Mapping[str, Schema] = {name: {"type": "number"} for name in ("x", "y", "width", "height")}
GRAPH = _object(
    "width height boxes lines",
    width={"type": "number"}, height={"type": "number"},
    boxes=_list(_object("name kind group x y width height", name=_text(), kind=_text("the state's type, or Branch"),
                        group={"type": "boolean"}, **_PLACED)),
    lines=_list(_object("source target kind path", source=_text(), target=_text(),
                        kind={"enum": ["next", "choice", "default", "catch"]}, path=_text("an SVG path"))),
)  # fmt: skip
_STATE = _object("outcome visits failed retries took", outcome=_VISIT_PROPERTIES["outcome"], visits=_WHOLE,
                 failed=_WHOLE, retries=_WHOLE, took={**_WHOLE, "description": "milliseconds, together"})  # fmt: skip
_DESCRIBED: Schema = {**_ANYTHING, "description": "as DescribeExecution, times in ms"}
EXECUTION = _object(
    "execution visits states not_reached graph",
    execution=_DESCRIBED, visits=_list(_NESTED_VISIT), graph=GRAPH, svg=_text(), not_reached=_list(_text()),
    states={"type": "object", "additionalProperties": _STATE},
)  # fmt: skip
DIFFERENCES = _object(
    "first second same rows",
    first=_DESCRIBED, second=_DESCRIBED, same={"type": "boolean"},
    rows=_list(_object("path why", path=_text("the states that lead there"), why=_text("empty where nothing differs"),
                       first=_VISIT, second=_VISIT)),
)  # fmt: skip
REPLAYING = _object(
    execution=_text("an ARN, a name, or anything in its trace"), machine=_text("an ARN: its executions"),
    all={"type": "boolean", "description": "of all machines of the account and region"},
    since=_MS, last={**_WHOLE, "description": "of each machine, the newest so many"},
    definition=_text("in place of the present one"), account=_text(), region=_text(),
)  # fmt: skip
_EVENT_OR_NULL: Schema = {"type": ["object", "null"], "description": "as GetExecutionHistory shows it"}
_DEPARTURE = _object(
    "state recorded instead why",
    state=_TEXT_OR_NULL, recorded=_EVENT_OR_NULL, instead=_EVENT_OR_NULL, why=_text("what differs"),
)  # fmt: skip
REPLAYED = _object(
    "executions same left undecided problems",
    same=_WHOLE, left=_WHOLE, undecided=_WHOLE, problems=_WHOLE,
    executions=_list(_object("execution", execution=_text("an ARN"), name=_text(), machine=_text("an ARN"),
                             status=_text(), events=_WHOLE, departure=_DEPARTURE,
                             undecided={"type": "object", "additionalProperties": _text("why"), "description":
                                        "states of which it cannot be told"},
                             problem=_text("why it cannot be replayed"))),
)  # fmt: skip
QUOTAS = _object(
    "quotas rates",
    quotas=_list(_object("name value default counts", name=_text(), value=_WHOLE,
                         default={**_WHOLE, "description": "AWS's"}, counts=_text())),
    rates=_list(_object("name per_second burst", name=_text("an operation's"), per_second={"type": "number"},
                        burst=_WHOLE)),
)  # fmt: skip
CHANGED_QUOTAS = _object(
    "quotas",
    quotas={"type": "object", "additionalProperties": {
        "type": ["integer", "string", "null"],
        "description": "a number, or a rate: so many a second, or 100/200 where the bucket holds more or less",
    }},
)  # fmt: skip
_ERROR = _object("error", error=_text("what is wrong, in words"))

MOCK_FILE = _object(
    "StateMachines MockedResponses",
    StateMachines={"type": "object", "description": "machine to TestCases: case to state to a response's name"},
    MockedResponses={"type": "object", "description": "name to invocations (0, 1-2, 3-) to a Return or a Throw"},
)
MOCKS = _object(
    "cases",
    cases=_list(
        _object(
            "account region machine case states",
            account=_text("empty: all"), region=_text("empty: all"), machine=_text(), case=_text(),
            states=_list(_text()),
        )
    ),
)  # fmt: skip


def document(pages: Iterable[Page], endpoint: str) -> dict[str, Any]:
    """The document that describes pages served at an endpoint."""
    paths: dict[str, dict[str, Any]] = {}
    for page in pages:
        paths.setdefault(page.path, {})[page.method.lower()] = _described(page)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Headwater", "version": __version__, "description": "Headwater's own surface."},
        "servers": [{"url": endpoint}],
        "paths": paths,
    }


def _described(page: Page) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": page.summary,
        "responses": {"200": _content("done", page.answers), "default": _content("not done", _ERROR)},
    }
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", page.path)
    ]
    asked = [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in page.query.items()
    ]
    if parameters := named + asked:
        described["parameters"] = parameters
    if page.takes is not None:
        described["requestBody"] = {"content": {"application/json": {"schema": page.takes}}}
    return described


def _content(description: str, schema: Schema) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
