"""What two executions are told to differ in."""

import pytest

from headwater.languages.asl.comparison import compare
from headwater.languages.asl.visits import Visit


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ('{"a":1}', '{"a":1}', ""),
        ('{"a":null}', "{}", "input.a: null | absent"),
        ('{"a":{"b":1}}', '{"a":{"b":1,"c":[]}}', "input.a.c: absent | []"),
        ("[1,2]", "[1,null]", "input[1]: 2 | null"),
    ],
)
def test_the_first_field_that_differs_is_told(first: str, second: str, why: str) -> None:
    (row,) = compare([Visit("S", "Pass", 0, first)], [Visit("S", "Pass", 0, second)])
    assert row.why == why
