"""The engine of JSONata: jsonatapy, which is compiled, and where it has no wheel jsonata-python, which is not."""

from typing import Any

try:
    from jsonatapy import compile as compile_text
except ImportError:
    from headwater.languages.jsonata_pure import PureExpression

    def compile_text(text: str) -> Any:
        """A compiled expression; ValueError where it does not parse."""
        return PureExpression(text)


__all__ = ["compile_text"]
