"""Condition expressions: meaning against a naive evaluator, and AWS's words for what they may not say."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.dynamodb.conditions import compile_condition
from headwater.languages.dynamodb.errors import ValidationException
from headwater.languages.dynamodb.expressions import ExpressionCache, Expressions
from headwater.languages.dynamodb.key_conditions import Term, compile_key_condition

PARAMETER = "ConditionExpression"
OPERAND = "Incorrect operand type for operator or function; operator or function: {}, operand type: {}"
TOO_LONG = "Expression size has exceeded the maximum allowed size; expression size: "
KEY = "Invalid condition in KeyConditionExpression: "
VALUES: dict[str, dict[str, Any]] = {
    ":s": {"S": "cat"},
    ":n": {"N": "2"},
    ":b": {"B": "Y2F0"},
    ":l": {"L": [{"S": "cat"}, {"N": "2"}]},
    ":ss": {"SS": ["cat", "dog"]},
    ":t": {"BOOL": True},
    ":z": {"S": "zebra"},
    ":type": {"S": "SS"},
}
ITEM: dict[str, dict[str, Any]] = {
    "a": {"N": "2"},
    "b": {"S": "catalogue"},
    "c": {"SS": ["dog", "cat"]},
    "d": {"M": {"e": {"L": [{"S": "cat"}, {"M": {"f": {"N": "10"}}}]}}},
    "g": {"B": "Y2F0YWxvZ3Vl"},
    "h": {"NULL": True},
    "i": {"S": "é"},
}


def holds(text: str, item: dict[str, Any] = ITEM, names: dict[str, str] | None = None) -> bool:
    compiled = compile_condition(PARAMETER, text, names or {})
    compiled.bind(VALUES)
    return compiled.test(item, VALUES)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a = :n", True),
        ("(a) = (:n)", True),
        ("a <> :n", False),
        ("a < :n or a <= :n", True),
        ("a = :s", False),
        ("a <> :s", True),
        ("absent <> :s", True),
        ("absent = :s", False),
        ("absent <> gone", True),
        ("absent < :s", False),
        ("c = :ss", True),
        ("d.e = :l", False),
        ("d.e[0] = :s", True),
        ("(d.e)[0] = :s", True),
        ("d.e[1].f > :n", True),
        ("d.e[7] = :s", False),
        ("a.b = :s", False),
        ("b between :s and :z", True),
        ("a BETWEEN :s AND :z", False),
        ("a in (:s, :n)", True),
        ("a in (:s)", False),
        ("c in (:ss)", True),
        ("attribute_exists(h)", True),
        ("attribute_exists(d.e[1].f)", True),
        ("attribute_not_exists(d.e[2])", True),
        ("attribute_type(c, :type)", True),
        ("attribute_type(a, :type)", False),
        ("begins_with(b, :s)", True),
        ("begins_with(g, :b)", True),
        ("begins_with(a, :s)", False),
        ("contains(b, :s)", True),
        ("contains(c, :s)", True),
        ("contains(d.e, :s)", True),
        ("contains(g, :b)", True),
        ("contains(a, :s)", False),
        ("size(c) = :n", True),
        ("size(i) = :n", True),
        ("size(d.e) >= :n", True),
        ("size(a) >= :n", False),
        ("not a = :n", False),
        ("NOT (a = :s OR b = :s) AND c = :ss", True),
        ("a = :s AND a = :n OR c = :ss", True),
        ("a = :s AND (a = :n OR c = :ss)", False),
    ],
)
def test_meaning(text: str, wanted: bool) -> None:
    assert holds(text) is wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("a", 'Syntax error; token: "<EOF>", near: "a"'),
        ("a = = :s", 'Syntax error; token: "=", near: "= = :s"'),
        ("a and b = :s", 'Syntax error; token: "and", near: "a and b"'),
        ("(a and b)", 'Syntax error; token: "and", near: "a and b"'),
        ("_type = :s", 'Syntax error; token: "_", near: "_type"'),
        ("a = :s AND __typename = :s", 'Syntax error; token: "_", near: "AND __"'),
        ("attribute_not_exists(", 'Syntax error; token: "<EOF>", near: "("'),
        ("contains (a, :s", 'Syntax error; token: "<EOF>", near: ":s"'),
        ("book-price = :s", 'Syntax error; token: "-", near: "book-price"'),
        ("!! = :s", 'Syntax error; token: "!", near: "!!"'),
        ("a IN ()", 'Syntax error; token: ")", near: "()"'),
        ("((a = :s))", "The expression has redundant parentheses;"),
        ("a = ((:s))", "The expression has redundant parentheses;"),
        ("foo(a)", "Invalid function name; function: foo"),
        ("SIZE(a) > :n", "Invalid function name; function: SIZE"),
        ("size(a)", "The function is not allowed to be used this way in an expression; function: size"),
        (
            "contains(a, :s) = :s",
            "The function is not allowed to be used this way in an expression; function: contains",
        ),
        ("Status = :s", "Attribute name is a reserved keyword; reserved keyword: Status"),
        (
            "#x = :s",
            "An expression attribute name used in the document path is not defined; attribute name: #x",
        ),
        (
            "a = :nope",
            "An expression attribute value used in expression is not defined; attribute value: :nope",
        ),
        (
            "size(a, b) = :n",
            "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2",
        ),
        (
            "attribute_exists(:s)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "a = a",
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: =, first operand: [a]",
        ),
        (
            "a < :l",
            OPERAND.format("<", "L"),
        ),
        ("a BETWEEN :l AND :l", OPERAND.format("BETWEEN", "L")),
        ("begins_with(a, :n)", OPERAND.format("begins_with", "N")),
        (
            "attribute_type(a, :s)",
            "Invalid attribute type name found; type: cat, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "a between :n and :s",
            "The BETWEEN operator requires same data type for lower and upper bounds; "
            "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {S:cat}",
        ),
        (
            "a between :z and :s",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
            "lower bound operand: AttributeValue: {S:zebra}, upper bound operand: AttributeValue: {S:cat}",
        ),
        (
            f"a IN ({', '.join([':s'] * 101)})",
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
        (f"a = :s{' ' * 4100}", TOO_LONG + "4106"),
        (
            "(" * 3000 + "a = :s" + ")" * 3000,
            TOO_LONG + "6006",
        ),
        ("NOT " * 1000 + "a = :s", "The expression is nested too deeply;"),
        (f"a{'.b' * 32} = :s", "The document path has too many nesting elements; nesting levels: 33"),
    ],
)
def test_what_may_not_be_said(text: str, message: str) -> None:
    with pytest.raises(ValidationException) as refused:
        holds(text)
    assert str(refused.value) == f"Invalid ConditionExpression: {message}"


atoms = st.sampled_from(["x", "y", "z"])
comparisons = st.tuples(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), atoms, st.integers(0, 3))
trees: st.SearchStrategy[Any] = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(st.just("NOT"), inner),
        st.tuples(st.sampled_from(["AND", "OR"]), inner, inner),
    ),
    max_leaves=12,
)


def written(tree: Any, surrounding: int = 0) -> str:
    """A tree as text, with parentheses only where precedence asks for them."""
    if tree[0] == "NOT":
        text, strength = f"NOT {written(tree[1], 3)}", 3
    elif tree[0] in ("AND", "OR"):
        strength = 2 if tree[0] == "AND" else 1
        text = f"{written(tree[1], strength)} {tree[0]} {written(tree[2], strength + 1)}"
    else:
        return f"{tree[1]} {tree[0]} :{tree[2]}"
    return f"({text})" if strength < surrounding else text


def naive(tree: Any, item: dict[str, int]) -> bool:
    if tree[0] == "NOT":
        return not naive(tree[1], item)
    if tree[0] in ("AND", "OR"):
        return (all if tree[0] == "AND" else any)([naive(tree[1], item), naive(tree[2], item)])
    operator, name, number = tree
    if name not in item:
        return bool(operator == "<>")
    left = item[name]
    return {
        "=": left == number,
        "<>": left != number,
        "<": left < number,
        "<=": left <= number,
        ">": left > number,
        ">=": left >= number,
    }[operator]


@given(trees, st.dictionaries(st.sampled_from(["x", "y", "z"]), st.integers(0, 3)))
def test_precedence_and_comparison_against_a_naive_evaluator(tree: Any, item: dict[str, int]) -> None:
    values = {f":{number}": {"N": str(number)} for number in range(4)}
    wire = {name: {"N": str(Decimal(number))} for name, number in item.items()}
    compiled = compile_condition(PARAMETER, written(tree), {})
    assert compiled.test(wire, values) == naive(tree, item)


@given(st.text(alphabet="ab#:(),.[]0 =<>ANDORTi_\t", max_size=30))
def test_no_text_gets_past_the_parser_with_another_error(text: str) -> None:
    try:
        compile_condition(PARAMETER, text, {})
    except ValidationException as error:
        assert str(error).startswith("Invalid ConditionExpression: ")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("pk = :s", {"pk": Term("=", (":s",))}),
        (":s = pk and :n < sk", {"pk": Term("=", (":s",)), "sk": Term(">", (":n",))}),
        ("#p = :s AND begins_with(sk, :s)", {"it": Term("=", (":s",)), "sk": Term("begins_with", (":s",))}),
        ("pk = :s and (sk between :s and :z)", {"pk": Term("=", (":s",)), "sk": Term("BETWEEN", (":s", ":z"))}),
    ],
)
def test_key_conditions(text: str, terms: dict[str, Term]) -> None:
    compiled = compile_key_condition(text, {"#p": "it"})
    assert compiled.terms == terms and compiled.problem is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a > b and size(b) > c or a > c", "Invalid operator used in KeyConditionExpression: OR"),
        ("a in (:s)", "Invalid operator used in KeyConditionExpression: IN"),
        ("not a > :s", "Invalid operator used in KeyConditionExpression: NOT"),
        ("a <> :s", "Invalid operator used in KeyConditionExpression: <>"),
        ("attribute_exists(a)", "Invalid operator used in KeyConditionExpression: attribute_exists"),
        (
            ":s between size(b) and size(a)",
            KEY + "BETWEEN operator must have the key attribute as its first operand",
        ),
        ("a > size(b)", "KeyConditionExpressions cannot contain nested operations"),
        ("b > a.b", KEY + "Multiple attribute names used in one condition"),
        ("a.d > :s", "KeyConditionExpressions cannot have conditions on nested attributes"),
        (":s > :n AND a < :n", KEY + "No key attribute specified"),
        ("b > :n AND b < :n", "KeyConditionExpressions must only contain one condition per key"),
        (":n = a and b = :n and :n = c", "Conditions can be of length 1 or 2 only"),
    ],
)
def test_what_no_key_condition_says(text: str, problem: str) -> None:
    assert compile_key_condition(text, {}).problem == problem


def test_names_and_values_of_a_request() -> None:
    cache = ExpressionCache()

    def refused(request: dict[str, Any], text: str) -> str:
        with pytest.raises(ValidationException) as error:
            expressions = Expressions(cache, request)
            expressions.condition(PARAMETER, text)
            expressions.finish()
        return str(error.value)

    assert refused({"ExpressionAttributeNames": {}}, "a = b") == "ExpressionAttributeNames must not be empty"
    assert refused({"ExpressionAttributeValues": {}}, "a = b") == "ExpressionAttributeValues must not be empty"
    assert (
        refused({"ExpressionAttributeNames": {"a": "a"}}, "a = b")
        == 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'
    )
    assert (
        refused({"ExpressionAttributeValues": {":v": {"N": "x"}}}, "a = :v")
        == "ExpressionAttributeValues contains invalid value: "
        "The parameter cannot be converted to a numeric value: x for key :v"
    )
    assert (
        refused({"ExpressionAttributeValues": {":v": {"N": "1"}, ":x": {"S": "a"}}}, "a = :v")
        == "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}"
    )
    assert (
        refused({"ExpressionAttributeNames": {"#a": "a", "#b": "b"}}, "#a = b")
        == "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}"
    )


def test_compiled_forms_are_kept_by_text_and_names() -> None:
    cache = ExpressionCache(capacity=2)
    first = Expressions(cache, {"ExpressionAttributeNames": {"#a": "x"}}).condition(PARAMETER, "attribute_exists(#a)")
    again = Expressions(cache, {"ExpressionAttributeNames": {"#a": "x"}}).condition(PARAMETER, "attribute_exists(#a)")
    other = Expressions(cache, {"ExpressionAttributeNames": {"#a": "y"}}).condition(PARAMETER, "attribute_exists(#a)")
    assert first is again and first is not other
    assert first.test({"x": {"S": ""}}, {}) and not other.test({"x": {"S": ""}}, {})
    Expressions(cache, {}).condition(PARAMETER, "attribute_exists(b)")
    assert len(cache.compiled) == 1
