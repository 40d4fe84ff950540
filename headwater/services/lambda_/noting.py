"""What the span of a function's run tells: what it was given, what it gave back, how it failed."""

from __future__ import annotations

from headwater.spine.functions import Invocation, InvocationResult
from headwater.spine.spans import Span, kept, shortened


def note_run(span: Span, invocation: Invocation, result: InvocationResult) -> None:
    span.note("requestId", invocation.request_id)
    span.note("input", kept(invocation.payload.decode("utf-8", "replace")))
    span.note("output", shortened(result.payload.decode("utf-8", "replace")))
    if result.error_type is not None:
        span.note("functionError", result.error_type)
