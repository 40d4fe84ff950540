"""Deleting secrets: after a time in which they can be had back, or at once.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html
"""

from __future__ import annotations

from headwater.services.secretsmanager import tables
from headwater.services.secretsmanager.errors import invalid_parameter, not_found
from headwater.services.secretsmanager.rotation import forget_rotation
from headwater.services.secretsmanager.secret import A_DAY, Secret, find_secret, look_up
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.operations import Call, Request, Result, operation

_DAYS = 30


@operation("secretsmanager", "DeleteSecret")
def delete_secret(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html"""
    days, at_once = request.get("RecoveryWindowInDays"), request.get("ForceDeleteWithoutRecovery")
    if days is not None and at_once:
        raise invalid_parameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
    if days is not None and not 7 <= days <= _DAYS:
        raise invalid_parameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).")
    secret = look_up(call, request["SecretId"])
    if secret is None:
        if at_once:
            # AWS answers as if it had been there
            return {"ARN": request["SecretId"], "Name": request["SecretId"], "DeletionDate": call.now}
        raise not_found()
    if at_once:
        _remove(call, secret)
        return {"ARN": secret.arn, "Name": secret.name, "DeletionDate": call.now}
    find_secret(call, secret.arn)
    due = call.now + (days or _DAYS) * A_DAY
    timer = call.deliver("secretsmanager.deletion", {"secret": secret.arn}, target=secret.arn, due=due)
    call.store.run(tables.SET_DELETED, (due, timer, secret.arn))
    return {"ARN": secret.arn, "Name": secret.name, "DeletionDate": due}


@operation("secretsmanager", "RestoreSecret")
def restore_secret(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RestoreSecret.html"""
    secret = find_secret(call, request["SecretId"], deleted=True)
    if secret.timer is not None:
        call.cancel(secret.timer)
    call.store.run(tables.SET_DELETED, (None, None, secret.arn))
    return {"ARN": secret.arn, "Name": secret.name}


@delivery("secretsmanager.deletion")
def end_of_recovery(call: Call, item: Delivery) -> None:
    secret = look_up(call, item.payload["secret"])
    if secret is not None and secret.deleted is not None:
        _remove(call, secret)


def _remove(call: Call, secret: Secret) -> None:
    if secret.timer is not None:
        call.cancel(secret.timer)
    forget_rotation(call, secret.arn)
    call.store.run(tables.DELETE_VERSIONS, (secret.arn,))
    call.store.run(tables.DELETE, (secret.arn,))
