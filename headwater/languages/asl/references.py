"""Which variables each state of a definition refers to, as DescribeStateMachine tells it.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeStateMachine.html (variableReferences)
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from headwater.languages.asl.express import each_state
from headwater.languages.asl.schema import JSONATA, JSONPATH
from headwater.languages.asl.templates import jsonata_text

_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_PATH_VARIABLE = re.compile(r"(?<![\w$])\$([^\W\d]\w*)")
_EXPRESSION_VARIABLE = re.compile(r"(?<![\w$])\$([^\W\d]\w*)\b(?!\s*(?:\(|:=))")
_BOUND = re.compile(r"\$(\w+)\s*:=|function\s*\(([^)]*)\)")
_INNER = ("Branches", "ItemProcessor", "Iterator")
# Fields that hold a path without saying so by their name.
_PATHS = ("Variable",)


@lru_cache(maxsize=256)
def variable_references(text: str) -> dict[str, tuple[str, ...]]:
    """State names to variable names, both as they are; states without a reference are left out."""
    document = json.loads(text)
    language = document.get("QueryLanguage", JSONPATH)
    found: dict[str, tuple[str, ...]] = {}
    for name, state, _ in each_state(document):
        jsonata = state.get("QueryLanguage", language) == JSONATA
        outer = {key: value for key, value in state.items() if key not in _INNER}
        names = set(_in_expressions(outer) if jsonata else _in_paths(outer, ""))
        if names:
            found[name] = tuple(sorted(names))
    return found


def _in_expressions(value: Any) -> Iterator[str]:
    if type(value) is dict:
        for inner in value.values():
            yield from _in_expressions(inner)
    elif type(value) is list:
        for inner in value:
            yield from _in_expressions(inner)
    elif (text := jsonata_text(value)) is not None:
        bare = _STRING.sub("''", text)
        bound = {"states"}
        for assigned, parameters in _BOUND.findall(bare):
            bound |= {assigned, *re.findall(r"\w+", parameters)}
        yield from (name for name in _EXPRESSION_VARIABLE.findall(bare) if name not in bound)


def _in_paths(value: Any, key: str) -> Iterator[str]:
    if type(value) is dict:
        for name, inner in value.items():
            yield from _in_paths(inner, name)
    elif type(value) is list:
        for inner in value:
            yield from _in_paths(inner, key)
    elif type(value) is str and (key.endswith((".$", "Path")) or key in _PATHS):
        yield from _PATH_VARIABLE.findall(_STRING.sub("''", value))
