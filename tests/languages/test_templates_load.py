"""Text of templates to values: both formats, all tags, positions in errors."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.templates import TemplateError, load, parse


def refusal(text: str) -> str:
    with pytest.raises(TemplateError) as caught:
        parse(load(text))
    return str(caught.value)


def test_short_forms_are_functions() -> None:
    body = load(
        """
        A: !Ref Queue
        B: !GetAtt Queue.Arn
        C: !GetAtt Nested.Outputs.Url
        D: !Sub "${A}-${B}"
        E: !Join [",", [!Ref X, y]]
        F: !If [Always, !Ref A, !Ref "AWS::NoValue"]
        G: !Condition Other
        H: !Sub
          - text ${V}
          - V: !Select [0, !GetAZs ""]
        I: !GetAtt [Queue, Arn]
        J: !ToJsonString {a: 1}
        K: !Base64
          Fn::Sub: hello
        L: !Select [!Ref Index, [a]]
        """
    )
    assert body["A"] == {"Ref": "Queue"}
    assert body["B"] == body["I"] == {"Fn::GetAtt": ["Queue", "Arn"]}
    assert body["C"] == {"Fn::GetAtt": ["Nested", "Outputs.Url"]}
    assert body["E"] == {"Fn::Join": [",", [{"Ref": "X"}, "y"]]}
    assert body["F"]["Fn::If"][0] == "Always"
    assert body["F"]["Fn::If"][2] == {"Ref": "AWS::NoValue"}
    assert body["G"] == {"Condition": "Other"}
    assert body["H"] == {"Fn::Sub": ["text ${V}", {"V": {"Fn::Select": [0, {"Fn::GetAZs": ""}]}}]}
    assert body["J"] == {"Fn::ToJsonString": {"a": 1}}
    assert body["K"] == {"Fn::Base64": {"Fn::Sub": "hello"}}


def test_dates_and_keys_are_text() -> None:
    assert load("AWSTemplateFormatVersion: 2010-09-09\n200: ok\ntrue: yes") == {
        "AWSTemplateFormatVersion": "2010-09-09",
        "200": "ok",
        "true": True,
    }


def test_json_and_a_flow_mapping() -> None:
    assert load('{"Resources": {"A": {"Type": "T"}}}') == load("Resources: {A: {Type: T}}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": \n 1,}', "Template format error: JSON not well-formed. (line 2, column 4)"),
        ("a: [1, 2\nb: 3", "Template format error: YAML not well-formed. (line 2, column 2)"),
        ("a: !Nonsense b", "Template format error: YAML not well-formed. (line 1, column 4)"),
        ("just text", "Template format error: unsupported structure."),
        ("- a\n- b", "Template format error: unsupported structure."),
        ("", "Template format error: unsupported structure."),
        (
            "a: &x 1\nb: *x",
            "Template format error: YAML aliases are not allowed in CloudFormation templates",
        ),
        ("a: " + "[" * 50_000, "Template format error: unsupported structure."),
        ("x: " + "{a: " * 200 + "1" + "}" * 200, "Template format error: unsupported structure."),
        ('{"a":' * 3000 + "1" + "}" * 3000, "Template format error: unsupported structure."),
        ("{}", "Template format error: At least one Resources member must be defined."),
        (
            "Rules:\nResources: {A: {Type: T}}",
            "Template format error: [/Rules] 'null' values are not allowed in templates",
        ),
        ("Resources: []", "Template format error: [/Resources] must be an object."),
        ("Resorces: {}", "Invalid template property or properties [Resorces]"),
        (
            "Resources: {A: {Type: T, Properties: {B: null}}}",
            "Template format error: [/Resources/A/Properties/B] 'null' values are not allowed in templates",
        ),
        (
            "Resources: {A-b: {Type: T}}",
            "Template format error: Resource name A-b is non alphanumeric.",
        ),
        (
            "Resources: {A: {Properties: {}}}",
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        ("Resources: {A: {Type: T, Propertys: {}}}", "Invalid template resource property 'Propertys'"),
        (
            "Resources: {A: {Type: T, DeletionPolicy: Keep}}",
            "Template format error: Unrecognized DeletionPolicy Keep for resource A",
        ),
        (
            "Resources: {A: {Type: T}}\nParameters: {P: {Type: Text}}",
            "Template format error: Unrecognized parameter type: Text",
        ),
        (
            "Resources: {A: {Type: T}}\nParameters: {P: {Default: x}}",
            "Template format error: Every Parameters object must contain a Type member.",
        ),
        (
            "AWSTemplateFormatVersion: 2011-01-01\nResources: {A: {Type: T}}",
            "Template format error: unsupported value for AWSTemplateFormatVersion.",
        ),
    ],
)
def test_refusals(text: str, message: str) -> None:
    assert refusal(text) == message


def test_too_many_resources() -> None:
    text = json.dumps({"Resources": {f"R{i}": {"Type": "T"} for i in range(501)}})
    assert refusal(text) == ("Template format error: Number of resources, 501, is greater than maximum allowed, 500")


@given(st.text())
def test_any_text_loads_or_is_refused(text: str) -> None:
    try:
        parse(load(text))
    except TemplateError:
        pass


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_json_means_what_it_says(body: dict[str, object]) -> None:
    assert load(json.dumps(body)) == body


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_numbers_beyond_64_bits_are_texts(number: int) -> None:
    assert load(json.dumps({"a": number})) == load(f"a: {number}") == {"a": str(number)}


def test_what_is_no_number_in_json_is_refused() -> None:
    assert refusal('{"a": NaN}').startswith("Template format error: JSON not well-formed.")


@given(
    st.dictionaries(
        st.sampled_from(["Resources", "Parameters", "Outputs", "Mappings", "Conditions", "Transform"]), VALUES
    )
)
def test_any_body_parses_or_is_refused(body: dict[str, object]) -> None:
    try:
        parse(body)
    except TemplateError:
        pass
