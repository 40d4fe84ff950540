"""A stack, its template, its resources, its events: the rows as objects.

Statuses: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import Any

import orjson

from headwater.languages.templates.parameters import UNTELLABLE
from headwater.services.cloudformation import stack_operations, tables
from headwater.services.cloudformation.errors import stack_does_not_exist
from headwater.spine.operations import Call

STACK_TYPE = "AWS::CloudFormation::Stack"
OPERATIONS_SHOWN = 5
# signalled when an alarm changes, by CloudWatch, and when a stack does that has alarms as triggers
ALARMS = ("monitoring", "alarms")


@dataclass(slots=True)
class Stack:
    """A stack. Times in ms. ``operation`` numbers what was done to it; ``template`` is the operation whose template
    is in force (while an update runs, its own), ``former`` the one to go back to. ``settings`` are members of the
    API's Stack that the template does not decide."""

    id: str
    account: str
    region: str
    name: str
    status: str
    reason: str | None
    created: int
    updated: int | None
    deleted: int | None
    operation: int
    template: int
    former: int
    settings: dict[str, Any]
    outputs: list[dict[str, Any]]

    @property
    def busy(self) -> bool:
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def insert(self, call: Call) -> None:
        call.store.run(tables.INSERT_STACK, (*astuple(self)[:12], dumps(self.settings), dumps(self.outputs)))

    def save(self, call: Call) -> None:
        state = (self.status, self.reason, self.updated, self.deleted, self.operation, self.template, self.former)
        call.store.run(tables.UPDATE_STACK, (*state, dumps(self.settings), dumps(self.outputs), self.id))

    @property
    def triggers(self) -> list[dict[str, Any]]:
        """The alarms by which an operation is taken back."""
        return list((self.settings.get("RollbackConfiguration") or {}).get("RollbackTriggers") or ())

    @property
    def operation_id(self) -> str | None:
        """Of what was last done to it, or is being done."""
        last = self.settings.get("LastOperations")
        return str(last[0]["OperationId"]) if last else None

    def begin_operation(self, call: Call, kind: str) -> str:
        """The id of what begins; what was going on before has led to this, and so has failed."""
        self._end_operation(call, "FAILED")
        identity = stack_operations.begin(call, self.id, kind, self.settings.get("ClientRequestToken"))
        last = self.settings.get("LastOperations", ())
        self.settings["LastOperations"] = [{"OperationType": kind, "OperationId": identity}, *last][:OPERATIONS_SHOWN]
        return identity

    def _end_operation(self, call: Call, status: str) -> None:
        if (identity := self.operation_id) is not None:
            stack_operations.end(call, identity, status)

    def enter(self, call: Call, status: str, reason: str | None = None) -> None:
        """Take on a status, with its event; waiters on the stack wake."""
        self.status, self.reason = status, reason
        self.save(call)
        record(call, self, self.name, self.id, STACK_TYPE, status, reason)
        if not self.busy:
            self._end_operation(call, "SUCCEEDED" if status.endswith("_COMPLETE") else "FAILED")
        call.signal(("cloudformation", self.id))
        if self.triggers:
            call.signal(ALARMS)


@dataclass(slots=True)
class StackResource:
    """One physical resource of a stack. ``current`` is what the logical id means now; a replaced one is not, until
    it is deleted. ``made_by`` and ``replaced_by`` number operations; ``previous`` is what an update in place must be
    rolled back to (properties, physical id, attributes). ``shown`` are the properties as events tell them, where they
    hold what must not be told (JSON; None: as they are)."""

    id: int
    stack: str
    logical_id: str
    current: bool
    type: str
    physical_id: str
    status: str
    reason: str | None
    changed: int
    made_by: int
    replaced_by: int
    properties: dict[str, Any]
    attributes: dict[str, Any] = field(default_factory=dict)
    depends: list[str] = field(default_factory=list)
    deletion_policy: str = "Delete"
    replace_policy: str = "Delete"
    metadata: Any = None
    previous: dict[str, Any] | None = None
    shown: str | None = None

    def _state(self) -> tuple[Any, ...]:
        return (
            int(self.current), self.type, self.physical_id, self.status, self.reason, self.changed, self.made_by,
            self.replaced_by, dumps(self.properties), dumps(self.attributes), dumps(self.depends),
            self.deletion_policy, self.replace_policy, dumps(self.metadata),
            None if self.previous is None else dumps(self.previous), self.shown,
        )  # fmt: skip

    def insert(self, call: Call) -> None:
        call.store.run(tables.INSERT_RESOURCE, (self.id, self.stack, self.logical_id, *self._state()))

    def save(self, call: Call) -> None:
        call.store.run(tables.UPDATE_RESOURCE, (*self._state(), self.id))

    def enter(self, call: Call, stack: Stack, status: str, reason: str | None = None) -> None:
        """Take on a status, with its event."""
        reason = UNTELLABLE.sub("\ufffd", reason) if reason else reason  # a custom resource may have sent anything
        self.status, self.reason, self.changed = status, reason, call.now
        self.save(call)
        properties = self.shown or dumps(self.properties)
        record(call, stack, self.logical_id, self.physical_id, self.type, status, reason, properties)

    def go_back(self) -> None:
        """To what it was before the update."""
        for name, value in (self.previous or {}).items():
            setattr(self, name, value)
        self.previous = None

    @property
    def snapshot(self) -> dict[str, Any]:
        """What ``previous`` keeps."""
        return {
            "properties": self.properties,
            "physical_id": self.physical_id,
            "attributes": self.attributes,
            "depends": self.depends,
            "deletion_policy": self.deletion_policy,
            "replace_policy": self.replace_policy,
            "metadata": self.metadata,
            "shown": self.shown,
        }


def dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


# ---- stacks


def stack_of(row: tuple[Any, ...]) -> Stack:
    fields = [*row[:12], orjson.loads(row[12]), orjson.loads(row[13])]
    return Stack(*fields)


def find_stack(call: Call, name: str) -> Stack:
    """By name (those that are not deleted) or id. Raises ValidationError."""
    stack = look_up_stack(call, name)
    if stack is None:
        raise stack_does_not_exist(name)
    return stack


def look_up_stack(call: Call, name: str) -> Stack | None:
    if name.startswith("arn:"):
        row = call.store.one(tables.SELECT_STACK, (name,))
    else:
        row = call.store.one(tables.SELECT_STACK_BY_NAME, (call.account, call.region, name))
    if row is None or row[1:3] != (call.account, call.region):
        return None
    call.span.subject = row[0]
    return stack_of(row)


def all_stacks(call: Call) -> list[Stack]:
    return [stack_of(row) for row in call.store.all(tables.SELECT_STACKS, (call.account, call.region))]


# ---- resources


def resource_of(row: tuple[Any, ...]) -> StackResource:
    fields = list(row)
    fields[3] = bool(row[3])
    for column in (11, 12, 13, 16):
        fields[column] = orjson.loads(row[column])
    fields[17] = None if row[17] is None else orjson.loads(row[17])
    return StackResource(*fields)


def find_resource(call: Call, identity: int) -> StackResource | None:
    row = call.store.one(tables.SELECT_RESOURCE, (identity,))
    return None if row is None else resource_of(row)


def current_resource(call: Call, stack: Stack, logical_id: str) -> StackResource | None:
    row = call.store.one(tables.SELECT_CURRENT, (stack.id, logical_id))
    return None if row is None else resource_of(row)


def resources_of(call: Call, stack: Stack) -> list[StackResource]:
    """All, replaced ones too, oldest first."""
    return [resource_of(row) for row in call.store.all(tables.SELECT_RESOURCES, (stack.id,))]


# ---- events


def record(
    call: Call,
    stack: Stack,
    logical_id: str,
    physical_id: str,
    kind: str,
    status: str,
    reason: str | None,
    properties: str | None = None,
) -> None:
    """Write a stack event. Its id is unique and, for a resource, tells what it is about, as AWS's does.

    No two of a stack are of one instant: tools (the CDK's among them) put events in order by their time.
    """
    event = call.ids.uuid()
    if kind != STACK_TYPE or physical_id != stack.id:
        event = f"{logical_id}-{event}" if status.endswith("_IN_PROGRESS") else f"{logical_id}-{status}-{event}"
    row = (
        call.engine.new_id(), stack.id, event, logical_id, physical_id, kind, status, reason,
        call.now, stack.id, call.now, properties, stack.settings.get("ClientRequestToken"), stack.operation_id,
    )  # fmt: skip
    call.store.run(tables.INSERT_EVENT, row)
    if call.engine.catalogue.loaded("events"):  # there can be no rule while nobody has ever touched EventBridge
        put_status_event(call, stack, logical_id, physical_id, kind, status, reason)
    if stack.settings.get("NotificationARNs"):
        call.deliver("cloudformation.notification", {"stack": stack.id, "event": row[0]}, target=stack.id)


def put_status_event(
    call: Call, stack: Stack, logical_id: str, physical_id: str, kind: str, status: str, reason: str | None
) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/monitor-cloudformation-using-eventbridge.html"""
    whole = kind == STACK_TYPE and physical_id == stack.id
    detail = {
        "stack-id": stack.id,
        "status-details": {"status": status, "status-reason": reason or ""},
        "client-request-token": stack.settings.get("ClientRequestToken") or "",
    }
    if not whole:
        detail |= {"logical-resource-id": logical_id, "physical-resource-id": physical_id, "resource-type": kind}
    request = {
        "Source": "aws.cloudformation",
        "DetailType": f"CloudFormation {'Stack' if whole else 'Resource'} Status Change",
        "Detail": detail,
        "Resources": [stack.id],
    }
    call.operation("events", "PutServiceEvent", request, stack.account, stack.region)
