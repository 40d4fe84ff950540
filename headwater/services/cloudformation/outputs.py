"""Outputs, exports and imports.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
"""

from __future__ import annotations

from typing import Any

from headwater.languages.templates import TemplateError, evaluate
from headwater.services.cloudformation import tables
from headwater.services.cloudformation.errors import validation_error
from headwater.services.cloudformation.localise import localise
from headwater.services.cloudformation.paging import a_page
from headwater.services.cloudformation.plan import Plan
from headwater.services.cloudformation.stack import Stack
from headwater.services.cloudformation.surroundings import Surroundings
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import page

_EXPORTS_OF_A_PAGE = 100


def settle_outputs(call: Call, stack: Stack, plan: Plan) -> list[dict[str, Any]]:
    """Evaluate the outputs and publish the exports. Raises TemplateError."""
    scope = plan.scope(Surroundings(call, stack))
    outputs, exports = [], {}
    for name, output in plan.outputs.items():
        value = localise(evaluate(output.value, scope), call.endpoint)
        if isinstance(value, dict | list):
            raise TemplateError(f"Template format error: Output {name} is malformed. The Value field of every Outputs "
                                "member must evaluate to a String.")  # fmt: skip
        described = {"OutputKey": name, "OutputValue": text(value), "Description": output.description}
        if output.export is not None:
            described["ExportName"] = evaluate(output.export, scope)
            exports[str(described["ExportName"])] = text(value)
        outputs.append({key: each for key, each in described.items() if each is not None})
    publish(call, stack, exports)
    return outputs


def text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def publish(call: Call, stack: Stack, exports: dict[str, str]) -> None:
    """Make these the stack's exports. Raises TemplateError where another stack has or needs one."""
    here = (stack.account, stack.region)
    former: dict[str, str] = dict(call.store.all(tables.SELECT_EXPORTS_OF, (stack.id,)))
    for name, value in former.items():
        if exports.get(name) != value and (users := importers(call, stack, name)):
            action = "updated" if name in exports else "deleted"
            raise TemplateError(f"Export {name} cannot be {action} as it is in use by {', '.join(users)}")
        if name not in exports:
            call.store.run(tables.DELETE_EXPORT, (*here, name))
    for name, value in exports.items():
        owner = call.store.one(tables.SELECT_EXPORT, (*here, name))
        if owner is not None and owner[1] != stack.id:
            other = owner[1].split("/")[1]
            raise TemplateError(f"Export with name {name} is already exported by stack {other}.")
        call.store.run(tables.PUT_EXPORT, (*here, name, value, stack.id))


def importers(call: Call, stack: Stack, name: str) -> list[str]:
    rows = call.store.all(tables.SELECT_IMPORTERS, (stack.account, stack.region, name))
    return [row[0] for row in rows]


def exports_in_use(call: Call, stack: Stack) -> str | None:
    """Why the stack may not be deleted, or None."""
    for name, _ in call.store.all(tables.SELECT_EXPORTS_OF, (stack.id,)):
        if users := importers(call, stack, name):
            return f"Export {name} cannot be deleted as it is in use by {', '.join(users)}"
    return None


@operation("cloudformation", "ListExports", reads=True)
def list_exports(call: Call, request: Request) -> Result:
    rows, token = page(
        request.get("NextToken"),
        _EXPORTS_OF_A_PAGE,
        lambda after, count: call.store.all(tables.SELECT_EXPORTS, (call.account, call.region, after, count)),
        lambda row: str(row[0]),
        lambda: validation_error("Invalid NextToken."),
    )
    exports = [{"ExportingStackId": stack, "Name": name, "Value": value} for name, value, stack in rows]
    return {"Exports": exports, "NextToken": token}


@operation("cloudformation", "ListImports", reads=True)
def list_imports(call: Call, request: Request) -> Result:
    name = request["ExportName"]
    found = [row[0] for row in call.store.all(tables.SELECT_IMPORTERS, (call.account, call.region, name))]
    if not found:
        raise validation_error(f"Export '{name}' is not imported by any stack.")
    return a_page(found, request, "Imports")
