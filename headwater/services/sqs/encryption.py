"""Queues with a key of KMS: one that is missing, disabled or about to go lets no message in or out.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
"""

from __future__ import annotations

from headwater.services.sqs.queue import Queue
from headwater.spine.encryption_keys import usable_key
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call

_CODES = (
    ("AccessDeniedException", "KmsAccessDenied"),
    ("DisabledException", "KmsDisabled"),
    ("InvalidKeyUsageException", "KmsInvalidKeyUsage"),
    ("KMSInvalidStateException", "KmsInvalidState"),
    ("UnsupportedOperationException", "KmsInvalidKeyUsage"),
)


def check_key(call: Call, queue: Queue, key: str, actions: tuple[str, ...]) -> None:
    """AwsError unless the queue's key can be used, and who calls may do these actions of KMS's with it."""
    usable_key(call, key, actions, _refusal, account=queue.account)


def _refusal(error: AwsError) -> AwsError:
    return AwsError(dict(_CODES).get(error.code, "KmsNotFound"), error.message)
