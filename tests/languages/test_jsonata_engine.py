"""Without the engine, as on an interpreter that it has no wheel for, what is written in JSONata is refused in words."""

from __future__ import annotations

import json
import subprocess
import sys

WITHOUT = """
import json, sys
sys.modules["jsonatapy"] = None
from headwater.languages.asl import validate
print(json.dumps([[each.code, each.message, each.location] for each in validate(sys.argv[1])]))
"""


def validated(state: object, language: str) -> list[list[str]]:
    definition = json.dumps({"StartAt": "A", "QueryLanguage": language, "States": {"A": state}})
    told = subprocess.run([sys.executable, "-c", WITHOUT, definition], capture_output=True, text=True, check=True)
    found: list[list[str]] = json.loads(told.stdout)
    return found


def test_an_expression_is_refused_where_it_stands() -> None:
    ((code, message, location),) = validated({"Type": "Pass", "Output": "{% 1 + 1 %}", "End": True}, "JSONata")
    assert (code, location) == ("INVALID_JSONATA_EXPRESSION", "/States/A/Output")
    assert message.startswith("Headwater evaluates JSONata by the package jsonatapy, of which PyPI has no wheel for")
    assert "Python 3.13" in message


def test_all_else_is_as_ever() -> None:
    assert validated({"Type": "Pass", "Output": {"plain": 1}, "End": True}, "JSONata") == []
    assert validated({"Type": "Pass", "Parameters": {"a.$": "$.b"}, "End": True}, "JSONPath") == []
