"""What express state machines cannot have, and unsupported integrations: looked for where a definition is refused.

https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
"""

from collections.abc import Iterator
from typing import Any

from headwater.languages.asl.diagnostics import Diagnostics


def each_state(document: dict[str, Any], location: str = "") -> Iterator[tuple[str, dict[str, Any], str]]:
    """Name, state and location of every state, the inner ones too."""
    for name, state in document.get("States", {}).items():
        where = f"{location}/States/{name}"
        yield name, state, where
        for position, branch in enumerate(state.get("Branches", ())):
            yield from each_state(branch, f"{where}/Branches[{position}]")
        for field in ("ItemProcessor", "Iterator"):
            if field in state:
                yield from each_state(state[field], f"{where}/{field}")


def check_express(document: dict[str, Any], diagnostics: Diagnostics, location: str = "") -> None:
    """`document`: a well-formed machine, or the processor of a distributed Map with express children."""
    for _, state, where in each_state(document, location):
        if state["Type"] == "Task":
            finding = _of_task(state["Resource"])
            if finding:
                diagnostics.schema(finding, f"{where}/Resource")
        elif state["Type"] == "Map" and _mode(state) == "DISTRIBUTED":
            diagnostics.schema("Express state machine does not support Map state in 'DISTRIBUTED' mode", where)


def check_express_children(document: dict[str, Any], diagnostics: Diagnostics) -> None:
    """The same for the express children of a standard machine's distributed Maps."""
    for _, state, where in each_state(document):
        if state["Type"] == "Map" and _mode(state) == "DISTRIBUTED":
            field = "ItemProcessor" if "ItemProcessor" in state else "Iterator"
            if state[field]["ProcessorConfig"].get("ExecutionType") == "EXPRESS":
                check_express(state[field], diagnostics, f"{where}/{field}")


def _mode(state: dict[str, Any]) -> Any:
    processor = state.get("ItemProcessor") or state.get("Iterator") or {}
    config = processor.get("ProcessorConfig")
    return config.get("Mode") if type(config) is dict else None


def _of_task(resource: str) -> str:
    if ":activity:" in resource:
        return "Express state machine does not support Activity ARN"
    if resource.endswith(".waitForTaskToken"):
        # the blank at the end is AWS's
        return "Express state machine does not support '.waitForTaskToken' service integration "
    if resource.endswith((".sync", ".sync:2")):
        return "Express state machine does not support '.sync' service integration"
    return ""
