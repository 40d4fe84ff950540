"""Macros of the user's own: a function gets a template, or a piece of one, and gives back another.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-author.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from headwater.languages.templates import Scope, TemplateError, Unresolved, evaluate, transforms_of
from headwater.languages.templates.includes import TRANSFORM, is_include, listed
from headwater.services.cloudformation import tables
from headwater.services.cloudformation.transforms import is_ours
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, resource
from headwater.spine.store.blobs import Blob
from headwater.spine.work import Work


@resource("AWS::CloudFormation::Macro")
class Macro(Resource):
    """`Ref` is its name."""

    def create(self, call: Call, change: Change) -> None:
        name = change.properties["Name"]
        place = (call.account, call.region, name)
        if not change.physical_id and call.store.one(tables.SELECT_MACRO, place) is not None:
            raise AwsError("AlreadyExists", f"Macro {name} already exists")
        call.store.run(tables.PUT_MACRO, (*place, change.properties["FunctionName"]))
        change.physical_id = name

    def update(self, call: Call, change: Change) -> None:
        if change.properties["Name"] != change.previous.get("Name"):
            raise Replace
        self.create(call, change)

    def delete(self, call: Call, change: Change) -> None:
        call.store.run(tables.DELETE_MACRO, (call.account, call.region, change.physical_id))


def macros_within(node: Any) -> bool:
    """Whether some part of a template names a macro of the user's."""
    if isinstance(node, Mapping):
        named = listed(node[TRANSFORM]) if TRANSFORM in node else ()
        return any(not is_include(each) for each in named) or any(map(macros_within, node.values()))
    return isinstance(node, list) and any(map(macros_within, node))


class Expansion:
    """A template's macros carried out, from within to without; ``parameters`` are the template's, with those that
    CloudFormation gives."""

    def __init__(self, work: Work, parameters: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        self._work = work
        self._scope = Scope(parameters, Unresolved())
        self._given = given

    async def within(self, node: Any) -> Any:
        """The node with what ``Fn::Transform`` makes of its parts. Raises TemplateError."""
        if isinstance(node, list):
            return [await self.within(child) for child in node]
        if not isinstance(node, dict):
            return node
        made: Any = {key: await self.within(child) for key, child in node.items() if key != TRANSFORM}
        for transform in listed(node[TRANSFORM]) if TRANSFORM in node else ():
            made = await self.call(transform, made)
        return made

    async def call(self, transform: Any, fragment: Any) -> Any:
        """What a macro makes of a fragment. Raises TemplateError."""
        declared = transform if isinstance(transform, dict) else {"Name": transform}
        name = str(declared.get("Name"))
        caller, call = self._work.caller, self._work.call()
        function = await self._work.transact(_function_of, name)
        if function is None:
            raise TemplateError(f"No transform named {name} found.")
        title = name if "::" in name else f"{caller.account}::{name}"
        event = {
            "accountId": caller.account,
            "region": caller.region,
            "fragment": fragment,
            "transformId": title,
            "params": evaluate(declared.get("Parameters") or {}, self._scope),
            "requestId": call.ids.uuid(),
            "templateParameterValues": self._given,
        }
        request = {"FunctionName": function, "Payload": orjson.dumps(event)}
        try:
            answer = await self._work.operation("lambda", "Invoke", request)
        except AwsError as error:
            raise TemplateError(f"Transform {title} failed with: {error.message or error.code}") from error
        return _made(title, answer)


def _function_of(call: Call, name: str) -> str | None:
    row = call.store.one(tables.SELECT_MACRO, (call.account, call.region, name.rpartition("::")[2]))
    return None if row is None else str(row[0])


def _made(title: str, answer: Mapping[str, Any]) -> Any:
    payload = answer.get("Payload") or b""
    try:
        told = orjson.loads(payload.read() if isinstance(payload, Blob) else payload)
    except orjson.JSONDecodeError:
        told = None
    if answer.get("FunctionError") or not isinstance(told, dict) or "status" not in told:
        raise TemplateError(f"Received malformed response from transform {title}")
    if str(told["status"]).lower() != "success":
        message = told.get("errorMessage")
        raise TemplateError(f"Transform {title} failed {f'with: {message}' if message else 'without an error message'}")
    if "fragment" not in told:
        raise TemplateError(f"Received malformed response from transform {title}")
    return told["fragment"]


async def without_macros(
    work: Work, body: Mapping[str, Any], parameters: Mapping[str, Any], given: Mapping[str, Any], apply: Any
) -> dict[str, Any]:
    """The template with all its transforms carried out, in their order; ``apply(body, transform)`` awaits one of AWS's.
    Raises TemplateError."""
    expansion = Expansion(work, parameters, given)
    declared = transforms_of(body)
    whole: Any = await expansion.within({name: section for name, section in body.items() if name != "Transform"})
    for transform in declared:
        whole = await (apply(whole, transform) if is_ours(transform) else expansion.call(transform, whole))
        if not isinstance(whole, dict):
            raise TemplateError("Template format error: unsupported structure.")
    return dict(whole)
