"""How a function is called and from which version of the language it is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from headwater.languages.iot_sql.values import Value

VERSION_1 = "2015-10-08"
VERSION_2 = "2016-03-23"


class Function(NamedTuple):
    """`call` takes the arguments' values, after the `Message` where `wants_message` is set."""

    call: Callable[..., Value]
    fewest: int
    most: int
    since: str = VERSION_1
    wants_message: bool = False
