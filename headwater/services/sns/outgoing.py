"""Requests that SNS sends to HTTP endpoints."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from headwater.spine.deliveries import Failed
from headwater.spine.outgoing import NOTED_BYTES, Unreachable, note_answer, send
from headwater.spine.spans import Span

# https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html
_TIMEOUT = 15.0
_PATIENCE = 0.5  # the status is what counts; its text is for whoever asks why
AGENT = "Amazon Simple Notification Service Agent"


async def post(span: Span, url: str, headers: Mapping[str, str], body: str) -> None:
    """POST to an endpoint; Failed unless it answers 200 to 299 within 15 seconds. Redirects are not followed. The span
    tells of the answer."""
    parts = urlsplit(url)
    sent = {"User-Agent": AGENT, "Content-Type": "text/plain; charset=UTF-8", "Accept-Encoding": "gzip,deflate"}
    sent |= headers
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        sent["Authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
    try:
        answer = await send("POST", url, sent, body.encode(), seconds=_TIMEOUT, most=NOTED_BYTES, patience=_PATIENCE)
    except Unreachable as error:
        raise Failed("ConnectionError", error.message) from error
    note_answer(span, answer.status, answer.body)
    if not 200 <= answer.status < 300:
        # what the endpoint says it will never take is not sent again; 429 means later
        retry = answer.status >= 500 or answer.status == 429
        raise Failed("HttpError", f"The endpoint answered {answer.status}.", retry=retry)
