"""Definition text to compiled machine: every path, template, expression and rule is compiled here, once.

What is wrong is collected, not raised one by one, with AWS's codes, wording and locations.
https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
"""

import json
from typing import Any

import orjson

from headwater.languages.asl.diagnostics import Diagnostics
from headwater.languages.asl.doubtful import warn_of_doubtful
from headwater.languages.asl.errors import Diagnostic, InvalidDefinition
from headwater.languages.asl.express import check_express, check_express_children
from headwater.languages.asl.graph import check_transitions
from headwater.languages.asl.machine import Machine, State
from headwater.languages.asl.parse_state import CheckResource, StateParser
from headwater.languages.asl.schema import JSONATA, JSONPATH, MACHINE_FIELDS, MAXIMUM_SECONDS, unknown_language
from headwater.languages.asl.scopes import check_scopes
from headwater.languages.json_errors import in_jackson_words, line_and_column, token_at, unexpected_at


def parse(text: str, *, express: bool = False, check_resource: CheckResource | None = None) -> Machine:
    """The machine of a definition; InvalidDefinition with every finding otherwise. `express`: to be of that type."""
    machine, diagnostics = _parse(text, express, check_resource)
    errors = [diagnostic for diagnostic in diagnostics if diagnostic.severity == "ERROR"]
    if machine is None or errors:
        raise InvalidDefinition(errors)
    return machine


def parse_state(text: str, name: str, check_resource: CheckResource | None = None) -> State:
    """A state that stands alone: where it goes on is not looked at. InvalidDefinition as for machines."""
    diagnostics = Diagnostics()
    document = _load(text, diagnostics)
    state = None
    if document is not None:
        language = document.get("QueryLanguage", JSONPATH)
        language_of_all = language if language == JSONATA else JSONPATH
        parser = StateParser(diagnostics, language_of_all, check_resource)
        state = parser.state(name, document, "", language)
    if state is None or diagnostics.has_errors:
        raise InvalidDefinition([finding for finding in diagnostics.found if finding.severity == "ERROR"])
    return state


def validate(text: str, *, express: bool = False, check_resource: CheckResource | None = None) -> list[Diagnostic]:
    """Everything that ValidateStateMachineDefinition has to say, warnings included."""
    machine, found = _parse(text, express, check_resource)
    if machine is None:
        return found
    doubts = Diagnostics()
    warn_of_doubtful(json.loads(text), doubts)
    return found + doubts.found


def _parse(text: str, express: bool, check_resource: CheckResource | None) -> tuple[Machine | None, list[Diagnostic]]:
    diagnostics = Diagnostics()
    document = _load(text, diagnostics)
    if document is None:
        return None, diagnostics.found
    language = document.get("QueryLanguage", JSONPATH)
    if language not in (JSONPATH, JSONATA):
        diagnostics.schema(unknown_language(language), "/QueryLanguage")
        language = JSONATA
    for name in document:
        if name not in MACHINE_FIELDS:
            diagnostics.schema(f"Field '{name}' is not supported", "")
    timeout = document.get("TimeoutSeconds")
    if type(timeout) is int:
        diagnostics.limits(timeout, "/TimeoutSeconds", 1, MAXIMUM_SECONDS)
    elif timeout is not None:
        diagnostics.schema("Expected value of type [INTEGER]", "/TimeoutSeconds")
    parser = StateParser(diagnostics, language, check_resource)
    workflow = parser.workflow(document, "", language)
    if not diagnostics.has_errors:
        check_transitions(document, diagnostics)
        check_scopes(document, diagnostics)
        check = check_express if express else check_express_children
        check(document, diagnostics)
    if workflow is None or diagnostics.has_errors:
        return None, diagnostics.found
    return Machine(workflow, parser.maps, timeout, str(document.get("Comment", ""))), diagnostics.found


def _load(text: str, diagnostics: Diagnostics) -> dict[str, Any] | None:
    if not text.strip():
        diagnostics.add("MISSING_DESCRIPTION", "Received a null or empty workflow input.")
        return None
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as refused:
        _explain(text, refused, diagnostics)
        return None
    if type(document) is not dict:
        diagnostics.add("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object")
        return None
    return document


def _explain(text: str, refused: ValueError, diagnostics: Diagnostics) -> None:
    """What makes the text no JSON. Python's own parser tells more, but takes more, too."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        message, where = _not_json(text, error)
        diagnostics.add("INVALID_JSON_DESCRIPTION", f"{message}\n at {where}", where)
    except (ValueError, RecursionError) as error:
        diagnostics.add("INVALID_JSON_DESCRIPTION", f"{error}")
    else:
        diagnostics.add("INVALID_JSON_DESCRIPTION", f"{refused}")


# Of the definition, in the place that a finding names.
_SHOWN = 500


def _not_json(text: str, error: json.JSONDecodeError) -> tuple[str, str]:
    """What AWS's parser says of a text that is no JSON, and where it stands: behind a word, at a character."""
    at = unexpected_at(error)
    line, column = line_and_column(text, at + len(token_at(text, at)))
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}[truncated {len(text) - _SHOWN} chars]"
    return in_jackson_words(error), f'[Source: (String)"{shown}"; line: {line}, column: {column}]'
