"""Conditions and rules: true or false before any resource exists.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from headwater.languages.templates.errors import TemplateError
from headwater.languages.templates.functions import evaluate, if_argument, text
from headwater.languages.templates.load import Value
from headwater.languages.templates.scope import NO_VALUE, Scope
from headwater.languages.templates.template import Template

LOGICAL = frozenset(("Fn::And", "Fn::Or", "Fn::Not", "Fn::Equals", "Condition"))
SEVERAL = "a list of at least 2 and at most 10 boolean parameters."
COMPARISONS: Mapping[str, tuple[str, Callable[[Value, Value], bool]]] = MappingProxyType(
    {
        "Fn::Equals": ("a list of 2 string parameters.", lambda left, right: bool(left == right)),
        "Fn::Contains": ("a list of strings and a string.", lambda values, value: value in values),
        "Fn::EachMemberEquals": (
            "a list of strings and a string.",
            lambda values, value: all(each == value for each in values),
        ),
        "Fn::EachMemberIn": ("two lists of strings.", lambda left, right: all(each in right for each in left)),
    }
)


def evaluate_conditions(template: Template, scope: Scope) -> dict[str, bool]:
    """Every condition's value. Raises TemplateError."""
    judge = Judge(template.conditions, scope)
    return {name: judge.named(name) for name in template.conditions}


def check_rules(template: Template, scope: Scope, conditions: Mapping[str, bool]) -> None:
    """Raise TemplateError unless all assertions of the rules that apply hold."""
    judge = Judge(template.conditions, replace(scope, conditions=conditions))
    for name, rule in template.rules.items():
        if "RuleCondition" in rule and not judge.holds(rule["RuleCondition"]):
            continue
        for assertion in rule.get("Assertions", ()):
            if not judge.holds(assertion.get("Assert")):
                description = assertion.get("AssertDescription", "")
                raise TemplateError(
                    f"Template error: Rule {name} failed: {description}"
                    if description
                    else f"Template error: Rule {name} failed"
                )


class Judge:
    """Evaluates conditions that name one another; each once."""

    def __init__(self, declared: Mapping[str, Value], scope: Scope) -> None:
        self.declared = declared
        self.scope = scope
        self.known: dict[str, bool] = {}
        self.path: list[str] = []

    def named(self, name: Value) -> bool:
        if not isinstance(name, str) or name not in self.declared:
            raise TemplateError(
                f"Template format error: Unresolved condition dependency {name} in the Conditions block of the template"
            )
        if name in self.path:
            cycle = ", ".join(sorted(self.path[self.path.index(name) :]))
            raise TemplateError(f"Template error: Circular dependency between conditions: [{cycle}]")
        if name not in self.known:
            self.path.append(name)
            self.known[name] = self.holds(self.declared[name])
            self.path.pop()
        return self.known[name]

    def holds(self, node: Value) -> bool:
        if not isinstance(node, dict) or len(node) != 1:
            raise TemplateError("Template format error: Every Conditions member must be a condition function.")
        ((name, argument),) = node.items()
        if name in COMPARISONS:
            return self.compare(name, argument)
        match name:
            case "Condition":
                return self.named(argument)
            case "Fn::Not":
                return not self.several(name, argument, 1, 1, "one boolean parameter.")[0]
            case "Fn::And":
                return all(self.several(name, argument, 2, 10, SEVERAL))
            case "Fn::Or":
                return any(self.several(name, argument, 2, 10, SEVERAL))
        raise TemplateError(f"Template error: {name} cannot be used in the Conditions block of the template")

    def compare(self, name: str, argument: Value) -> bool:
        requirement, comparison = COMPARISONS[name]
        if not isinstance(argument, list) or len(argument) != 2:
            raise TemplateError(f"Template error: every {name} object requires {requirement}")
        left, right = (comparable(self.value(each)) for each in argument)
        if name != "Fn::Equals" and not isinstance(left, list):
            raise TemplateError(f"Template error: every {name} object requires {requirement}")
        return comparison(left, right)

    def several(self, name: str, argument: Value, least: int, most: int, requirement: str) -> list[bool]:
        if not isinstance(argument, list) or not least <= len(argument) <= most:
            raise TemplateError(f"Template error: every {name} object requires {requirement}")
        return [self.holds(each) for each in argument]

    def value(self, node: Value) -> Value:
        """An operand: a parameter, a mapping's value, text; conditions inside it become `true` or `false`."""
        if isinstance(node, dict) and len(node) == 1:
            ((name, argument),) = node.items()
            if name in LOGICAL:
                return self.holds(node)
            if name == "Ref" and argument not in self.scope.parameters:
                raise TemplateError(
                    f"Template format error: Unresolved dependencies [{argument}]. Cannot reference resources "
                    "in the Conditions block of the template"
                )
            if name == "Fn::GetAtt":
                raise TemplateError("Template error: Fn::GetAtt cannot be used in the Conditions block")
            if name == "Fn::ImportValue":
                raise TemplateError("Template error: Cannot use Fn::ImportValue in Conditions.")
            if name == "Fn::If":
                condition, yes, no = if_argument(argument)
                return self.value(yes if self.named(condition) else no)
        return evaluate(node, self.scope)


def comparable(value: Value) -> Value:
    """Scalars are compared as text: a parameter's `"true"` equals `true`."""
    if value is NO_VALUE:
        return None
    if isinstance(value, list):
        return [comparable(each) for each in value]
    if isinstance(value, dict):
        return {key: comparable(each) for key, each in value.items()}
    return text(value, "Template error: every Fn::Equals object requires a list of 2 string parameters.")
