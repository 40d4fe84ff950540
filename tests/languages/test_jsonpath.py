"""JSONPath as the Amazon States Language has it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages import jsonpath_queries
from headwater.languages.jsonpath import NoPlace, Path, PathError, PathMissing, compile_reference, put

STORE = {
    "a": {"b": [1, {"c": 2}], "x-y": "dash", "with space": 3},
    "items": [{"id": 1, "kind": "x"}, {"id": 2, "kind": "y"}, {"id": 3, "kind": "x"}],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", STORE),
        ("$.a.b[0]", 1),
        ("$.a.b[1].c", 2),
        ("$.a.b[-1].c", 2),
        ("$['a']['with space']", 3),
        ('$["a"].x-y', "dash"),
        ("$.a.with space", 3),
        ("$.['a'].['with space']", 3),
        ("$.['items'].[*].['id']", [1, 2, 3]),
        ("$..['id']", [1, 2, 3]),
        ("$.a.b[0] ", 1),
        ("$.a.b[9]", None),
        ("$.items[*].id", [1, 2, 3]),
        ("$.items[1:].id", [2, 3]),
        ("$.items[:2].id", [1, 2]),
        ("$.items[0,2].id", [1, 3]),
        ("$.items[?(@.kind == 'x')].id", [1, 3]),
        ("$.items[?(@.id > 1 && @.kind == 'x')].id", [3]),
        ("$..id", [1, 2, 3]),
        ("$.none[*]", []),
        ("$.none.deep[1:2].x", []),
        ("$.items.length()", 3),
        ("$.items[*].id.max()", 3.0),
    ],
)
def test_what_is_found(path: str, found: Any) -> None:
    assert Path(path).find(STORE) == found


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("$.none", "No results for path: $['none']"),
        ("$.none.deep", "Missing property in path $['none']"),
        ("$.a.b[9].c", "Expected to find an object with property ['c'] in path $['a']['b'][9] but found 'null'"),
        ("$.a.x-y.z", "Expected to find an object with property ['z'] in path $['a']['x-y'] but found"),
    ],
)
def test_what_is_missing_is_told_as_jayway_does(path: str, reason: str) -> None:
    with pytest.raises(PathMissing) as raised:
        Path(path).find(STORE)
    assert str(raised.value).startswith(reason)


@pytest.mark.parametrize("text", ["", "a", "$.", "$.a[", "$.a[?(", "$a", "$.a b[", "$..", "$.a[*"])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(PathError):
        Path(text)


@pytest.mark.parametrize("path", ["$.a", "$.a.b[1]", "$.items[?(@.id == 3)]"])
def test_existence(path: str) -> None:
    assert Path(path).exists(STORE)
    assert not Path(path).exists({"a": 1} if path != "$.a" else {})


def test_an_index_past_the_end_does_not_exist() -> None:
    assert not Path("$.a.b[9]").exists(STORE)


@pytest.mark.parametrize("text", ["$.a[*]", "$..a", "$.a[0:1]", "a.b", "$.a[?(@)]"])
def test_reference_paths_name_one_place(text: str) -> None:
    with pytest.raises(PathError):
        compile_reference(text)


def test_putting_copies_and_makes_what_is_missing() -> None:
    before = {"a": {"b": 1}}
    assert put(before, compile_reference("$.a.c.d"), 5) == {"a": {"b": 1, "c": {"d": 5}}}
    assert before == {"a": {"b": 1}}
    assert put([1, 2], compile_reference("$[1]"), 9) == [1, 9]
    assert put({"a": None}, compile_reference("$.a.b"), 1) == {"a": {"b": 1}}
    for target, path in (({"a": 5}, "$.a.b"), ([], "$[0]"), ("text", "$.a")):
        with pytest.raises(NoPlace):
            put(target, compile_reference(path), 1)


_names = st.text("abcxyz_-", min_size=1, max_size=4)
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.o['x','q']", {"x": 1}),
        ("$.items[0]['k','c']", {"k": 1, "c": "red"}),
        ("$.items[*]['k']", [1, "1"]),
        ("$.items[*]['k','c']", [{"k": 1, "c": "red"}, {"k": "1"}]),
        ("$.a[0,9]", [3, None]),
        ("$.items[*].t[0]", ["a", None]),
        ("$.items[?(@.k == 1)].k", [1, "1"]),
        ("$.items[?(@.k == '1')].k", [1, "1"]),
        ("$.items[?(@.k != 1)]", []),
        ("$.o[?(@.x == 1)].x", [1]),
        ("$.o[?(@.nope)]", []),
        ("$.s[0:1]", []),
        ("$.s.length()", None),
        ("$.mixed.avg()", 2.0),
    ],
)
def test_paths_are_read_as_jayway_reads_them(path: str, expected: Any) -> None:
    """Seen with json-path 2.10 and its JacksonJsonNodeJsonProvider, which AWS's own messages name."""
    items = [{"k": 1, "c": "red", "t": ["a"]}, {"k": "1", "t": []}]
    assert (
        Path(path).find({"a": [3, 1], "mixed": [1, "x", 3], "s": "abc", "o": {"x": 1, "y": 2}, "items": items})
        == expected
    )


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("$.a[5].x", "Expected to find an object with property ['x'] in path $['a'][5] but found 'null'"),
        ("$.a[5][1]", "The path $['a'][5] is null"),
        ("$.s[0].x", """Filter: [0]['x'] can only be applied to arrays. Current context is: "abc\""""),
        (
            "$.l.x",
            "Expected to find an object with property ['x'] in path $['l'] but found 'com.fasterxml.jackson."
            "databind.node.LongNode'",
        ),
        ("$.s['x','y']", "No results for path: $.s['x','y']"),
    ],
)
def test_where_a_path_ends_is_told_as_jayway_tells_it(path: str, why: str) -> None:
    """As above."""
    with pytest.raises(PathMissing) as missing:
        Path(path).find({"a": [1], "s": "abc", "l": 2**40})
    assert str(missing.value).startswith(why)


def test_slices_have_no_steps() -> None:
    """As above: "Failed to parse SliceOperation"."""
    with pytest.raises(PathError):
        Path("$.a[::2]")


@given(_values, st.lists(_names, min_size=1, max_size=4), _values)
def test_what_is_put_is_found_there(target: Any, names: list[str], value: Any) -> None:
    keys = compile_reference("$" + "".join(f"['{name}']" for name in names))
    try:
        after = put(target, keys, value)
    except NoPlace:
        return
    assert Path("$." + ".".join(names)).find(after) == value


@given(st.text("a'\"\\.[]", min_size=1, max_size=5), st.sampled_from(["", "[*]"]))
def test_names_in_quotes_may_hold_anything(name: str, rest: str) -> None:
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    assert Path(f"$['{quoted}']{rest}").find({name: [7]}) == [7]


@given(st.text("$.[]'*?@()ab01:,- \"", max_size=12), _values)
def test_any_text_is_a_path_or_a_path_error(text: str, value: Any) -> None:
    try:
        path = Path(text)
    except PathError:
        return
    try:
        path.find(value)
    except PathMissing:
        pass


def test_a_text_is_not_read_as_json() -> None:
    for text in ("[1, 2]", '{"a": [3]}', "no JSON"):
        assert Path("$[*]").find(text) == []
        assert Path("$..a").find(text) == []


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("@.n nin [1, 2]", [3, 4]),
        ("!(@.n nin [1])", [1]),
        ("@.s subsetof ['S', 'M']", [1, 3]),
        ("@.s subsetof $.sizes", [1, 2, 3]),
        ("@.s anyof ['M', 'Q']", [1]),
        ("@.s noneof ['M', 'Q']", [2, 3]),
        ("@.n anyof [1]", []),
        ("@.k anyof [true]", [4]),
        ("@.k anyof [2.0]", [4]),
        ("@.k anyof [1]", []),
        ("@.k anyof [{'a': 1}]", None),
        ("@.s size 2", [1]),
        ("@.t size 3 && @.s size 2", [1]),
        ("@.n size 1", []),
        ("@.s empty true", [3]),
        ("@.s empty false", [1, 2]),
        ("@.t empty true", [2]),
        ("@.o empty true", [1]),
        ("@.s.length() > 1", [1]),
        ("@['s'].size() == $.one.length()", [2]),
        ("@.size == 5", [3]),
        ("@.t == '@.s.length()'", []),
        ("@.s.length() > ", None),
        ("@.n size", None),
        (f"@.n == 1{'0' * 400}", None),
    ],
)
def test_filters_of_jayway(condition: str, found: list[int] | None) -> None:
    items = [
        {"n": 1, "s": ["S", "M"], "t": "abc", "o": {}}, {"n": 2, "s": ["L"], "t": "", "o": {"a": 1}},
        {"n": 3, "s": [], "size": 5}, {"n": 4, "k": [True, 2, 10**400]},
    ]  # fmt: skip
    path = f"$.items[?({condition})].n"
    if found is None:
        with pytest.raises(PathError):
            Path(path)
    else:
        assert Path(path).find({"items": items, "sizes": ["S", "M", "L"], "one": [1]}) == found


@pytest.mark.parametrize("text", ["$.a[?(@.b == '" + "\\'" * 20_000, "$['" + "\\'" * 20_000, "$[" + "9" * 5000 + "]"])
def test_hostile_texts_are_no_paths(text: str) -> None:
    with pytest.raises(PathError):
        Path(text)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.s[?(@ =~ /a+b/)]", ["aab"]),
        ("$.s[?(@ =~ /A+B/i)]", ["aab"]),
        (r"$.s[?(@ =~ /x\/y/)]", ["x/y"]),
        ("$.s[?(@ =~ /a+/)]", []),  # the whole text
        ("$.s[?(@ =~ /(a+)+c/)]", []),
    ],
)
def test_regular_expressions(path: str, found: list[str]) -> None:
    assert Path(path).find({"s": ["aab", "x/y", 5, None, "a" * 40 + "b!"]}) == found


def test_hostile_paths_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonpath_queries, "MOST_PLACES", 1000)
    deep: list[Any] = [1]
    for _ in range(90):
        deep = [deep, 1]
    assert len(Path("$..*").find(deep)) == 181
    for path in ("$..*..*..*..*", "$..*..*..*..*.nope"):
        with pytest.raises(PathMissing, match="more than 1000 places"):
            Path(path).find(deep)
    for _ in range(50):
        deep = [deep]
    with pytest.raises(PathMissing, match="nested too deeply"):
        Path("$..a").find(deep)
    with pytest.raises(PathMissing, match="look-around"):
        Path("$.a[?(@ =~ /(?=x)x/)]").find({"a": ["x"]})


@pytest.mark.parametrize("path", ["$.a[*] | $.b[*]", "$.a[*] & $.b[*]", "$.a[?match(@, 'x')]", "$.a[?search(@, 'x')]"])
def test_what_other_dialects_have_is_refused(path: str) -> None:
    with pytest.raises(PathError):
        Path(path)
