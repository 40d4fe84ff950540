"""Where a stack's state machine has its definition from: text, an object of the template, or a file in S3.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html
"""

from __future__ import annotations

from typing import Any

import orjson

from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.load import load_yaml
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resources import read_object

_SOURCES = ("DefinitionS3Location", "Definition", "DefinitionString")
_MOST = 1_048_576  # characters of a file


def definition_of(call: Call, properties: dict[str, Any]) -> str:
    """The definition as JSON, with ``${name}`` substituted. Raises AwsError where there is none, or more than one."""
    given = [name for name in _SOURCES if name in properties]
    if len(given) != 1:
        raise AwsError(
            "InvalidRequest",
            "Property validation failed. Please use either [DefinitionS3Location], [Definition] or [DefinitionString]"
            " but not both."
            if given
            else "Property validation failed. Required key [DefinitionS3Location], [Definition] or [DefinitionString]"
            " not found.",
        )
    source = properties[given[0]]
    substitutions = properties.get("DefinitionSubstitutions") or {}
    if given[0] == "DefinitionS3Location":
        return _json(_substituted(_file(call, source), substitutions))
    text = source if given[0] == "DefinitionString" else orjson.dumps(source).decode()
    return _substituted(str(text), substitutions)


def _file(call: Call, location: dict[str, Any]) -> str:
    text = read_object(call, location)
    if len(text) > _MOST:
        raise AwsError("InvalidRequest", "State Machine definition file cannot exceed 1MB.")
    return text


def _json(text: str) -> str:
    """A file that is not JSON is YAML. It is read after the substitution, so that a number may be substituted too."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            return orjson.dumps(load_yaml(text, aliases=True), option=orjson.OPT_INDENT_2).decode()
        except (TemplateError, orjson.JSONEncodeError):
            raise AwsError("InvalidRequest", "Invalid StateMachine definition file.") from None
    return text


def _substituted(text: str, substitutions: dict[str, Any]) -> str:
    for name, value in substitutions.items():
        text = text.replace(f"${{{name}}}", _text(value))
    return text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else orjson.dumps(value).decode()
