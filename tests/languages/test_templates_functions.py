"""Every intrinsic function: values, refusals, and what stays pending."""

from __future__ import annotations

from typing import Any

import pytest

from headwater.languages.templates import (
    Pending,
    Scope,
    TemplateError,
    Unresolved,
    evaluate,
    load,
    pseudo_parameters,
)


class Known:
    """A queue that exists."""

    def reference(self, logical_id: str) -> Any:
        return {"Queue": "http://queue"}[logical_id]

    def attribute(self, logical_id: str, name: str) -> Any:
        return {("Queue", "Arn"): "arn:queue", ("Queue", "Many"): ["a", "b"]}[logical_id, name]

    def imported(self, name: str) -> Any:
        if name != "shared-bus":
            raise TemplateError(f"No export named {name} found.")
        return "bus"

    def output(self, stack: str, name: str, region: str | None, role: str | None) -> Any:
        return f"{stack}.{name} of {region} by {role}"


SCOPE = Scope(
    parameters={
        **pseudo_parameters("000000000000", "eu-west-1", "shop", "arn:stack"),
        "Stage": "prod",
        "List": ["x", "y", "z"],
    },
    resources=Known(),
    mappings={"Sizes": {"prod": {"Memory": 512, "Zones": ["a", "b"]}}},
    conditions={"Always": True, "Never": False},
)


def value(text: str, scope: Scope = SCOPE) -> Any:
    return evaluate(load(f"V: {text}"), scope).get("V")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("!Ref Queue", "http://queue"),
        ("!Ref Stage", "prod"),
        ("!Ref AWS::Region", "eu-west-1"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        ("!GetAtt Queue.Arn", "arn:queue"),
        ("!Sub '${AWS::StackName}-${Stage}-${Queue.Arn}-${!Stage}'", "shop-prod-arn:queue-${Stage}"),
        ("!Sub ['${A}${B}', {A: !Ref Stage, B: 1}]", "prod1"),
        ("!Sub 'no variables'", "no variables"),
        ("!Join ['-', [a, !Ref Stage, 1, true]]", "a-prod-1-true"),
        ("!Join ['', !Ref List]", "xyz"),
        ("!Split [',', 'a,b,']", ["a", "b", ""]),
        ("!Select [1, !Split ['/', 'a/b/c']]", "b"),
        ("!Select ['0', !Ref List]", "x"),
        ("!If [Always, a, b]", "a"),
        ("!If [Never, a, !If [Always, c, d]]", "c"),
        ("!If [Never, a, !Ref AWS::NoValue]", None),
        ("{a: 1, b: !If [Never, 1, !Ref AWS::NoValue]}", {"a": 1}),
        ("[a, !If [Never, 1, !Ref AWS::NoValue], b]", ["a", "b"]),
        ("!FindInMap [Sizes, !Ref Stage, Memory]", 512),
        ("!FindInMap [Sizes, nowhere, Memory, {DefaultValue: 128}]", 128),
        ("!ImportValue shared-bus", "bus"),
        ("!GetStackOutput {StackName: base, OutputName: Arn}", "base.Arn of None by None"),
        (
            "{Fn::GetStackOutput: {StackName: !Ref Stage, OutputName: A, Region: r, RoleArn: !Ref 'AWS::NoValue'}}",
            "prod.A of r by None",
        ),
        ("!ImportValue {Fn::Sub: 'shared-bus'}", "bus"),
        ("!Base64 hello", "aGVsbG8="),
        ("!Cidr [10.0.0.0/24, 2, 5]", ["10.0.0.0/27", "10.0.0.32/27"]),
        ("!Cidr [10.0.0.0/16, 2]", ["10.0.0.0/24", "10.0.1.0/24"]),
        ("!Select [0, !GetAZs '']", "eu-west-1a"),
        ("!Length [a, b]", 2),
        ("!Length {Ref: List}", 3),
        ("!ToJsonString {a: [1, !Ref Stage], b: true}", '{"a":[1,"prod"],"b":true}'),
        ("!Sub '${Queue.Many.x}'", KeyError),
    ],
)
def test_value(text: str, expected: Any) -> None:
    if isinstance(expected, type):
        with pytest.raises(expected):
            value(text)
    else:
        assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("!Join [a]", "Template error: every Fn::Join object requires two parameters, (1) a string delimiter"),
        ("!Join ['', [{a: b, c: d}]]", "Template error: every Fn::Join object requires two parameters"),
        ("!Split ['', a]", "Template error: every Fn::Split object requires two parameters"),
        ("!Select [3, [a]]", "Template error: Fn::Select cannot select nonexistent value at index 3"),
        ("!Select [x, [a]]", "Template error: Fn::Select requires a list argument with two elements"),
        ("!GetAtt Queue", "Template error: every Fn::GetAtt object requires two non-empty parameters"),
        ("!Sub '${a b}'", "Template error: variable names in Fn::Sub syntax must contain only alphanumeric"),
        ("!Sub [a]", "Template error: One or more Fn::Sub intrinsic functions don't specify expected"),
        ("!If [Always, a]", "Template error: Fn::If requires a list argument with three elements"),
        ("!If [Maybe, a, b]", "Template format error: Unresolved condition dependency Maybe in the Resources"),
        ("!FindInMap [Sizes, x, y]", "Template error: Unable to get mapping for Sizes::x::y"),
        ("!FindInMap [Never, x, y]", "Template error: Mapping named 'Never' is not present in the 'Mappings'"),
        ("!ImportValue gone", "No export named gone found."),
        ("!GetStackOutput {StackName: a}", "Template error: every Fn::GetStackOutput object requires StackName and"),
        ("!Base64 [a]", "Template error: every Fn::Base64 object must have a String-typed value."),
        ("!Cidr [nonsense, 1]", "Template error: Fn::Cidr: nonsense is not a valid IP block"),
        ("!Cidr [10.0.0.0/24, 200, 1]", "Template error: Fn::Cidr: 10.0.0.0/24 does not hold 200 blocks"),
        ("{Fn::Nonsense: 1}", "Template error: Fn::Nonsense is not a supported intrinsic function"),
        ("{Ref: [a]}", "Template format error: All Ref values must be strings."),
    ],
)
def test_refusal(text: str, start: str) -> None:
    with pytest.raises(TemplateError) as caught:
        value(text)
    assert str(caught.value).startswith(start)


def test_what_needs_a_resource_stays_pending() -> None:
    scope = Scope(SCOPE.parameters, Unresolved(), SCOPE.mappings, SCOPE.conditions)
    assert value("!Sub '${Queue}-${Stage}'", scope) == Pending({"Fn::Join": ["", [{"Ref": "Queue"}, "-", "prod"]]})
    joined = value("!Join ['', [!GetAtt Queue.Arn, !Ref Stage]]", scope)
    assert joined == {"Fn::Join": ["", [{"Fn::GetAtt": ["Queue", "Arn"]}, "prod"]]}
    assert isinstance(joined, Pending)
    assert value("!Select [1, [!Ref Queue, known]]", scope) == "known"
    assert value("!If [Never, !Ref Queue, !Ref Stage]", scope) == "prod"
    assert isinstance(value("!ToJsonString {a: [!Ref Queue]}", scope), Pending)
    nested = "!Join ['', [" * 30 + "!Ref Queue" + "]]" * 30
    assert isinstance(value(nested, scope), Pending)
