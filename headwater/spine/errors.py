"""Errors as values of AWS's own shape; each wire protocol renders them at one place."""

from __future__ import annotations

from typing import Any


class AwsError(Exception):
    """An error that a client sees.

    ``code`` is the shape's name as SDKs match on it (``QueueDoesNotExist``), ``message`` the text,
    ``status`` the HTTP status, ``members`` further members of the error shape
    (``CancellationReasons``, ``BucketName``).
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        status: int = 400,
        *,
        sender_fault: bool | None = None,
        **members: Any,
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.sender_fault = status < 500 if sender_fault is None else sender_fault
        self.members = members

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code


def not_implemented(what: str) -> AwsError:
    """What we lack, by name: never a hollow success."""
    return AwsError("NotImplemented", f"{what} is not implemented by Headwater.", 501)


def internal_error() -> AwsError:
    """A fault of ours; the log has the traceback."""
    return AwsError("InternalFailure", "The request processing has failed because of an unknown error.", 500)
