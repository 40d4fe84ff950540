"""Choice rules of a definition, compiled."""

from typing import Any

from headwater.languages.asl.choice_rules import (
    CONSTANTS,
    OPERATORS,
    TYPE_TESTS,
    Test,
    compile_comparison,
    conjunction,
    disjunction,
    negation,
)
from headwater.languages.asl.choice_state import Rule
from headwater.languages.asl.fields import FieldCompiler
from headwater.languages.asl.flow import Flow, JsonataFlow, PathFlow
from headwater.languages.asl.queries import PathQuery
from headwater.languages.jsonpath import PathError

_RULE_FIELDS = {"Next", "Comment", "Assign", "Output"}
_COMBINATIONS = {"And": conjunction, "Or": disjunction}


def parse_rules(fields: FieldCompiler) -> list[Rule]:
    choices = fields.state["Choices"]
    if not choices:
        fields.diagnostics.schema("Array must not be empty", f"{fields.location}/Choices")
    rules = [_rule(fields, choice, position) for position, choice in enumerate(choices)]
    return [rule for rule in rules if rule is not None]


def _rule(fields: FieldCompiler, choice: Any, position: int) -> Rule | None:
    location = f"{fields.location}/Choices[{position}]"
    if type(choice) is not dict:
        fields.diagnostics.schema("Expected value of type [OBJECT]", location)
        return None
    if "Next" not in choice:
        fields.diagnostics.schema("These fields are required: [Next]", location)
        return None
    if type(choice["Next"]) is not str:
        fields.diagnostics.schema("Expected value of type [STRING]", f"{location}/Next")
        return None
    flow = _rule_flow(fields, choice, position, location)
    if not fields.jsonata:
        if "Output" in choice:
            fields.wrong_language("Output", location)
        test = _test(fields, {name: part for name, part in choice.items() if name not in _RULE_FIELDS}, location)
        return None if test is None else Rule(choice["Next"], flow, test=test)
    if not fields.check_object(choice, {*_RULE_FIELDS, "Condition"}, ("Condition",), location):
        return None
    condition = fields.template_of(choice["Condition"], f"Choices[{position}]/Condition", f"{location}/Condition")
    return Rule(choice["Next"], flow, condition=condition)


def _rule_flow(fields: FieldCompiler, choice: dict[str, Any], position: int, location: str) -> Flow:
    """What a rule that holds leaves: its own Output and Assign, not the state's."""
    templates = {
        name: fields.template_of(choice[name], f"Choices[{position}]/{name}", f"{location}/{name}")
        for name in ("Output", "Assign")
        if name in choice
    }
    fields.check_names(choice.get("Assign", {}), f"{location}/Assign")
    if fields.jsonata:
        return JsonataFlow(output=templates.get("Output"), assign=templates.get("Assign"))
    return PathFlow(output_path=fields.filter_path("OutputPath"), assign=templates.get("Assign"))


def _test(fields: FieldCompiler, rule: Any, location: str) -> Test | None:
    """A data-test expression or a combination of them; reports and returns None where it is neither."""
    if type(rule) is not dict:
        fields.diagnostics.schema("Expected value of type [OBJECT]", location)
        return None
    names = [name for name in rule if name not in ("Variable", "Comment")]
    if len(names) != 1:
        fields.diagnostics.schema("Exactly one comparison operator is required", location)
        return None
    name, operand = names[0], rule[names[0]]
    if name in _COMBINATIONS and (type(operand) is not list or not operand):
        empty = "The array must not be empty" if operand == [] else "Expected value of type [ARRAY]"
        fields.diagnostics.schema(empty, f"{location}/{name}")
        return None
    if name in _COMBINATIONS:
        tests = [_test(fields, part, f"{location}/{name}[{at}]") for at, part in enumerate(operand)]
        return _COMBINATIONS[name]([test for test in tests if test is not None])
    if name == "Not":
        test = _test(fields, operand, f"{location}/Not")
        return None if test is None else negation(test)
    if name not in OPERATORS:
        fields.diagnostics.schema(f"Field '{name}' is not supported", location)
        return None
    return _comparison(fields, rule, name, operand, location)


def _comparison(fields: FieldCompiler, rule: dict[str, Any], name: str, operand: Any, location: str) -> Test | None:
    if "Variable" not in rule:
        fields.diagnostics.schema("These fields are required: [Variable]", location)
        return None
    if not _operand_fits(name, operand):
        fields.diagnostics.schema(f"Invalid value for the comparison operator '{name}'", f"{location}/{name}")
        return None
    variable = _reference(fields, rule["Variable"], f"{location}/Variable")
    if variable is None:
        return None
    try:
        return compile_comparison(variable, name, operand)
    except PathError:
        fields.diagnostics.schema("Value must be a valid JSONPath.", f"{location}/{name}")
        return None


def _operand_fits(name: str, operand: Any) -> bool:
    if name in TYPE_TESTS or name == "IsPresent":
        return type(operand) is bool
    if name.endswith("Path") or name == "StringMatches":
        return type(operand) is str
    return next(fit for word, fit in CONSTANTS.items() if name.startswith(word))(operand)


def _reference(fields: FieldCompiler, text: Any, location: str) -> PathQuery | None:
    try:
        if type(text) is not str or not text.startswith("$"):
            raise PathError("Reference path didn't start with '$'")
        return PathQuery(text)
    except PathError as error:
        fields.diagnostics.schema(f"Value is not a Reference Path: {error}", location)
        return None
