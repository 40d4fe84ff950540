"""Update and projection expressions: what becomes of an item, against a naive model, and what is refused."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.dynamodb.errors import ValidationException
from headwater.languages.dynamodb.legacy import attribute_updates, expected
from headwater.languages.dynamodb.projections import compile_projection
from headwater.languages.dynamodb.updates import compile_update

ITEM: dict[str, Any] = {
    "n": {"N": "41"},
    "s": {"S": "text"},
    "l": {"L": [{"N": "0"}, {"N": "1"}, {"N": "2"}]},
    "m": {"M": {"x": {"N": "1"}, "deep": {"M": {"y": {"S": "z"}}}}},
    "ss": {"SS": ["a", "b"]},
}
VALUES: dict[str, Any] = {
    ":n": {"N": "1"},
    ":s": {"S": "new"},
    ":l": {"L": [{"S": "e"}]},
    ":ss": {"SS": ["b", "c"]},
    ":b": {"B": "YQ=="},
    ":m": {"M": {}},
    ":big": {"N": "1" + "0" * 50},
}


def updated(text: str, item: dict[str, Any] = ITEM) -> dict[str, Any]:
    compiled = compile_update(text, {"#n": "n", "#3": "[3]"})
    compiled.bind(VALUES)
    before = copy.deepcopy(item)
    after = compiled.apply(item, VALUES)
    assert item == before, "an update changes nothing in place"
    return after


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("SET n = :s", {"n": {"S": "new"}}),
        ("set #n = #n + :n, t = #n", {"n": {"N": "42"}, "t": {"N": "41"}}),
        ("SET n = :n - n", {"n": {"N": "-40"}}),
        ("SET t = (n + :n)", {"t": {"N": "42"}}),
        ("SET n = s, s = n", {"n": ITEM["s"], "s": ITEM["n"]}),
        ("SET n = if_not_exists(n, :n), t = if_not_exists(t, :n) + :n", {"t": {"N": "2"}}),
        ("SET l = list_append(l, :l)", {"l": {"L": [*ITEM["l"]["L"], {"S": "e"}]}}),
        ("SET t = list_append(if_not_exists(t, :l), :l)", {"t": {"L": [{"S": "e"}, {"S": "e"}]}}),
        (
            "SET l[1] = :s, l[9] = :n, l[7] = :l",
            {"l": {"L": [{"N": "0"}, VALUES[":s"], {"N": "2"}, VALUES[":l"], VALUES[":n"]]}},
        ),
        ("REMOVE l[0], l[2], l[7]", {"l": {"L": [{"N": "1"}]}}),
        ("REMOVE l[0] SET l[1] = :s", {"l": {"L": [VALUES[":s"], {"N": "2"}]}}),
        (
            "SET m.deep.w = :n, m.x = :s",
            {"m": {"M": {"x": VALUES[":s"], "deep": {"M": {"y": {"S": "z"}, "w": {"N": "1"}}}}}},
        ),
        ("REMOVE m.deep.y, m.absent", {"m": {"M": {"x": {"N": "1"}, "deep": {"M": {}}}}}),
        ("ADD n :n, t :n", {"n": {"N": "42"}, "t": {"N": "1"}}),
        ("ADD ss :ss, t :ss", {"ss": {"SS": ["a", "b", "c"]}, "t": {"SS": ["b", "c"]}}),
        ("ADD m.x :n", {"m": {"M": {"x": {"N": "2"}, "deep": ITEM["m"]["M"]["deep"]}}}),
        ("DELETE ss :ss, t :ss", {"ss": {"SS": ["a"]}}),
        ("SET under_ = :s", {"under_": VALUES[":s"]}),
    ],
)
def test_changes(text: str, changes: dict[str, Any]) -> None:
    assert updated(text) == ITEM | changes


def test_a_set_without_members_goes() -> None:
    assert "ss" not in updated("DELETE ss :ss", {"ss": {"SS": ["b", "c"]}})
    assert updated("REMOVE n, l", {"n": {"N": "1"}}) == {}


OPERAND = "Incorrect operand type for operator or function; operator or function: "
TWO_PATHS = "with each other; must remove or rewrite one of these paths; "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("INVALID SYNTAX HERE", 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
        ("set a", 'Syntax error; token: "<EOF>", near: "a"'),
        ("set book-price = :n", 'Syntax error; token: "-", near: "book-price"'),
        ("set a = :n, #, b = :n", 'Syntax error; token: "#", near: ", #,"'),
        ("set a=set", 'Syntax error; token: "set", near: "=set"'),
        ("add a if_not_exists(b)", 'Syntax error; token: "if_not_exists", near: "a if_not_exists("'),
        ("set a = b + c + d", 'Syntax error; token: "+", near: "c + d"'),
        ("remove Absolute", "Attribute name is a reserved keyword; reserved keyword: Absolute"),
        ("set a = if_not_exist(b) set c = d", "Invalid function name; function: if_not_exist"),
        ("set a = b set c = d", 'The "SET" section can only be used once in an update expression;'),
        ("set #z = :n", "An expression attribute name used in the document path is not defined; attribute name: #z"),
        ("set a = :z", "An expression attribute value used in expression is not defined; attribute value: :z"),
        ("set a.b = :n, a = :n", f"Two document paths overlap {TWO_PATHS}path one: [a, b], path two: [a]"),
        (
            "set a[1] = :n remove a[1].b",
            f"Two document paths overlap {TWO_PATHS}path one: [a, [1]], path two: [a, [1], b]",
        ),
        ("remove a.c set a[1] = #3", f"Two document paths conflict {TWO_PATHS}path one: [a, c], path two: [a, [1]]"),
        (
            "set a = if_not_exists(b)",
            "Incorrect number of operands for operator or function; "
            "operator or function: if_not_exists, number of operands: 1",
        ),
        (
            "set a = if_not_exists(:n, b)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        ("set _under = :s", 'Syntax error; token: "_", near: "set _under"'),
        (
            "set a = list_append(list_append(a, b), b)",
            "The function is not allowed to be used this way in an expression; function: list_append",
        ),
        ("set a = list_append(:s, b)", f"{OPERAND}list_append, operand type: S"),
        ("set a = b + :ss", f"{OPERAND}+, operand type: SS"),
        (
            "add a :s",
            "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, "
            "typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "delete a :n",
            "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, "
            "typeSet: ALLOWED_FOR_DELETE_OPERAND",
        ),
        ("set a = " + "(" * 1000, "The expression is nested too deeply;"),
    ],
)
def test_what_may_not_be_said(text: str, message: str) -> None:
    with pytest.raises(ValidationException) as refused:
        updated(text)
    assert str(refused.value) == f"Invalid UpdateExpression: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *[
            (text, "An operand in the update expression has an incorrect data type")
            for text in ["set t = s + :n", "set t = list_append(ss, :l)", "add s :n", "add n :ss", "delete n :ss"]
        ],
        *[
            (text, "The provided expression refers to an attribute that does not exist in the item")
            for text in ["set t = zz", "set t = zz + :n", "set t = list_append(zz, :l)", "set t = l[3]"]
        ],
        *[
            (text, "The document path provided in the update expression is invalid for update")
            for text in ["set zz.a = :n", "set s.a = :n", "set m[0] = :n", "remove l.a", "remove zz[0]", "add n.a :n"]
        ],
        (
            "set t = n + :big",
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
    ],
)
def test_what_an_item_refuses(text: str, message: str) -> None:
    with pytest.raises(ValidationException) as refused:
        updated(text)
    assert str(refused.value) == message


names = st.sampled_from(["p", "q", "r"])
clauses = st.one_of(
    st.tuples(st.just("set"), names, st.sampled_from([":n", ":s", "n", "s"])),
    st.tuples(st.just("sum"), names, st.sampled_from(["n"])),
    st.tuples(st.just("remove"), names, st.none()),
    st.tuples(st.just("add"), names, st.just(":n")),
)


@given(st.lists(clauses, min_size=1, max_size=3, unique_by=lambda clause: clause[1]), st.integers(0, 5))
def test_clauses_against_a_naive_model(chosen: list[tuple[str, str, Any]], start: int) -> None:
    item: dict[str, Any] = {"n": {"N": str(start)}, "s": {"S": "x"}, "p": {"N": "5"}}
    wanted = dict(item)
    sections: dict[str, list[str]] = {"SET": [], "REMOVE": [], "ADD": []}
    for what, name, operand in chosen:
        value = VALUES[operand] if str(operand).startswith(":") else item.get(operand)
        if what == "set":
            sections["SET"].append(f"{name} = {operand}")
            wanted[name] = value
        elif what == "sum":
            sections["SET"].append(f"{name} = n + :n")
            wanted[name] = {"N": str(start + 1)}
        elif what == "remove":
            sections["REMOVE"].append(name)
            wanted.pop(name, None)
        else:
            sections["ADD"].append(f"{name} :n")
            wanted[name] = {"N": str(int(item.get(name, {"N": "0"})["N"]) + 1)}
    text = " ".join([f"{section} {', '.join(parts)}" for section, parts in sections.items() if parts])
    assert updated(text, item) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("n, zz", {"n": ITEM["n"]}),
        ("m.deep.y", {"m": {"M": {"deep": {"M": {"y": {"S": "z"}}}}}}),
        ("l[2], l[0], l[9]", {"l": {"L": [{"N": "0"}, {"N": "2"}]}}),
        ("m.zz, s.a, l.a", {}),
        ("m.x, m.zz.a", {"m": {"M": {"x": {"N": "1"}}}}),
    ],
)
def test_projections(text: str, wanted: dict[str, Any]) -> None:
    assert compile_projection(text, {}).select(ITEM) == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("a,", 'Syntax error; token: "<EOF>", near: ","'),
        ("a b", 'Syntax error; token: "b", near: "a b"'),
        ("name", "Attribute name is a reserved keyword; reserved keyword: name"),
        ("a, a.b", f"Two document paths overlap {TWO_PATHS}path one: [a], path two: [a, b]"),
        ("a, b, a", f"Two document paths overlap {TWO_PATHS}path one: [a], path two: [a]"),
    ],
)
def test_what_no_projection_says(text: str, message: str) -> None:
    with pytest.raises(ValidationException) as refused:
        compile_projection(text, {})
    assert str(refused.value) == f"Invalid ProjectionExpression: {message}"


def test_attribute_updates() -> None:
    apply = attribute_updates(
        {
            "n": {"Action": "ADD", "Value": {"N": "1"}},
            "s": {"Action": "DELETE"},
            "ss": {"Action": "DELETE", "Value": {"SS": ["a"]}},
            "l": {"Action": "ADD", "Value": {"L": [{"S": "e"}]}},
            "#odd.name": {"Value": {"S": "v"}},
        }
    )
    assert apply(ITEM) == {
        "n": {"N": "42"},
        "m": ITEM["m"],
        "ss": {"SS": ["b"]},
        "l": {"L": [*ITEM["l"]["L"], {"S": "e"}]},
        "#odd.name": {"S": "v"},
    }
    with pytest.raises(ValidationException, match="Type mismatch for attribute to update"):
        attribute_updates({"s": {"Action": "ADD", "Value": {"N": "1"}}})(ITEM)
    with pytest.raises(ValidationException, match="ADD action is not supported for the type S"):
        attribute_updates({"s": {"Action": "ADD", "Value": {"S": "1"}}})


def test_expected() -> None:
    def met(parameter: dict[str, Any], operator: str | None = None) -> bool:
        condition = expected(parameter, operator)
        return condition.test(ITEM, condition.values)

    assert met({"n": {"Value": {"N": "41"}}, "zz": {"Exists": False}})
    assert not met({"n": {"Value": {"N": "40"}}, "s": {"Exists": True, "Value": {"S": "text"}}})
    assert met({"n": {"Value": {"N": "40"}}, "s": {"Value": {"S": "text"}}}, "OR")
    assert met({"s": {"ComparisonOperator": "NOT_CONTAINS", "AttributeValueList": [{"S": "zz"}]}})
    assert met({"n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "1"}, {"N": "50"}]}})
    assert met({"zz": {"ComparisonOperator": "NULL"}, "n": {"ComparisonOperator": "NOT_NULL"}})
    with pytest.raises(ValidationException, match="Value must be provided when Exists is null for Attribute: a"):
        expected({"a": {}}, None)
    with pytest.raises(ValidationException, match=r"Invalid number of argument\(s\) for the EQ ComparisonOperator"):
        expected({"a": {"ComparisonOperator": "EQ", "AttributeValueList": []}}, None)
