"""Rotating secrets: a function of the user's own makes, sets, tests and finishes a new version.

Each rotation is one delivery, which asks the function for the four steps one after the other; where one of them fails,
or the process dies, it begins anew with the first, as AWS retries the whole. A function that begins by looking whether
its step is done, as AWS's templates do, may be asked twice.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import orjson

from headwater.services.secretsmanager import tables
from headwater.services.secretsmanager.errors import (
    cannot_invoke,
    invalid_request,
    rotation_incomplete,
    version_exists,
)
from headwater.services.secretsmanager.rotation import Rotation, find_rotation, save_rotation, scheduled
from headwater.services.secretsmanager.rotation_rules import check_rules, next_window
from headwater.services.secretsmanager.secret import (
    CURRENT,
    PENDING,
    Secret,
    Version,
    find_secret,
    find_version,
    look_up,
    staged,
    versions_of,
)
from headwater.services.secretsmanager.stages import move_stage
from headwater.services.secretsmanager.telling import ABANDONED, FAILED, STARTED, SUCCEEDED, tell
from headwater.spine.admission import NOTE, Visitor, refusal
from headwater.spine.arns import Arn, parse_arn
from headwater.spine.deliveries import Again, Delivery, Exhausted, Failed, Policy, delivery
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Answer, Call, Request, Result, operation
from headwater.spine.work import Work

_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
# AWS says "multiple times", and not when
_RETRIES = Policy(attempts=5, backoff=60_000)
_EXTERNAL = ("ExternalSecretRotationMetadata", "ExternalSecretRotationRoleArn")


@operation("secretsmanager", "RotateSecret")
def rotate_secret(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html"""
    for member in _EXTERNAL:
        if request.get(member):
            raise not_implemented(f"{member} of RotateSecret: managed external secrets")
    secret = find_secret(call, request["SecretId"])
    token = request.get("ClientRequestToken") or call.ids.uuid()
    rotation = _configured(call, secret, request)
    pending = _unfinished(call, secret)
    if pending is not None:
        if pending.id == token == rotation.version:
            return {"ARN": secret.arn, "Name": secret.name, "VersionId": token}
        raise rotation_incomplete()
    if find_version(call, secret, token) is not None:
        raise version_exists(token, secret.arn)
    at_once = request.get("RotateImmediately")
    rotation = _begun(call, secret, scheduled(call, secret.arn, rotation), token, test=at_once is False)
    save_rotation(call, secret.arn, rotation)
    call.store.run(tables.TOUCH, (call.now, secret.arn))
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": None if at_once is False else token}


def _configured(call: Call, secret: Secret, request: Request) -> Rotation:
    """What the request changes of the rotation, and what was kept of it."""
    former = find_rotation(call, secret.arn)
    function = request.get("RotationLambdaARN") or (former.function if former else "")
    if not function:
        raise invalid_request("No Lambda rotation function ARN is associated with this secret.")
    _check_function(call, secret, function)
    rules = {name: value for name, value in (request.get("RotationRules") or {}).items() if value is not None}
    if rules:
        check_rules(rules)
    if former is None:
        former = Rotation(function, None, 1, None, None, None, None, None)
    kept = orjson.dumps(rules).decode() if rules else former.rules
    return former._replace(function=function, rules=kept, enabled=1)


def _check_function(call: Call, secret: Secret, function: str) -> None:
    arn = parse_arn(function)
    if arn is None or arn.service != "lambda":
        raise cannot_invoke()
    try:
        call.operation("lambda", "GetFunctionConfiguration", {"FunctionName": function}, arn.account, arn.region)
    except AwsError:
        raise cannot_invoke() from None
    why = refusal(call, function, Visitor("secretsmanager", secret.arn, call.account))
    if why is not None and call.engine.enforces_policies:
        raise cannot_invoke()
    if why is not None:
        call.span.note(NOTE, why)


def _unfinished(call: Call, secret: Secret) -> Version | None:
    """The version that a rotation, or somebody by hand, has begun and not made the current one."""
    pending = staged(versions_of(call, secret), PENDING)
    return None if pending is None or CURRENT in pending.stages else pending


def _begun(call: Call, secret: Secret, rotation: Rotation, token: str, test: bool = False) -> Rotation:
    """With a delivery on its way that rotates. The version is there from the beginning, empty; in a test, which is
    asked of a configuration that rotates only later, it has the current value."""
    if find_version(call, secret, token) is None:
        current = staged(versions_of(call, secret), CURRENT) if test else None
        value = (current.text, current.data) if current else (None, None)
        call.store.run(tables.INSERT_VERSION, (secret.arn, token, *value, "[]", call.now))
        move_stage(call, secret, PENDING, token)
    payload = {"secret": secret.arn, "version": token, "token": call.ids.uuid(), "test": test}
    policy = _RETRIES._replace(attempts=1) if test else _RETRIES
    if not test:
        tell(call, STARTED, secret.arn, token)
    job = call.deliver("secretsmanager.rotate", payload, target=rotation.function, policy=policy)
    return rotation._replace(job=job, version=token)


@operation("secretsmanager", "CancelRotateSecret")
def cancel_rotate_secret(call: Call, request: Request) -> Result:
    """What was begun stays as it is, labels included.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CancelRotateSecret.html"""
    secret = find_secret(call, request["SecretId"])
    rotation = find_rotation(call, secret.arn)
    if rotation is None:
        raise invalid_request(
            "You tried to enable rotation on a secret that doesn't already have a Lambda function ARN configured "
            "and you didn't include such an ARN as a parameter in this call."
        )
    if rotation.job is not None:
        call.cancel(rotation.job)
    off = scheduled(call, secret.arn, rotation._replace(enabled=0))
    save_rotation(call, secret.arn, off._replace(job=None, version=None))
    call.store.run(tables.TOUCH, (call.now, secret.arn))
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": rotation.version}


@delivery("secretsmanager.rotation")
def window_opens(call: Call, item: Delivery) -> Again | None:
    """Begin what is due. One that is still under way goes on, and one that was given up is tried again."""
    secret = look_up(call, item.payload["secret"])
    rotation = find_rotation(call, item.payload["secret"])
    if secret is None or rotation is None or not rotation.enabled:
        return None
    call.span.subject = secret.arn
    if secret.deleted is None and rotation.job is None:
        pending = _unfinished(call, secret)
        rotation = _begun(call, secret, rotation, pending.id if pending else call.ids.uuid())
        save_rotation(call, secret.arn, rotation)
    following = next_window(rotation.rule_map, call.now)
    return None if following is None else Again(following.start)


def _gave_up(call: Call, item: Delivery, why: Exhausted) -> None:
    """The version keeps its label, so that whoever rotates next is told."""
    call.span.note("rotation failed", why.message or why.code)
    secret, rotation = look_up(call, item.payload["secret"]), find_rotation(call, item.payload["secret"])
    if rotation is None or secret is None:
        return
    if item.payload["test"]:
        _drop_tested(call, secret, item.payload["version"])
        rotation = rotation._replace(version=None)
    save_rotation(call, secret.arn, rotation._replace(job=None))


def _drop_tested(call: Call, secret: Secret, version: str) -> None:
    call.store.run(tables.DELETE_VERSION, (secret.arn, version))


@delivery("secretsmanager.rotate", exhausted=_gave_up)
def rotate(call: Call, item: Delivery) -> Coroutine[Any, Any, Callable[[Call], None]]:
    call.span.subject = item.payload["secret"]
    call.span.note("version", item.payload["version"])
    return _rotate(call.work, item)


async def _rotate(work: Work, item: Delivery) -> Callable[[Call], None]:
    steps = ("testSecret",) if item.payload["test"] else _STEPS
    for step in steps:
        try:
            await work.operation("secretsmanager", "RunRotationStep", {**item.payload, "step": step})
        except AwsError as error:
            await work.transact(_tell_of_failure, item, step, error)
            if error.code == ABANDONED:
                raise Failed(error.code, error.message, retry=False) from None
            raise
    return lambda call: _finish(call, item)


def _tell_of_failure(call: Call, item: Delivery, step: str, error: AwsError) -> None:
    secret, version = item.payload["secret"], item.payload["version"]
    if error.code == ABANDONED:
        tell(call, ABANDONED, secret, version)
    else:
        tell(call, FAILED, secret, version, f"Error when executing lambda {item.target} during {step} step")


@operation("secretsmanager", "RunRotationStep", internal=True)
def run_rotation_step(call: Call, request: Request) -> Answer:
    """Ask the function for one step: ``secret``, ``version``, ``token``, ``step``. AwsError where it fails."""
    secret, rotation = look_up(call, request["secret"]), find_rotation(call, request["secret"])
    version = find_version(call, secret, request["version"]) if secret else None
    call.span.subject = request["secret"]
    call.span.note("step", request["step"])
    if secret is None or rotation is None or version is None or not {PENDING, CURRENT} & set(version.stages):
        raise AwsError(ABANDONED, "The label AWSPENDING was taken off the version that is being rotated.")
    event = {
        "Step": request["step"],
        "SecretId": secret.arn,
        "ClientRequestToken": version.id,
        "RotationToken": request["token"],
    }
    arn = parse_arn(rotation.function)
    assert arn is not None  # checked where it was given
    return _invoke(call.work, arn, event)


async def _invoke(work: Work, function: Arn, event: dict[str, str]) -> Result:
    request = {"FunctionName": str(function), "Payload": orjson.dumps(event)}
    answer = await work.operation("lambda", "Invoke", request, function.account, function.region)
    if answer.get("FunctionError"):
        raise AwsError(FAILED, f"{event['Step']} failed: {_told(bytes(answer['Payload']))}")
    return {}


def _told(payload: bytes) -> str:
    """What a function's error says."""
    try:
        told = orjson.loads(payload)
        return f"{told['errorType']}: {told['errorMessage']}"
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return payload.decode(errors="replace")


def _finish(call: Call, item: Delivery) -> None:
    """The rotation has succeeded where its version is the current one; the next is reckoned from now."""
    secret, rotation = look_up(call, item.payload["secret"]), find_rotation(call, item.payload["secret"])
    if secret is None or rotation is None:
        return
    if item.payload["test"]:
        _drop_tested(call, secret, item.payload["version"])
        save_rotation(call, secret.arn, rotation._replace(job=None, version=None))
        return
    version = find_version(call, secret, item.payload["version"])
    if version is None or CURRENT not in version.stages:
        raise Failed(FAILED, f"finishSecret has left {item.payload['version']} without the label {CURRENT}.")
    rotation = rotation._replace(rotated=call.now, job=None, version=None)
    save_rotation(call, secret.arn, scheduled(call, secret.arn, rotation))
    call.store.run(tables.TOUCH, (call.now, secret.arn))
    call.span.note("rotation", "succeeded")
    tell(call, SUCCEEDED, secret.arn, version.id)
