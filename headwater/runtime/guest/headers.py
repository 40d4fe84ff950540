"""Headers in the botocore that we lend to functions, without what they cost there.

botocore keeps a request's headers in the standard library's e-mail messages, and then in a dictionary whose keys are
objects that compare and hash themselves in Python: a sixth of what a call executes. Both are replaced by classes of
theirs that answer the same.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import Any


def message_headers(usual: Any) -> Any:
    """``HTTPHeaders``: the policy of their e-mails allows any number of a header and stores it as it is."""

    class Headers(usual):  # type: ignore[misc]
        def __setitem__(self, name: str, value: Any) -> None:
            self._headers.append(self.policy.header_store_parse(name, value))

        def items(self) -> list[tuple[str, Any]]:
            fetched = self.policy.header_fetch_parse  # which changes only what is not ASCII
            return [
                (name, value if type(value) is str and value.isascii() else fetched(name, value))
                for name, value in self._headers
            ]

    return Headers


def headers_dictionary(usual: Any) -> Any:
    """``HeadersDict``, whose names are as they were first written, whatever their case."""

    class Headers(usual):  # type: ignore[misc]
        def __init__(self, *given: Any, **named: Any) -> None:
            self._names: dict[str, str] = {}
            self._values: dict[str, Any] = {}
            if named or len(given) != 1 or type(given[0]) not in (list, dict):
                self.update(*given, **named)
                return
            for name, value in given[0].items() if type(given[0]) is dict else given[0]:
                lower = name.lower()
                self._names.setdefault(lower, name)
                self._values[lower] = value

        def __setitem__(self, name: str, value: Any) -> None:
            lower = name.lower()
            self._names.setdefault(lower, name)
            self._values[lower] = value

        def __getitem__(self, name: str) -> Any:
            return self._values[name.lower()]

        def __delitem__(self, name: str) -> None:
            lower = name.lower()
            del self._values[lower], self._names[lower]

        def __iter__(self) -> Iterator[str]:
            return iter(self._names.values())

        def __contains__(self, name: object) -> bool:
            return isinstance(name, str) and name.lower() in self._values

        def __len__(self) -> int:
            return len(self._names)

        def __repr__(self) -> str:
            return repr(dict(self.items()))

        def copy(self) -> Any:
            return type(self)(self.items())

    return Headers


def install() -> None:
    """For the botocore that is loaded before the function is: ours. One that a function brings is let alone."""
    module: Any = sys.modules.get("botocore.awsrequest")
    if module is not None:
        module.HTTPHeaders = message_headers(module.HTTPHeaders)
        module.HeadersDict = headers_dictionary(module.HeadersDict)
    agents: Any = sys.modules.get("botocore.useragent")
    if agents is not None:  # letter by letter, for each part of each request's User-Agent
        sanitize = agents.sanitize_user_agent_string_component
        agents.sanitize_user_agent_string_component = lru_cache(maxsize=256)(sanitize)
