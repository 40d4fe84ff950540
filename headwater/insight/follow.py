"""What happens, as it happens: each span as a line of JSON once it is committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from headwater.spine.engine import Engine
from headwater.spine.spans import Span

SPANS = "spans"


def follow(engine: Engine, query: Mapping[str, str], send: Callable[[bytes], None]) -> Callable[[], None]:
    """Send every span that ends from now on; the returned function stops it."""

    def heard(spans: object) -> None:
        assert isinstance(spans, list)
        lines = b"".join(orjson.dumps(_line(span), default=str) + b"\n" for span in spans if span.outcome is not None)
        if lines:
            send(lines)

    return engine.listen(SPANS, heard)


def _line(span: Span) -> dict[str, Any]:
    return {
        "id": f"{span.id:016x}",
        "trace": span.trace,
        "parent": f"{span.parent:016x}" if span.parent is not None else None,
        "kind": span.kind,
        "name": span.name,
        "subject": span.subject,
        "account": span.account,
        "region": span.region,
        "started": span.started,
        "duration": span.duration,
        "outcome": span.outcome,
        "notes": span.notes or {},
    }
