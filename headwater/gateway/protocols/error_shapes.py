"""What a model says of its errors: wire code, HTTP status, the name of the message member."""

from __future__ import annotations

from typing import Any

from headwater.spine.errors import AwsError
from headwater.spine.models import Model

_SQS = "AWS.SimpleQueueService."
_SQS_QUERY_CODES = {
    "QueueDoesNotExist": _SQS + "NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    **{
        code: _SQS + code
        for code in (
            "BatchEntryIdsNotDistinct",
            "BatchRequestTooLong",
            "EmptyBatchRequest",
            "InvalidBatchEntryId",
            "MessageNotInflight",
            "PurgeQueueInProgress",
            "QueueDeletedRecently",
            "TooManyEntriesInBatchRequest",
            "UnsupportedOperation",
        )
    },
    "KmsAccessDenied": "KMS.AccessDeniedException",
    "KmsDisabled": "KMS.DisabledException",
    "KmsInvalidKeyUsage": "KMS.InvalidKeyUsageException",
    "KmsInvalidState": "KMS.InvalidStateException",
    "KmsNotFound": "KMS.NotFoundException",
    "KmsOptInRequired": "KMS.OptInRequired",
    "KmsThrottled": "KMS.ThrottlingException",
}
"""The codes of SQS's older protocol, which its present model no longer tells."""

_QUERY_CODES = {"ValidationException": "ValidationError"}
"""The front end's own error, as it is called where a model does not have it."""


class ErrorShapes:
    """Looks errors up by the code that a service raised: a shape's name, or already a wire code."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._query_codes = _SQS_QUERY_CODES if model.name == "sqs" else _QUERY_CODES

    def query_code(self, code: str) -> str:
        """The code as the query protocol writes it (``NotFound`` for ``NotFoundException`` in SNS)."""
        modelled = self._traits(code).get("code")
        return str(modelled) if modelled else self._query_codes.get(code, code)

    def status(self, error: AwsError) -> int:
        """The HTTP status: the model's, unless the service chose another one than the default 400."""
        return int(self._traits(error.code).get("httpStatusCode", 400)) if error.status == 400 else error.status

    def message_key(self, code: str) -> str:
        """``Message`` where the error's shape says so, else ``message``."""
        return "Message" if "Message" in self._members(code) else "message"

    def has_member(self, code: str, name: str) -> bool:
        """Whether the error's shape has such a member."""
        return name in self._members(code)

    def _members(self, code: str) -> dict[str, Any]:
        members: dict[str, Any] = self._model.shapes.get(code, {}).get("members", {})
        return members

    def _traits(self, code: str) -> dict[str, Any]:
        traits: dict[str, Any] = self._model.shapes.get(code, {}).get("error", {})
        return traits
