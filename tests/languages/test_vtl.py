"""Velocity templates: Velocity's own rules, with Java's values."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.languages.vtl import TemplateError, Tool, compile_template, from_json

DOCUMENT: dict[str, Any] = {"x": 1, "y": [1, "b", None, True], "o": {"k": "v"}, "f": 1.5}
VARIABLES: dict[str, Any] = {
    "a": from_json(DOCUMENT),
    "s": "it's",
    "none": None,
    "yes": True,
    "empty": "",
    "util": Tool({"upper": str.upper, "fails": lambda: int("x")}, {"version": "1"}),
}

CASES = [
    ("plain $ text $1.00 # and #1", "plain $ text $1.00 # and #1"),
    ("$s ${s}x $!s $!{s}", "it's it'sx it's it's"),
    ("<$none><$missing><$a.missing.deeper><$a.missing()>", "<><><><>"),
    ("$a", '{x=1, y=[1,"b",null,true], o={k=v}, f=1.5}'),
    ("$a.y / $a.o.k / $a.y[1] / $a.y.get(0) / $a['x']", '[1,"b",null,true] / v / b / 1 / 1'),
    ("$s[ and $s.", "it's[ and it's."),
    ("\\$s \\#if", "$s #if"),
    ("#[[$s #if]]#", "$s #if"),
    ("a## gone\nb#* gone\n too *#c", "abc"),
    ("#set($q = $a.x + 2 * 3)$q", "7"),
    ("#set($q = 7 / 2)$q #set($r = -7 % 3)$r #set($z = 1 / 0)<$z>", "3 -1 <>"),
    ('#set($q = "a" + 1)$q', "a1"),
    ("#set($q = {})#set($q.k = [1, 'b'])#set($q['j'] = true)$q", "{k=[1, b], j=true}"),
    ("#set($l = [1..3])$l #set($l[0] = 9)$l #set($l[7] = 9)$l", "[1, 2, 3] [9, 2, 3] [9, 2, 3]"),
    ("#set($q = 'a')#set($q = $none)$q", "a"),
    ("#set($missing.k = 1)<$missing>", "<>"),
    ("#set($q = \"<$a.x #if($yes)y#end>\")$q #set($q = '<$a.x>')$q", "<1 y> <$a.x>"),
    ("#if($yes)1#end#if($none)2#end#if($missing)3#end#if($empty)4#end#if($a.x)5#end", "15"),
    ("#if(!$missing)a#end#if(not $yes)b#end", "a"),
    ("#if($a.x == 1 && $s != 'x')a#else b#end", "a"),
    ("#if($a.x == '1')same#end#if($none == $missing)both#end#if($none == '')no#end", "sameboth"),
    ("#if($a.x > 1)a#elseif($a.x >= 1 and $a.f lt 2)b#{else}c#{end}", "b"),
    ("#if($a.x > 'a' || $none < 1)a#{else}b#end", "b"),
    ("#foreach($i in $a.y)$foreach.index$i#if($foreach.hasNext),#end#end$!foreach.index", "01,1b,2,3true"),
    ("#foreach($k in $a.o.keySet())$k=$a.o.get($k)#end#foreach($v in $a.o)$v#end", "k=vv"),
    ("#foreach($e in $a.o.entrySet())$e.key:$e.value:$e.getKey()#end", "k:v:k"),
    ("#foreach($i in [1..5])#if($i == 3)#break#end$i#end", "12"),
    ("#foreach($i in $none)x#end#foreach($i in 5)x#end", ""),
    ("#foreach($i in [1..2])\n#foreach($j in [1..2])\n$i$j \n#end\n#end\nend", "11 \n12 \n21 \n22 \nend"),
    ("a#stop b", "a"),
    ("#define($d)<$s>#end#set($s = 'n')$d", "<n>"),
    ("#macro(pair $k $v)$k=$v;#end#pair('a' 1)#pair('b', $a.f)#nothing", "a=1;b=1.5;#nothing"),
    ("$util.upper($s) $util.version $util.fails() $util.nothing()", "IT'S 1  "),
    ("$s.length() $s.substring(1, 2) $s.replaceAll(\"\\\\'\", '') $s.toUpperCase()", "4 t it's IT'S"),
    ("$s.replaceAll(\"(t)\", '<$1>') $s.split('t').get(1) $s.contains('t') $s.indexOf('z')", "i<t>'s 's true -1"),
    ("$a.y.size() $a.containsKey('x') $a.o.size() $s.charAt(99) $s.nothing()", "4 true 1  "),
    ("#set($l = [])#set($ok = $l.add('a'))$l.isEmpty() $l", "false [a]"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_rendering(text: str, expected: str) -> None:
    assert compile_template(text).render(copy.copy(VARIABLES)) == expected


@pytest.mark.parametrize(
    "text",
    ["#if($x)", "#end", "#else", "#set($x)", "#set(1 = 2)", "#set($x = )", "#foreach($x)#end", "${x", "#parse('x')"],
)
def test_texts_that_are_no_templates(text: str) -> None:
    with pytest.raises(TemplateError):
        compile_template(text)


@pytest.mark.parametrize(
    "text",
    [
        "#macro(m)#m()#end#m()",
        "#foreach($i in [1..1000])#foreach($j in [1..1000])#end#end",
        "#foreach($i in [1..100000000])#end",
        "#set($x = 'aaaaaaaaaa')#foreach($i in [1..1000])#set($x = \"$x$x\")#end",
    ],
)
def test_what_has_no_end_is_ended(text: str) -> None:
    began = time.monotonic()
    with pytest.raises(TemplateError):
        compile_template(text).render({})
    assert time.monotonic() - began < 20


@given(st.text(alphabet="$#{}()[]!.'\"\\ax1 =,:+-<>&|\nsetifendforeachin", max_size=60))
def test_any_text_renders_or_is_refused(text: str) -> None:
    try:
        template = compile_template(text)
    except TemplateError:
        return
    assert isinstance(template.render({"a": {"x": 1}}), str)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=9))
def test_what_has_no_references_is_itself(value: Any) -> None:
    text = str(value).replace("$", "").replace("#", "").replace("\\", "")
    assert compile_template(text).render({}) == text
