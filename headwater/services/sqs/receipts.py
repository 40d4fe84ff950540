"""Receipt handles: they name a message and the receipt of it."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import NamedTuple

from headwater.services.sqs.errors import invalid_receipt_handle, missing_parameter


class Receipt(NamedTuple):
    """The queue, the message, which of its receipts this is, from 1, and when it was (ms)."""

    queue: int
    message: int
    received: int
    at: int = 0


def write_handle(queue: int, message: int, received: int, at: int) -> str:
    return b64encode(b"AQEB/%x/%x/%x/%x" % (queue, message, received, at)).decode()


def read_handle(handle: str | None, queue: int) -> Receipt:
    """The receipt of a handle; AwsError where it is none, or of another queue."""
    if not handle:
        raise missing_parameter("ReceiptHandle")
    try:
        mark, *numbers = b64decode(handle, validate=True).split(b"/")
        receipt = Receipt(*(int(number, 16) for number in numbers))
    except (binascii.Error, ValueError, TypeError):
        raise invalid_receipt_handle(handle) from None
    if mark != b"AQEB" or receipt.queue != queue or max(receipt) >= 2**63 or min(receipt) < 0:
        raise invalid_receipt_handle(handle)
    return receipt
