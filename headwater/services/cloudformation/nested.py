"""CloudFormation's own types: nested stacks, and types that only hold something.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stack.html
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from headwater.services.cloudformation import tables
from headwater.services.cloudformation.errors import NO_UPDATES
from headwater.services.cloudformation.stack import Stack, look_up_stack, resources_of
from headwater.services.cloudformation.types import ResourceFailed
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Resource, resource
from headwater.spine.work import Watch, Work


@resource("AWS::CloudFormation::Stack")
class NestedStack(Resource):
    """`Ref` is the nested stack's id, attributes are `Outputs.<name>`."""

    def create(self, call: Call, change: Change) -> Coroutine[Any, Any, None]:
        return self._create(working(change), change)

    async def _create(self, work: Work, change: Change) -> None:
        name = change.physical_name(128)
        existing = await work.transact(look_up_stack, name)
        if existing is None:  # else this task is carried out again after a crash
            request = {**request_of(change, name), "DisableRollback": True}
            if role := await work.transact(role_above, change.stack_id):
                request["RoleARN"] = role
            await work.operation("cloudformation", "CreateStack", request)
        if change.stack_id:
            await work.transact(adopt, name, change.stack_id)
        stack = await settled(work, change, name)
        if stack.status != "CREATE_COMPLETE":
            raise ResourceFailed(f"Embedded stack {stack.id} was not successfully created: {stack.reason}")

    def update(self, call: Call, change: Change) -> Coroutine[Any, Any, None]:
        return self._update(working(change), change)

    async def _update(self, work: Work, change: Change) -> None:
        stack = await settled(work, change, change.physical_id)  # a task that is carried out again finds it at work
        skipping = await work.transact(skip_within, change.stack_id, stack.id)
        if stack.status == "UPDATE_ROLLBACK_FAILED":
            await work.operation("cloudformation", "ContinueUpdateRollback", {"StackName": stack.id, **skipping})
            await settled(work, change, stack.id)
        try:
            await work.operation("cloudformation", "UpdateStack", request_of(change, stack.id))
        except AwsError as error:
            if error.message != NO_UPDATES:
                raise
            return
        stack = await settled(work, change, stack.id)
        if stack.status != "UPDATE_COMPLETE":
            begun = f"Currently in UPDATE_ROLLBACK_IN_PROGRESS with reason: {await work.transact(why, stack.id)}"
            raise ResourceFailed(f"Embedded stack {stack.id} was not successfully updated. {begun}")

    def delete(self, call: Call, change: Change) -> Coroutine[Any, Any, None]:
        return self._delete(working(change), change)

    async def _delete(self, work: Work, change: Change) -> None:
        await work.operation("cloudformation", "DeleteStack", {"StackName": change.physical_id})
        stack = await settled(work, change, change.physical_id)
        if stack.status != "DELETE_COMPLETE":
            raise ResourceFailed(f"Embedded stack {stack.id} was not successfully deleted: {stack.reason}")


async def settled(work: Work, change: Change, name: str) -> Stack:
    """The nested stack, once it is done with whatever it does. Raises ResourceFailed where there is none."""
    stack = await until_settled(work, name)
    change.physical_id = stack.id
    change.attributes = {f"Outputs.{each['OutputKey']}": each["OutputValue"] for each in stack.outputs}
    return stack


async def until_settled(work: Work, name: str) -> Stack:
    """A stack, once it is done with whatever it does. Raises ResourceFailed where there is none."""
    watch, stack = await work.transact(watched, name)
    with watch:
        while stack.busy:
            await watch.wait()
            stack = await work.transact(found, stack.id)
    return stack


def role_above(call: Call, parent: str) -> str | None:
    """The role of a nested stack's parent, in which it is deployed too."""
    role: str | None = found(call, parent).settings.get("RoleARN") if parent else None
    return role


def adopt(call: Call, name: str, parent: str) -> None:
    """Note whose a nested stack is."""
    stack, above = found(call, name), found(call, parent)
    stack.settings |= {"ParentId": above.id, "RootId": above.settings.get("RootId", above.id)}
    stack.save(call)


def skip_within(call: Call, parent: str, name: str) -> dict[str, Any]:
    """What a rollback of the parent that is continued skips of a nested stack and of those within it; it is left as it
    is, too, when the nested stack goes back to what the parent had."""
    skipping, stack = found(call, parent).settings.get("Skipping", {}) if parent else {}, found(call, name)
    given = [each for each in skipping.get("ResourcesToSkip", ()) if "." in each]
    within = [each.partition(".")[2] if each.startswith(f"{stack.name}.") else each for each in given]
    forced = bool(skipping.get("ForceRollback"))
    failed = [each.logical_id for each in resources_of(call, stack) if forced and each.status == "UPDATE_FAILED"]
    if skipped := [*failed, *(each for each in within if "." not in each)]:
        stack.settings["Skipped"] = skipped
        stack.save(call)
    return {"ResourcesToSkip": within, "ForceRollback": forced}


def why(call: Call, name: str) -> str:
    """The reason of a stack's last rollback."""
    row = call.store.one(tables.SELECT_REASON, (name, name, "UPDATE_ROLLBACK_IN_PROGRESS"))
    return row[0] if row else ""


def working(change: Change) -> Work:
    assert change.work is not None
    return change.work


def request_of(change: Change, name: str) -> dict[str, Any]:
    properties = change.properties
    parameters = properties.get("Parameters", {}).items()
    tags = change.tags | {tag["Key"]: str(tag["Value"]) for tag in properties.get("Tags", ())}
    return {
        "StackName": name,
        "TemplateURL": properties["TemplateURL"],
        "NotificationARNs": properties.get("NotificationARNs", []),
        **({"TimeoutInMinutes": int(minutes)} if (minutes := properties.get("TimeoutInMinutes")) else {}),
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": ",".join(value) if isinstance(value, list) else str(value)}
            for key, value in parameters
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        "Capabilities": ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    }


def found(call: Call, name: str) -> Stack:
    stack = look_up_stack(call, name)
    if stack is None:
        raise ResourceFailed(f"Stack {name} does not exist")
    return stack


def watched(call: Call, name: str) -> tuple[Watch, Stack]:
    stack = found(call, name)
    return call.watch(("cloudformation", stack.id)), stack


class Placeholder(Resource):
    """A type that is nothing but its declaration, on AWS too."""

    def create(self, call: Call, change: Change) -> None:
        change.physical_id = change.physical_name(128)

    def update(self, call: Call, change: Change) -> None:
        """Nothing to do."""

    def delete(self, call: Call, change: Change) -> None:
        """Nothing to do."""


@resource("AWS::CDK::Metadata")
class CdkMetadata(Placeholder):
    """What CDK notes about itself."""
