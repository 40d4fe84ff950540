"""Where a text stops being JSON: the same place with every Python."""

from __future__ import annotations

import json

import pytest

from headwater.languages.json_errors import line_and_column, unexpected_at


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": \n 1,}', (2, 4)),
        ("[1, 2 , ]", (1, 9)),
        ('{"a":1,\n\n}', (3, 1)),
        ("[,]", (1, 2)),
        ('{"a":1 "b"}', (1, 8)),
        ('{"a"', (1, 5)),
    ],
)
def test_the_first_character_that_cannot_stand_there(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    assert line_and_column(text, unexpected_at(caught.value)) == place
    newer = json.JSONDecodeError("Illegal trailing comma before end of object", '{"a": 1, \n}', 7)
    assert line_and_column(newer.doc, unexpected_at(newer)) == (2, 1)
