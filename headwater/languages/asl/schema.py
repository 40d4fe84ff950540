"""Which fields each kind of state has, in which query language, and what they may hold.

https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from headwater.languages.asl.templates import jsonata_text

JSONPATH = "JSONPath"
JSONATA = "JSONata"

Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Field:
    """`kind`: what the value must be; `language`: the only one that has the field, "" for both."""

    kind: str
    language: str = ""


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_integer(value: Any) -> bool:
    return type(value) is int


def _is_number(value: Any) -> bool:
    return type(value) is int or type(value) is float


KINDS: dict[str, Check] = {
    "any": lambda value: True,
    "string": _is_text,
    "string or null": lambda value: value is None or _is_text(value),
    "boolean": lambda value: type(value) is bool,
    "integer": _is_integer,
    "number": _is_number,
    "object": lambda value: type(value) is dict,
    "array": lambda value: type(value) is list,
    "array or object": lambda value: type(value) in (list, dict),
}
# Fields of these kinds also take a JSONata expression in a JSONata state.
EXPRESSION_KINDS = frozenset({"boolean", "integer", "number", "object", "array", "array or object"})
TYPE_NAMES = {
    "integer": "[INTEGER]",
    "number": "[NUMBER]",
    "string": "[STRING]",
    "string or null": "[STRING, NULL]",
    "boolean": "[BOOLEAN]",
    "object": "[OBJECT]",
    "array": "[ARRAY]",
    "array or object": "[ARRAY, OBJECT]",
}

TEXT = Field("string")
OBJECT = Field("object")
PATH = Field("string", JSONPATH)
PATH_OR_NULL = Field("string or null", JSONPATH)

_COMMON = {"Comment": Field("any"), "Type": TEXT, "QueryLanguage": TEXT}
_TRANSITION = {"Next": TEXT, "End": Field("boolean")}
_FILTERED = {
    "InputPath": PATH_OR_NULL,
    "OutputPath": PATH_OR_NULL,
    "Output": Field("any", JSONATA),
    "Assign": OBJECT,
}
_ENDING = {name: field for name, field in _FILTERED.items() if name != "Assign"}
_RESULT = {
    "Parameters": Field("any", JSONPATH),
    "ResultSelector": Field("object", JSONPATH),
    "ResultPath": PATH_OR_NULL,
    "Arguments": Field("any", JSONATA),
}
_RECOVERY = {"Retry": Field("array"), "Catch": Field("array")}

STATE_FIELDS: dict[str, dict[str, Field]] = {
    "Pass": _COMMON
    | _TRANSITION
    | _FILTERED
    | {"Result": Field("any", JSONPATH), "ResultPath": PATH_OR_NULL, "Parameters": Field("any", JSONPATH)},
    "Task": _COMMON
    | _TRANSITION
    | _FILTERED
    | _RESULT
    | _RECOVERY
    | {
        "Resource": TEXT,
        "TimeoutSeconds": Field("integer"),
        "TimeoutSecondsPath": PATH,
        "HeartbeatSeconds": Field("integer"),
        "HeartbeatSecondsPath": PATH,
        "Credentials": OBJECT,
    },
    "Choice": _COMMON | _FILTERED | {"Choices": Field("array"), "Default": TEXT},
    "Wait": _COMMON
    | _TRANSITION
    | _FILTERED
    | {
        "Seconds": Field("integer"),
        "SecondsPath": PATH,
        "Timestamp": TEXT,
        "TimestampPath": PATH,
    },
    "Succeed": _COMMON | _ENDING,
    "Fail": _COMMON | {"Error": TEXT, "ErrorPath": PATH, "Cause": TEXT, "CausePath": PATH},
    "Parallel": _COMMON | _TRANSITION | _FILTERED | _RESULT | _RECOVERY | {"Branches": Field("array")},
    "Map": _COMMON
    | _TRANSITION
    | _FILTERED
    | _RECOVERY
    | {
        "Parameters": Field("any", JSONPATH),
        "ResultSelector": Field("object", JSONPATH),
        "ResultPath": PATH_OR_NULL,
        "ItemProcessor": OBJECT,
        "Iterator": OBJECT,
        "ItemsPath": PATH,
        "Items": Field("array or object", JSONATA),
        "ItemSelector": OBJECT,
        "ItemReader": OBJECT,
        "ItemBatcher": OBJECT,
        "ResultWriter": OBJECT,
        "MaxConcurrency": Field("integer"),
        "MaxConcurrencyPath": PATH,
        "ToleratedFailureCount": Field("integer"),
        "ToleratedFailureCountPath": PATH,
        "ToleratedFailurePercentage": Field("number"),
        "ToleratedFailurePercentagePath": PATH,
        "Label": TEXT,
    },
}
# Of whatever is waited for.
MAXIMUM_SECONDS = 99_999_999
MACHINE_FIELDS = frozenset({"Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage"})
BRANCH_FIELDS = frozenset({"Comment", "StartAt", "States"})
PROCESSOR_FIELDS = BRANCH_FIELDS | {"ProcessorConfig"}

# Of each group at most one may be there.
EXCLUSIVE: dict[str, tuple[tuple[str, ...], ...]] = {
    "Task": (("TimeoutSeconds", "TimeoutSecondsPath"), ("HeartbeatSeconds", "HeartbeatSecondsPath")),
    "Wait": (("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),),
    "Fail": (("Error", "ErrorPath"), ("Cause", "CausePath")),
    "Map": (
        ("ItemProcessor", "Iterator"),
        ("ItemSelector", "Parameters"),
        ("MaxConcurrency", "MaxConcurrencyPath"),
        ("ToleratedFailureCount", "ToleratedFailureCountPath"),
        ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    ),
}
REQUIRED: dict[str, tuple[str, ...]] = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Parallel": ("Branches",),
}


def fits(field: Field, value: Any, language: str) -> bool:
    if language == JSONATA and field.kind in EXPRESSION_KINDS and jsonata_text(value) is not None:
        return True
    return KINDS[field.kind](value)


def unknown_language(value: Any) -> str:
    """What is wrong with a QueryLanguage. AWS takes a state with such a one for JSONata when it looks at its fields."""
    known = f"Value should be one of the following: [{JSONPATH}, {JSONATA}]"
    return known if _is_text(value) else "Expected value of type [STRING]"
