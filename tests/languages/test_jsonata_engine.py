"""Both engines of JSONata yield the same: the compiled one, and the one that there is for every interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from headwater.languages.jsonata_pure import PureExpression

compile_text = pytest.importorskip("jsonatapy").compile
BINDINGS: dict[str, Any] = {
    "states": {
        "input": {
            "items": [{"sku": "a", "n": 2, "price": 1.5}, {"sku": "b", "n": 3, "price": 2}],
            "none": None,
            "t": "x,y",
        },
        "context": {"Execution": {"Name": "run"}},
    },
    "count": 3,
}


@pytest.mark.parametrize(
    "text",
    [
        "$states.input.items.sku",
        "$sum($states.input.items.(n * price))",
        "$states.input.items[n > 2].sku",
        "$merge([$states.input, {'count': $count + 1}])",
        "$states.input.none",
        "$states.input.absent",
        "[$states.input.none, $exists($states.input.none), $exists($states.input.absent)]",
        "$map($states.input.items, function($item, $at) {{'at': $at, 'of': $item.sku}})",
        "$states.input.items{sku: $sum(n)}",
        "$sift($states.input, function($value, $name) { $name in ['t', 'none'] })",
        "$split($states.input.t, ',') ~> $join('-')",
        "$replace('aabbaa', /a+/, 'c')",
        "$match('ab12cd3', /\\d+/).match",
        "$string({'a': [1, 2.5, true, null]})",
        "$fromMillis(1510067557121, '[Y0001]-[M01]-[D01]')",
        "($f := function($n) { $n <= 1 ? 1 : $n * $f($n - 1) }; $f(10))",
        "[1..5][$ % 2 = 1]",
        "$sort($states.input.items, function($l, $r) { $l.price > $r.price }).sku",
        "{'a': 1} ~> |$|{'b': 2}|",
    ],
)
def test_both_yield_the_same(text: str) -> None:
    compiled, pure = compile_text(text), PureExpression(text)
    expected = compiled.evaluate(None, BINDINGS)
    assert pure.evaluate(None, BINDINGS) == expected
    if expected is None:
        assert pure.evaluate_json_or_none(None, BINDINGS) == compiled.evaluate_json_or_none(None, BINDINGS)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 +", "S0207"),
        ("$unclosed(", "S0203"),
        ("1 + 'a'", "T2002"),
        ("($f := function($n) { 1 + $f($n) }; $f(1))", "D1011"),
        ("($f := function() { $f() }; $f())", "D1012"),
        ("$contains($pad_, /(a|aa)+$/)", "D1012"),
        ("$error('why')", "D3137"),
        ("[1..200000]", "D2015"),
        ("1 / 0", "The expression could not be evaluated"),
    ],
)
def test_the_other_fails_with_jsonatas_codes(text: str, code: str) -> None:
    with pytest.raises(ValueError, match=code):
        PureExpression(text).evaluate(
            None, {"pad_": "a" * 5_000 + "b"}, timeout=2_000, max_stack_depth=99, max_sequence_length=100_000
        )


def test_functions_of_the_host_are_called() -> None:
    expression = PureExpression("[$twice(2), $twice(null), $uuid()]")
    expression.register("twice", lambda value: None if value is None else 2 * value)
    expression.register_override("uuid", lambda: "an id")
    assert expression.evaluate(None) == [4, None, "an id"]


def test_it_takes_the_place_of_the_one_that_is_missing() -> None:
    without = 'import sys, json; sys.modules["jsonatapy"] = None\nfrom headwater.languages.asl import validate\n'
    definition = {
        "StartAt": "A",
        "QueryLanguage": "JSONata",
        "States": {"A": {"Type": "Succeed", "Output": "{% 1 + %}"}},
    }
    program = without + "print(json.dumps([each.code for each in validate(sys.argv[1])]))"
    told = subprocess.run(
        [sys.executable, "-c", program, json.dumps(definition)], capture_output=True, text=True, check=True
    )
    assert json.loads(told.stdout) == ["INVALID_JSONATA_EXPRESSION"]
