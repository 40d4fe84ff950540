"""Definition text to compiled machine: every path, template, expression and rule is compiled here, once.

What is wrong is collected, not raised one by one, with AWS's codes, wording and locations.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
"""

import json
from typing import Any

from headwater.languages.asl.diagnostics import Diagnostics
from headwater.languages.asl.errors import Diagnostic, InvalidDefinition
from headwater.languages.asl.graph import check_transitions
from headwater.languages.asl.machine import Machine, State
from headwater.languages.asl.parse_state import StateParser
from headwater.languages.asl.schema import JSONATA, JSONPATH, MACHINE_FIELDS

MAXIMUM_TIMEOUT_SECONDS = 99_999_999


def parse(text: str) -> Machine:
    """The machine of a definition; InvalidDefinition with every finding otherwise."""
    machine, diagnostics = _parse(text)
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "ERROR"]
    if machine is None or errors:
        raise InvalidDefinition(errors)
    return machine


def parse_state(text: str, name: str) -> State:
    """A state that stands alone: where it goes on is not looked at. InvalidDefinition as for machines."""
    diagnostics = Diagnostics()
    document = _load(text, diagnostics)
    state = None
    if document is not None:
        language = document.get("QueryLanguage", JSONPATH)
        parser = StateParser(diagnostics, machine_language=language if language == JSONATA else JSONPATH)
        state = parser.state(name, document, "", language)
    if state is None or diagnostics.has_errors:
        raise InvalidDefinition(diagnostics.found)
    return state


def validate(text: str) -> list[Diagnostic]:
    """Everything that ValidateStateMachineDefinition has to say, warnings included."""
    return _parse(text)[1]


def _parse(text: str) -> tuple[Machine | None, list[Diagnostic]]:
    diagnostics = Diagnostics()
    document = _load(text, diagnostics)
    if document is None:
        return None, diagnostics.found
    language = document.get("QueryLanguage", JSONPATH)
    if language not in (JSONPATH, JSONATA):
        message = f"Field 'QueryLanguage' must be one of: [{JSONPATH}, {JSONATA}]"
        diagnostics.schema(message, "/QueryLanguage")
        language = JSONPATH
    for name in document:
        if name not in MACHINE_FIELDS:
            diagnostics.schema(f"Field '{name}' is not supported", "")
    timeout = document.get("TimeoutSeconds")
    if timeout is not None and (type(timeout) is not int or not 0 < timeout <= MAXIMUM_TIMEOUT_SECONDS):
        diagnostics.schema("Expected value of type Integer", "/TimeoutSeconds")
    parser = StateParser(diagnostics, machine_language=language)
    workflow = parser.workflow(document, "", language)
    if not diagnostics.found:
        check_transitions(document, diagnostics)
    if workflow is None or diagnostics.has_errors:
        return None, diagnostics.found
    return Machine(workflow, parser.maps, timeout, str(document.get("Comment", ""))), diagnostics.found


def _load(text: str, diagnostics: Diagnostics) -> dict[str, Any] | None:
    if not text.strip():
        diagnostics.add("MISSING_DESCRIPTION", "Received a null or empty workflow input.")
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        diagnostics.add("INVALID_JSON_DESCRIPTION", f"{error}")
        return None
    if type(document) is not dict:
        diagnostics.schema("Expected value of type Object", "")
        return None
    return document
