"""What JSONata expressions read of a context that Step Functions does not give them."""

import json

import pytest

from headwater.languages.asl.parse import validate
from headwater.languages.jsonata_references import context_references

UNSUPPORTED = "UNSUPPORTED_JSONATA_EXPRESSION"


@pytest.mark.parametrize(
    ("text", "references"),
    [
        ("city", ["city"]),
        ("city[0].street", ["city"]),
        ("`the city`", ["the city"]),
        ("'city'.street", ["city"]),
        ("$.city", ["$"]),
        ("$$.city", ["$$"]),
        ("one + two & one", ["one", "two"]),
        ("[one, {two: three}]", ["one", "two", "three"]),
        ("a ? b : c", ["a", "b", "c"]),
        ("$x := a", ["a"]),
        ("(a; $b)", ["a"]),
        ("-a", ["a"]),
        ("$map($x, function($v) { $v.a + b })", ["b"]),
        ("$x ~> $f(a)", ["a"]),
        ("function($a, $b)<n-n:n>{ $a + c }(1, 2)", ["c"]),
        ("$match($x, /it's \\/ a regex/i) and last", ["last"]),
        ("a / b / c", ["a", "b", "c"]),
        ("$states.errorOutput.Cause", ["$states.errorOutput"]),
        ("$x[a > 3].b^(>c, d){e: f}.(g; h).$k", []),
        ("$x@$i#$j.[$i, $j]", []),
        ("$x ~> |a.b|{'c': d}, ['e']|", []),
        ("/* city */ $x", []),
        ("'city' & \"$.city\" & $x", []),
        ("$f(?, true, null)", []),
        ("**.a", []),
        ("$x.*.y[-1]", []),
        ("a[", []),
        ("(" * 5000, []),
    ],
)
def test_references(text: str, references: list[str]) -> None:
    assert context_references(text) == references


@pytest.mark.parametrize(
    ("field", "value", "message", "place"),
    [
        ("Output", {"a": {"b": ["{% city %}"]}}, "Reference to 'city' at the top level is not supported.", "/a/b[0]"),
        ("Assign", {"a": "{% $$ %}"}, "Reference to '$$' is not supported.", "/a"),
        ("Output", "{% $states.errorOutput.Error %}", "Field '$states.errorOutput' does not exist.", ""),
    ],
)
def test_a_definition_that_reads_a_context_is_refused(field: str, value: object, message: str, place: str) -> None:
    state = {"Type": "Pass", field: value, "End": True}
    (found,) = validate(json.dumps({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}}))
    assert (found.code, found.message, found.location) == (UNSUPPORTED, message, f"/States/S/{field}{place}")


def test_a_catcher_reads_the_error() -> None:
    catcher = {"ErrorEquals": ["States.ALL"], "Next": "D", "Output": "{% $states.errorOutput.Cause %}"}
    resource = "arn:aws:states:::lambda:invoke"
    task = {"Type": "Task", "Resource": resource, "Arguments": {"FunctionName": "f"}, "Catch": [catcher], "End": True}
    states = {"S": task, "D": {"Type": "Succeed"}}
    assert validate(json.dumps({"QueryLanguage": "JSONata", "StartAt": "S", "States": states})) == []
