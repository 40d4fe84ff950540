"""Change sets: an operation prepared, looked at, then executed. What `aws cloudformation deploy` and SAM use.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson

from headwater.languages.templates import Argument, Difference, TemplateError, difference, parse_parameters
from headwater.services.cloudformation import stack_operations, tables
from headwater.services.cloudformation.change_descriptions import describe_change, without_values
from headwater.services.cloudformation.deployment import (
    LEFT_AS_FAILED,
    Findings,
    begin_creation,
    begin_import,
    begin_update,
)
from headwater.services.cloudformation.early_validation import check_attributes, find_early, lacking_types, reason
from headwater.services.cloudformation.errors import (
    NO_CHANGES,
    change_set_already_exists,
    change_set_not_found,
    change_set_wrong_status,
    validation_error,
)
from headwater.services.cloudformation.importing import (
    objection,
    resources_to_adopt,
    resources_to_import,
    without_policy,
)
from headwater.services.cloudformation.paging import a_page
from headwater.services.cloudformation.patience import when_settled
from headwater.services.cloudformation.plan import (
    HIDDEN_VALUE,
    Plan,
    StoredTemplate,
    dump_arguments,
    load_arguments,
    make_plan,
    plan_of,
)
from headwater.services.cloudformation.source import (
    Source,
    check_capabilities,
    check_types,
    load_body,
    parameters_section,
    read_source,
    with_pieces,
)
from headwater.services.cloudformation.stack import (
    STACK_TYPE,
    Stack,
    dumps,
    find_stack,
    look_up_stack,
)
from headwater.services.cloudformation.stacks import check_updatable, differs, new_stack, settings_of
from headwater.spine.arns import make_arn
from headwater.spine.deliveries import Delivery, Exhausted, delivery
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.work import Work

# executing one does away with all of its stack, so that their names are free again
PAST = ("EXECUTE_COMPLETE", "OBSOLETE")
NESTED_AS_ONE = "Headwater tells of a nested stack's changes as one: IncludeNestedStacks makes no others."
# settings that are no stack's
ITS_OWN = ("Description", "DisableValidation", "ImportExistingResources", "IncludeNestedStacks")


@dataclass(slots=True)
class ChangeSet:
    """A change set; ``created`` in ms, ``changes`` as DescribeChangeSet gives them."""

    id: str
    stack: str
    name: str
    type: str
    status: str
    execution: str
    reason: str | None
    created: int
    body: str
    processed: dict[str, Any]
    arguments: dict[str, Argument]
    tags: dict[str, str]
    settings: dict[str, Any]
    changes: list[dict[str, Any]]

    def insert(self, call: Call) -> None:
        fixed = (self.id, self.stack, self.name, self.type, self.status, self.execution, self.reason, self.created)
        texts = (dumps(self.processed), dump_arguments(self.arguments), dumps(self.tags), dumps(self.settings))
        call.store.run(tables.INSERT_CHANGE_SET, (*fixed, self.body, *texts, dumps(self.changes)))

    def save(self, call: Call) -> None:
        texts = (dumps(self.processed), dumps(self.settings), dumps(self.changes))
        call.store.run(tables.UPDATE_CHANGE_SET, (self.status, self.execution, self.reason, *texts, self.id))

    @property
    def operation_id(self) -> str:
        return self.id.rpartition("/")[2]

    @property
    def stored(self) -> StoredTemplate:
        return StoredTemplate(self.body, self.processed, self.arguments, self.tags)


def change_set_of(row: tuple[Any, ...]) -> ChangeSet:
    processed, tags, settings, changes = (orjson.loads(row[index]) for index in (9, 11, 12, 13))
    fields = [*row[:9], processed, load_arguments(row[10]), tags, settings, changes]
    return ChangeSet(*fields)


def change_sets_of(call: Call, stack: Stack) -> list[ChangeSet]:
    return [change_set_of(row) for row in call.store.all(tables.SELECT_CHANGE_SETS, (stack.id,))]


def find_change_set(call: Call, name: str, stack_name: str | None) -> ChangeSet:
    """By id, or by name and stack. Raises ChangeSetNotFound, ValidationError."""
    if name.startswith("arn:"):
        row = call.store.one(tables.SELECT_CHANGE_SET, (name,))
        if row is None or name.split(":")[3:5] != [call.region, call.account]:
            raise change_set_not_found(name)
        return change_set_of(row)
    if not stack_name:
        raise validation_error("StackName must be specified if ChangeSetName is not specified as an ARN.")
    for each in reversed(change_sets_of(call, existing_stack(call, stack_name))):
        if each.name == name:
            return each
    raise change_set_not_found(name)


def existing_stack(call: Call, name: str) -> Stack:
    stack = look_up_stack(call, name)
    if stack is None or stack.deleted is not None:
        raise validation_error(f"Stack [{name}] does not exist")
    return stack


# ---- making one


@operation("cloudformation", "CreateChangeSet")
def create_change_set(call: Call, request: Request) -> Result:
    """The change set is there at once, and complete when its transforms are applied and its changes found."""
    if request.get("DeploymentMode"):
        raise not_implemented("The DeploymentMode of a change set")
    kind = request.get("ChangeSetType") or "UPDATE"
    imports = resources_to_import(call, request) if kind == "IMPORT" else {}
    stack = _stack_for(call, request, kind)
    name = request["ChangeSetName"]
    if any(each.name == name and each.execution not in PAST for each in change_sets_of(call, stack)):
        raise change_set_already_exists(name)
    source = read_source(call, request, stack)
    if not source.is_slow:
        _, plan = source.process()
        check_capabilities(plan.template, list(request.get("Capabilities") or ()))
    identity = make_arn("cloudformation", call.region, call.account, f"changeSet/{name}/{call.ids.uuid()}")
    settings = {**settings_of(call, request), "Description": request.get("Description")}
    if imports:
        settings["Importing"] = imports
    if request.get("DisableValidation"):
        settings["DisableValidation"] = True
    settings |= {flag: True for flag in ("ImportExistingResources", "IncludeNestedStacks") if request.get(flag)}
    if request.get("OnStackFailure"):
        settings["OnFailure"] = request["OnStackFailure"]
    made = ChangeSet(
        identity, stack.id, name, kind, "CREATE_PENDING", "UNAVAILABLE", None, call.now, source.text, {},
        source.arguments, source.tags, settings, [],
    )  # fmt: skip
    made.insert(call)
    stack_operations.begin(call, stack.id, "CREATE_CHANGESET", request.get("ClientToken"), made.operation_id)
    call.deliver("cloudformation.change-set", {"id": identity}, target=identity)
    return {"Id": identity, "StackId": stack.id}


def _stack_for(call: Call, request: Request, kind: str) -> Stack:
    """The stack to change, or for the type CREATE a new one that waits for its execution."""
    name = request["StackName"]
    stack = look_up_stack(call, name)
    if stack is not None and stack.deleted is not None:
        stack = None
    if kind == "UPDATE" or (kind == "IMPORT" and stack is not None and stack.status != "REVIEW_IN_PROGRESS"):
        if stack is None:
            raise validation_error(f"Stack [{name}] does not exist")
        check_updatable(stack)
        return stack
    if stack is None:
        stack = new_stack(call, name, settings_of(call, request))
        stack.insert(call)
        stack.enter(call, "REVIEW_IN_PROGRESS", "User Initiated")
    elif stack.status != "REVIEW_IN_PROGRESS":
        raise validation_error(
            f"Stack [{name}] already exists and cannot be created again with the changeSet "
            f"[{request['ChangeSetName']}]."
        )
    return stack


def _give_up(call: Call, item: Delivery, why: Exhausted) -> None:
    row = call.store.one(tables.SELECT_CHANGE_SET, (item.payload["id"],))
    if row is not None:
        _fail(call, change_set_of(row), why.message)


@delivery("cloudformation.change-set", exhausted=_give_up)
def prepare(call: Call, item: Delivery) -> Coroutine[Any, Any, Callable[[Call], None] | None] | None:
    row = call.store.one(tables.SELECT_CHANGE_SET, (item.payload["id"],))
    if row is None:
        return None
    change_set = change_set_of(row)
    stack = find_stack(call, change_set.stack)
    body = with_pieces(call, change_set.body, load_body(change_set.body), change_set.arguments, stack)
    source = Source(change_set.body, body, change_set.arguments, change_set.tags, stack)
    if source.is_slow:
        return _prepare_later(call.work, change_set.id, source)
    _prepared(call, change_set, *source.process())
    return None


async def _prepare_later(work: Work, identity: str, source: Source) -> Callable[[Call], None]:
    try:
        processed = await source.process_aside(work)
    except AwsError as failure:
        problem = failure.message
        return lambda call: _give_up_on(call, identity, problem)
    return lambda call: _prepared_later(call, identity, processed)


def _give_up_on(call: Call, identity: str, problem: str) -> None:
    row = call.store.one(tables.SELECT_CHANGE_SET, (identity,))
    if row is not None:
        _fail(call, change_set_of(row), problem)


def _prepared_later(call: Call, identity: str, processed: tuple[StoredTemplate, Plan]) -> None:
    row = call.store.one(tables.SELECT_CHANGE_SET, (identity,))
    if row is not None:
        _prepared(call, change_set_of(row), *processed)


class _Refused(Exception):
    """Why a change set cannot be executed, with what was found wrong."""

    def __init__(self, reason: str, findings: Findings = ()) -> None:
        super().__init__(reason)
        self.findings = findings


def _prepared(call: Call, change_set: ChangeSet, stored: StoredTemplate, plan: Plan) -> None:
    change_set.processed = dict(stored.processed)
    try:
        change_set.changes = _changes(call, change_set, stored, plan)
    except _Refused as refusal:
        _fail(call, change_set, str(refusal), refusal.findings)
    except (AwsError, TemplateError) as error:
        _fail(call, change_set, error.message if isinstance(error, AwsError) else str(error))
    else:
        change_set.status, change_set.execution = "CREATE_COMPLETE", "AVAILABLE"
        change_set.save(call)
        stack_operations.end(call, change_set.operation_id, "SUCCEEDED")
        call.signal(("cloudformation", change_set.id))


def _changes(call: Call, change_set: ChangeSet, stored: StoredTemplate, plan: Plan) -> list[dict[str, Any]]:
    """As they are told. Raises _Refused, AwsError, TemplateError."""
    stack, settings = find_stack(call, change_set.stack), change_set.settings
    check_capabilities(plan.template, settings.get("Capabilities", []))
    check_types(plan.template, settings.get("ResourceTypes"))
    if change_set.type == "UPDATE" and stack.status not in LEFT_AS_FAILED and not differs(call, stack, stored, plan):
        raise _Refused(NO_CHANGES)
    if settings.get("IncludeNestedStacks") and any(each.type == STACK_TYPE for each in plan.resources.values()):
        change_set.reason = NESTED_AS_ONE  # not refused: the CDK asks for it whenever there are nested stacks
    former = None if stack.status == "REVIEW_IN_PROGRESS" else plan_of(call, stack)
    check_attributes(call, plan)
    changes = difference(former.rendered() if former else {}, plan.rendered())
    imports = _imports(call, change_set, plan, changes)
    if not settings.get("DisableValidation"):
        if lacking := lacking_types(call, changes):
            raise _Refused(f"Headwater does not implement {', '.join(lacking)}.")
        if findings := find_early(call, plan.rendered(), changes, imports):
            raise _Refused(reason(findings), findings)
    before, after = former.shown() if former else {}, plan.shown()
    described = []
    for each in changes:
        name = each.logical_id
        told = describe_change(call, stack, each, before.get(name), after.get(name), imports.get(name))
        described.append({"Type": "Resource", "ResourceChange": told})
    return described


def _imports(call: Call, change_set: ChangeSet, plan: Plan, changes: Sequence[Difference]) -> dict[str, str]:
    """What is taken in, by logical ids, kept in the change set's settings. Raises _Refused."""
    imports: dict[str, str] = change_set.settings.get("Importing") or {}
    if change_set.type == "IMPORT" and (objected := objection(plan, changes, imports)) is not None:
        raise _Refused(objected)
    if change_set.settings.get("ImportExistingResources"):
        imports |= resources_to_adopt(call, plan.rendered(), changes)
        if (objected := without_policy(plan, imports)) is not None:
            raise _Refused(objected)
        change_set.settings["Importing"] = imports
    return imports


def _fail(call: Call, change_set: ChangeSet, why: str, findings: Findings = ()) -> None:
    change_set.status, change_set.execution, change_set.reason = "FAILED", "UNAVAILABLE", why
    change_set.save(call)
    stack_operations.end(call, change_set.operation_id, "FAILED", findings)
    call.signal(("cloudformation", change_set.id))


# ---- looking at them


@operation("cloudformation", "DescribeChangeSet", abandonable=True)
def describe_change_set(call: Call, request: Request) -> Answer:
    identity = find_change_set(call, request["ChangeSetName"], request.get("StackName")).id
    return when_settled(call, identity, partial(_look, request=request))


def _look(call: Call, request: Request) -> tuple[bool, Result]:
    change_set = find_change_set(call, request["ChangeSetName"], request.get("StackName"))
    return change_set.status != "CREATE_PENDING", _describe(call, change_set, request)


def _describe(call: Call, change_set: ChangeSet, request: Request) -> Result:
    paged = a_page(change_set.changes, request, "Changes")
    if not request.get("IncludePropertyValues"):
        paged["Changes"] = [
            each | {"ResourceChange": without_values(each["ResourceChange"])} for each in paged["Changes"]
        ]
    declared = parameters_section(load_body(change_set.body))
    hidden = {name for name, each in parse_parameters(declared).items() if each.no_echo}
    return {
        **_summary(call, change_set),
        "Parameters": [
            {
                "ParameterKey": name,
                "ParameterValue": HIDDEN_VALUE if name in hidden else each.given,
                "ResolvedValue": each.resolved,
            }
            for name, each in change_set.arguments.items()
        ],
        "OnStackFailure": change_set.settings.get("OnFailure"),
        "DeploymentConfig": change_set.settings.get("DeploymentConfig"),
        "NotificationARNs": change_set.settings.get("NotificationARNs", []),
        "RollbackConfiguration": change_set.settings.get("RollbackConfiguration") or {},
        "Capabilities": change_set.settings.get("Capabilities"),
        "Tags": [{"Key": key, "Value": value} for key, value in change_set.tags.items()],
        **paged,
    }


def _summary(call: Call, change_set: ChangeSet) -> dict[str, Any]:
    return {
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.id,
        "StackId": change_set.stack,
        "StackName": find_stack(call, change_set.stack).name,
        "Description": change_set.settings.get("Description"),
        "CreationTime": change_set.created,
        "ExecutionStatus": change_set.execution,
        "Status": change_set.status,
        "StatusReason": change_set.reason,
        "IncludeNestedStacks": False,
        "ImportExistingResources": bool(change_set.settings.get("ImportExistingResources")),
    }


@operation("cloudformation", "ListChangeSets", reads=True)
def list_change_sets(call: Call, request: Request) -> Result:
    stack = existing_stack(call, request["StackName"])
    return a_page([_summary(call, each) for each in change_sets_of(call, stack)], request, "Summaries")


# ---- ends


@operation("cloudformation", "ExecuteChangeSet")
def execute_change_set(call: Call, request: Request) -> Result:
    change_set = find_change_set(call, request["ChangeSetName"], request.get("StackName"))
    if change_set.execution != "AVAILABLE":
        raise change_set_wrong_status(change_set.id, change_set.status)
    stack = find_stack(call, change_set.stack)
    if stack.status != "REVIEW_IN_PROGRESS":
        check_updatable(stack)
    change_set.execution = "EXECUTE_COMPLETE"
    change_set.save(call)
    for other in change_sets_of(call, stack):
        if other.id != change_set.id:
            other.execution = "OBSOLETE"
            other.save(call)
    given = {name: value for name, value in change_set.settings.items() if name not in ITS_OWN}
    defaults: dict[str, Any] = {
        **{name: bool(request.get(name)) for name in ("DisableRollback", "RetainExceptOnCreate")},
        "DeploymentConfig": None,
        "Importing": {},
        "StackPolicyDuringUpdateBody": None,
    }
    stack.settings.update({**defaults, **given})
    stack.settings.update({"ChangeSetId": change_set.id, "ClientRequestToken": request.get("ClientRequestToken")})
    plan = make_plan(change_set.processed, change_set.arguments, change_set.tags, stack)
    if change_set.type == "IMPORT":
        begin = begin_import
    else:
        begin = begin_creation if stack.status == "REVIEW_IN_PROGRESS" else begin_update
    begin(call, stack, change_set.stored, plan)
    return {}


@operation("cloudformation", "DeleteChangeSet")
def delete_change_set(call: Call, request: Request) -> Result:
    """Deleting what is gone already is no error, where the id is given."""
    try:
        change_set = find_change_set(call, request["ChangeSetName"], request.get("StackName"))
    except AwsError as error:
        if error.code == "ChangeSetNotFound":
            return {}
        raise
    call.store.run(tables.DELETE_CHANGE_SET, (change_set.id,))
    return {}
