"""The engine of JSONata: jsonatapy, which is compiled, and where it has no wheel jsonata-python, which is not."""

from importlib import import_module
from typing import Any

try:
    _compiled: Any = import_module("jsonatapy")
except ImportError:
    _compiled = None


def compile_text(text: str) -> Any:
    """A compiled expression; ValueError where it does not parse."""
    if _compiled is not None:
        return _compiled.compile(text)
    from headwater.languages.jsonata_pure import PureExpression

    return PureExpression(text)
