"""What the rooms answer from: the engine, and how the server was started."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from headwater.spine.engine import Engine

ITS_NAMES: Mapping[str, str] = MappingProxyType({"states": "stepfunctions", "monitoring": "cloudwatch"})
"""Our names of services to LocalStack's, where it has others."""


def our_name(name: str) -> str:
    """The name here of a service that LocalStack's users know by ``name``."""
    return next((ours for ours, its in ITS_NAMES.items() if its == name), name)


@dataclass
class Script:
    """A script of the user's, run at a stage of the server's life. ``state``: UNKNOWN, RUNNING, SUCCESSFUL, ERROR."""

    stage: str
    name: str
    state: str = "UNKNOWN"


@dataclass
class Startup:
    """How far the server has come. ``began`` in ms; ``ready`` once its scripts are done, whatever became of them."""

    began: int = 0
    ready: bool = True
    scripts: list[Script] = field(default_factory=list)


class Host(NamedTuple):
    """Who is asked."""

    engine: Engine
    startup: Startup


Answer = Callable[[Host, Mapping[str, str], Any], Awaitable[Any]]
Pages = Mapping[tuple[str, str], Answer]
"""Method and path to what answers; nothing but None is answered by 204."""
