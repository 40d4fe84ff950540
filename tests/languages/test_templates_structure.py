"""Parameters, conditions, rules, references, order, differences, loops, dynamic references."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.templates import (
    Scope,
    Template,
    TemplateError,
    Unresolved,
    active,
    check_rules,
    dependants,
    dependencies,
    difference,
    evaluate_conditions,
    expand_loops,
    layers,
    load,
    parse,
    pseudo_parameters,
    render,
    resolve_dynamic,
    resolve_parameters,
    validate,
)

STORE = {"/shop/bus": "orders", "/shop/zones": "a,b"}


def scope_of(template: Template, given: dict[str, str] | None = None) -> Scope:
    arguments = resolve_parameters(template.parameters, given or {}, STORE.get)
    parameters = {
        **pseudo_parameters("000000000000", "us-east-1", "shop", "arn:stack"),
        **{name: argument.value for name, argument in arguments.items()},
    }
    return Scope(parameters, Unresolved(), template.mappings)


def template_of(text: str) -> Template:
    return parse(load(text))


def parameter(text: str) -> Template:
    return template_of("Resources: {A: {Type: T}}\nParameters: {P: {" + text + "}}")


@pytest.mark.parametrize(
    ("declared", "given", "expected"),
    [
        ("Type: String, Default: a", {}, "a"),
        ("Type: String, Default: a", {"P": "b"}, "b"),
        ("Type: Number, Default: 5", {}, "5"),
        ("Type: String, Default: true", {}, "true"),
        ("Type: CommaDelimitedList, Default: 'a, b'", {}, ["a", "b"]),
        ("Type: List<Number>", {"P": "1,2"}, ["1", "2"]),
        ("Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/bus", {}, "orders"),
        ("Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /shop/zones", {}, ["a", "b"]),
        ("Type: 'AWS::SSM::Parameter::Name', Default: /shop/bus", {}, "/shop/bus"),
        ("Type: 'List<AWS::EC2::Subnet::Id>'", {"P": "subnet-1,subnet-2"}, ["subnet-1", "subnet-2"]),
    ],
)
def test_parameter_value(declared: str, given: dict[str, str], expected: Any) -> None:
    assert scope_of(parameter(declared), given).parameters["P"] == expected


@pytest.mark.parametrize(
    ("declared", "given", "message"),
    [
        ("Type: String", {}, "Parameters: [P] must have values"),
        ("Type: String, Default: a", {"Q": "x"}, "Parameters: [Q] do not exist in the template"),
        ("Type: String, AllowedValues: [a, b]", {"P": "c"}, "Parameter 'P' must be one of AllowedValues"),
        ("Type: String, AllowedPattern: '[a-z]+'", {"P": "c1"}, "Parameter 'P' must match pattern [a-z]+"),
        (
            "Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: only letters",
            {"P": "c1"},
            "Parameter P failed to satisfy constraint: only letters",
        ),
        ("Type: String, MinLength: 3", {"P": "ab"}, "Parameter 'P' must contain at least 3 characters"),
        ("Type: String, MaxLength: 1", {"P": "ab"}, "Parameter 'P' must contain at most 1 characters"),
        ("Type: Number", {"P": "ab"}, "Parameter 'P' must be a number"),
        ("Type: Number, MinValue: 3", {"P": "2"}, "Parameter 'P' must be a number not less than 3"),
        ("Type: List<Number>, MaxValue: 3", {"P": "2,4"}, "Parameter 'P' must be a number not greater than 3"),
        (
            "Type: 'AWS::SSM::Parameter::Value<String>'",
            {"P": "/gone"},
            "Unable to fetch parameters [/gone] from parameter store for this account.",
        ),
    ],
)
def test_parameter_refusal(declared: str, given: dict[str, str], message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        scope_of(parameter(declared), given)
    assert str(caught.value) == message


CONDITIONS = """
Parameters:
  Stage: {Type: String, Default: prod}
  Debug: {Type: String, Default: "true"}
Mappings: {Flags: {prod: {Enabled: "yes"}}}
Conditions:
  Prod: !Equals [!Ref Stage, prod]
  NotProd: !Not [!Condition Prod]
  Both: !And [!Condition Prod, !Equals [!Ref Debug, true]]
  Either: !Or [!Condition NotProd, !Equals [!FindInMap [Flags, prod, Enabled], "yes"]]
Resources:
  A: {Type: T}
  B: {Type: T, Condition: NotProd}
Outputs:
  Out: {Value: !If [NotProd, !Ref B, !Ref A]}
"""


def test_conditions() -> None:
    template = template_of(CONDITIONS)
    conditions = evaluate_conditions(template, scope_of(template))
    assert conditions == {"Prod": True, "NotProd": False, "Both": True, "Either": True}
    validate(template, conditions)
    assert list(active(template, conditions)[0]) == ["A"]
    conditions = evaluate_conditions(template, scope_of(template, {"Stage": "test"}))
    assert conditions == {"Prod": False, "NotProd": True, "Both": False, "Either": True}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "A: !Condition B\n  B: !Condition A",
            "Template error: Circular dependency between conditions: [A, B]",
        ),
        (
            "A: !Condition C",
            "Template format error: Unresolved condition dependency C in the Conditions block of the template",
        ),
        ("A: !Equals [a]", "Template error: every Fn::Equals object requires a list of 2 string parameters."),
        ("A: !Not [a, b]", "Template error: every Fn::Not object requires one boolean parameter."),
        (
            "A: !And [!Equals [a, b]]",
            "Template error: every Fn::And object requires a list of at least 2 and at most 10 boolean parameters.",
        ),
        (
            "A: !Equals [!Ref X, b]",
            "Template format error: Unresolved dependencies [X]. Cannot reference resources in the Conditions "
            "block of the template",
        ),
        (
            "A: !Equals [!ImportValue X, b]",
            "Template error: Cannot use Fn::ImportValue in Conditions.",
        ),
        ("A: text", "Template format error: Every Conditions member must be a condition function."),
    ],
)
def test_condition_refusal(text: str, message: str) -> None:
    template = template_of(f"Resources: {{X: {{Type: T}}}}\nConditions:\n  {text}")
    with pytest.raises(TemplateError) as caught:
        evaluate_conditions(template, scope_of(template))
    assert str(caught.value) == message


def test_rules_as_cdk_writes_them() -> None:
    template = template_of(
        """
        Parameters: {Version: {Type: String, Default: "6"}}
        Resources: {A: {Type: T}}
        Rules:
          Check:
            Assertions:
              - Assert: !Not [!Contains [["1", "2"], !Ref Version]]
                AssertDescription: bootstrap again
        """
    )
    check_rules(template, scope_of(template), {})
    with pytest.raises(TemplateError, match="Rule Check failed: bootstrap again"):
        check_rules(template, scope_of(template, {"Version": "2"}), {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Resources: {A: {Type: T, Properties: {P: !Ref Z}}, B: {Type: T, DependsOn: Y}}",
            "Template format error: Unresolved resource dependencies [Y, Z] in the Resources block of the template",
        ),
        (
            "Resources: {A: {Type: T}}\nOutputs: {O: {Value: !Sub '${Z}'}}",
            "Template format error: Unresolved resource dependencies [Z] in the Outputs block of the template",
        ),
        (
            "Resources: {A: {Type: T, Properties: {P: !GetAtt Z.Arn}}}",
            "Template error: instance of Fn::GetAtt references undefined resource Z",
        ),
        (
            "Resources: {A: {Type: T, Properties: {P: !If [C, a, b]}}}",
            "Template format error: Unresolved condition dependency C in the Resources block of the template",
        ),
        (
            "Resources: {A: {Type: T, Condition: C}}",
            "Template format error: Condition 'C' is not defined.",
        ),
        (
            "Resources: {A: {Type: T, DependsOn: B}, B: {Type: T, Properties: {P: !Ref A}}, "
            "C: {Type: T, DependsOn: A}, D: {Type: T}}",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "Resources: {A: {Type: T, Properties: {P: !Ref A}}}",
            "Circular dependency between resources: [A]",
        ),
    ],
)
def test_names_must_lead_somewhere(text: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        validate(template_of(text))
    assert str(caught.value) == message


def test_a_false_condition_takes_the_resource_away() -> None:
    template = template_of(
        "Conditions: {Never: !Equals [a, b]}\n"
        "Resources: {A: {Type: T, Condition: Never}, B: {Type: T, Properties: {P: !Ref A}}}"
    )
    validate(template)
    for node in ("!Ref A", "!GetAtt A.Arn"):
        template = template_of(
            "Conditions: {Never: !Equals [a, b]}\n"
            f"Resources: {{A: {{Type: T, Condition: Never}}, B: {{Type: T, Properties: {{P: {node}}}}}}}"
        )
        with pytest.raises(TemplateError) as caught:
            validate(template, {"Never": False})
        assert str(caught.value) == "Unresolved resource dependencies [A] in the Resources block of the template"


def test_order() -> None:
    template = template_of(
        """
        Resources:
          Role: {Type: T}
          Function: {Type: T, Version: "1.0", Properties: {Role: !GetAtt Role.Arn, Env: !Sub "${Table}/${AWS::Region}"}}
          Table: {Type: T}
          Mapping: {Type: T, Properties: {F: !Ref Function}, DependsOn: [Queue]}
          Queue: {Type: T}
        """
    )
    graph = dependencies(template.resources, {})
    assert [set(layer) for layer in layers(graph)] == [{"Role", "Table", "Queue"}, {"Function"}, {"Mapping"}]
    assert dependants(graph)["Table"] == {"Function"}


@given(st.dictionaries(st.integers(0, 15), st.sets(st.integers(0, 15), max_size=3), max_size=16))
def test_layers_respect_every_dependency(edges: dict[int, set[int]]) -> None:
    graph = {str(name): frozenset(str(n) for n in needs if n in edges and n < name) for name, needs in edges.items()}
    seen: set[str] = set()
    for layer in layers(graph):
        assert all(graph[name] <= seen for name in layer)
        seen.update(layer)
    assert seen == graph.keys()


def test_difference() -> None:
    old = template_of(
        "Resources: {A: {Type: T, Properties: {X: 1, Y: !Ref B}}, B: {Type: T}, C: {Type: T}, E: {Type: T}}"
    )
    new = template_of(
        "Resources: {A: {Type: T, Properties: {X: 2, Y: !Ref B}}, B: {Type: T}, D: {Type: T}, "
        "E: {Type: T, DeletionPolicy: Retain}}"
    )
    before = {name: render(each, scope_of(old)) for name, each in old.resources.items()}
    after = {name: render(each, scope_of(new)) for name, each in new.resources.items()}
    assert [(d.action, d.logical_id, d.scope, d.properties) for d in difference(before, after)] == [
        ("Modify", "A", ("Properties",), ("X",)),
        ("Add", "D", (), ()),
        ("Modify", "E", ("DeletionPolicy",), ()),
        ("Remove", "C", (), ()),
    ]
    assert difference(after, after) == []


def test_loops() -> None:
    body = load(
        """
        Transform: AWS::LanguageExtensions
        Parameters: {Names: {Type: CommaDelimitedList, Default: "a.x,b"}}
        Resources:
          Fn::ForEach::Topics:
            - Name
            - !Ref Names
            - "Topic&{Name}":
                Type: AWS::SNS::Topic
                Properties: {TopicName: !Sub "t-${Name}", Plain: !Ref Name}
        """
    )
    expanded = expand_loops(body, Scope({"Names": ["a.x", "b"]}, Unresolved()))
    assert expanded["Resources"] == {
        "Topicax": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": {"Fn::Sub": "t-a.x"}, "Plain": "a.x"},
        },
        "Topicb": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": {"Fn::Sub": "t-b"}, "Plain": "b"},
        },
    }


def test_names_that_functions_make_up() -> None:
    body = {
        "Resources": {"A": {"Properties": {"One": {"Ref": {"Fn::Sub": "A${Word}"}}}}},
        "Outputs": {"O": {"Value": {"Fn::GetAtt": [{"Ref": "Word"}, "Arn"]}}},
    }
    expanded = expand_loops(body, Scope({"Word": "b"}, Unresolved()))
    assert expanded["Resources"]["A"]["Properties"] == {"One": {"Ref": "Ab"}}
    assert expanded["Outputs"]["O"]["Value"] == {"Fn::GetAtt": ["b", "Arn"]}


@pytest.mark.parametrize("member", ["DeletionPolicy", "UpdateReplacePolicy"])
def test_a_snapshot_of_what_has_none(member: str) -> None:
    with pytest.raises(TemplateError, match=r"resource type AWS::SQS::Queue does not support .* policy Snapshot"):
        parse({"Resources": {"A": {"Type": "AWS::SQS::Queue", member: "Snapshot"}}})
    assert parse({"Resources": {"A": {"Type": "AWS::EC2::Volume", member: "Snapshot"}}})


def test_dynamic_references() -> None:
    stored = {("ssm", "/a:2"): "two", ("secretsmanager", "db:SecretString:password"): "hidden"}

    def lookup(service: str, name: str) -> str | None:
        return stored.get((service, name))

    value = {"a": ["{{resolve:ssm:/a:2}}/x"], "b": "{{resolve:secretsmanager:db:SecretString:password}}"}
    assert resolve_dynamic(value, lookup) == {"a": ["two/x"], "b": "hidden"}
    with pytest.raises(TemplateError, match=r"Parameters: \[ssm:/gone\] cannot be found."):
        resolve_dynamic("{{resolve:ssm:/gone}}", lookup)
