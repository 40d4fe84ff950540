"""What EventBridge is told of rotations, as CloudTrail records events that nobody has called for.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/monitoring-cloudtrail.html
"""

from __future__ import annotations

from headwater.spine.operations import Call
from headwater.spine.timestamps import iso8601_seconds

STARTED, SUCCEEDED = "RotationStarted", "RotationSucceeded"
FAILED, ABANDONED = "RotationFailed", "RotationAbandoned"
_SERVICE = "secretsmanager.amazonaws.com"


def tell(call: Call, name: str, secret: str, version: str, error: str | None = None) -> None:
    """``name``: one of those above; ``secret``: its ARN; ``error``: what went wrong."""
    detail = {
        "eventVersion": "1.08",
        "userIdentity": {"accountId": call.account, "invokedBy": _SERVICE},
        "eventTime": iso8601_seconds(call.now),
        "eventSource": _SERVICE,
        "eventName": name,
        "awsRegion": call.region,
        "sourceIPAddress": _SERVICE,
        "userAgent": _SERVICE,
        **({"errorMessage": error} if error else {}),
        "requestParameters": None,
        "responseElements": None,
        "additionalEventData": {"SecretId": secret},
        "requestID": f"Rotation-{secret}-{version}",
        "eventID": call.ids.uuid(),
        "readOnly": False,
        "eventType": "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": call.account,
        "eventCategory": "Management",
    }
    event = {"Source": "aws.secretsmanager", "DetailType": "AWS Service Event via CloudTrail", "Detail": detail}
    call.operation("events", "PutServiceEvent", event)
