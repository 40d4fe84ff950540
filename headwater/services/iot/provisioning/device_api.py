"""What devices ask over MQTT with the certificate of a claim: a certificate of their own, and to be provisioned.

https://docs.aws.amazon.com/iot/latest/developerguide/fleet-provision-api.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

import cbor2
import orjson

from headwater.languages.mqtt.topics import ProvisioningRequest
from headwater.services.iot.broker.memory import broker_of
from headwater.services.iot.broker.messages import Publication, pack, unpack
from headwater.services.iot.broker.publishing import publish
from headwater.services.iot.certificates.authority import ensure_authority, find_authority
from headwater.services.iot.certificates.certificate import find_certificate, readable
from headwater.services.iot.certificates.certificates import PENDING, keep_issued
from headwater.services.iot.certificates.x509 import KeyPair, issue, issue_for_request, make_keys
from headwater.services.iot.functions import ask
from headwater.services.iot.provisioning import tables
from headwater.services.iot.provisioning.applying import apply
from headwater.services.iot.provisioning.body import BodyProblem, plan
from headwater.services.iot.provisioning.templates import Template, body_of, find_template, template_arn
from headwater.spine.deliveries import Delivery, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.work import Work

_HOOK_MILLISECONDS = 5_000
_CERTIFICATE_ID = "AWS::IoT::Certificate::Id"

Asked = Mapping[str, Any]
Answer = Callable[[Call], Result]


@operation("iot-mqtt", "AnswerProvisioning", internal=True)
def answer_provisioning(call: Call, request: Request) -> Result:
    """A device asks on one of the reserved topics; its answer comes on those below it.

    Request: Asked (`languages.mqtt.topics.ProvisioningRequest`), Payload, ClientId, Principal.
    """
    asked: ProvisioningRequest = request["Asked"]
    topic = f"{asked.prefix}/{asked.format}"
    left = {
        "topic": topic,
        "kind": asked.kind,
        "template": asked.template,
        "format": asked.format,
        "payload": pack(request["Payload"]),
        "client": request["ClientId"] or "",
        "claim": request["Principal"] or "",
    }
    call.deliver("iot.provisioning", left, target=topic)
    return {}


@delivery("iot.provisioning")
def answer(call: Call, item: Delivery) -> Coroutine[Any, Any, Callable[[Call], None]] | None:
    """The answer, accepted or rejected, is published in the transaction that makes what it tells of."""
    asked: Asked = item.payload
    call.span.subject = f"{broker_of(call).prefix}topic/{asked['topic']}"
    assert call.work is not None
    try:
        given = _given(asked)
        if asked["kind"] != "provision":
            return _certify(call.work, asked, given)
        template, certificate = _checked(call, asked, given)
        return _provision(call.work, asked, _hook_event(call, template, certificate, asked, given), template)
    except AwsError as error:
        _reject(asked, error, call)
        return None


def _given(asked: Asked) -> dict[str, Any]:
    payload = unpack(asked["payload"])
    if not payload:
        return {}
    try:
        given = orjson.loads(payload) if asked["format"] == "json" else cbor2.loads(payload)
    except (orjson.JSONDecodeError, cbor2.CBORDecodeError, ValueError, EOFError):
        given = None
    if not isinstance(given, dict):
        raise AwsError("InvalidPayload", f"The payload is not an object in {asked['format'].upper()}.")
    return given


# ---- certificates


async def _certify(work: Work, asked: Asked, given: Mapping[str, Any]) -> Callable[[Call], None]:
    await ensure_authority(work)
    if asked["kind"] == "create":
        return partial(_conclude, asked, partial(_with_keys, await asyncio.to_thread(make_keys)))
    return partial(_conclude, asked, partial(_from_request, given.get("certificateSigningRequest")))


def _with_keys(keys: KeyPair, call: Call) -> Result:
    return _pending(call, issue(*_authority(call), keys.private)) | {"privateKey": keys.private}


def _from_request(text: Any, call: Call) -> Result:
    if not isinstance(text, str) or not text:
        raise AwsError("InvalidCertificateSigningRequest", "Certificate signing request cannot be empty.")
    authority = _authority(call)
    return _pending(call, readable(lambda: issue_for_request(*authority, text), "InvalidCertificateSigningRequest"))


def _authority(call: Call) -> tuple[str, str]:
    return find_authority(call) or ("", "")


def _pending(call: Call, pem: str) -> Result:
    """A certificate that is ACTIVE once its device is provisioned; the token says that it is the device's."""
    made, token = keep_issued(call, pem, PENDING), call.ids.token(256)
    call.store.run(tables.INSERT_TOKEN, (call.account, call.region, token, made["certificateId"]))
    return {
        "certificateId": made["certificateId"],
        "certificatePem": pem,
        "certificateOwnershipToken": token,
    }


# ---- things


def _checked(call: Call, asked: Asked, given: Mapping[str, Any]) -> tuple[Template, str]:
    """The template, which is enabled, and the id of the certificate that the token stands for."""
    token = given.get("certificateOwnershipToken")
    if not token:
        raise AwsError("InvalidCertificateOwnershipToken", "Certificate ownership token cannot be empty.")
    parameters = given.get("parameters") or {}
    if not isinstance(parameters, dict) or not all(isinstance(value, str) for value in parameters.values()):
        raise AwsError("InvalidParameters", "The parameters must be names with texts.")
    row = call.store.one(tables.TOKEN, (call.account, call.region, str(token)))
    if row is None:
        raise _invalid_token()
    template = find_template(call, asked["template"])
    if not template.document["enabled"]:
        raise AwsError("InvalidTemplate", f"The provisioning template {template.name} is not enabled.")
    return template, row[0]


def _invalid_token() -> AwsError:
    return AwsError("InvalidCertificateOwnershipToken", "Certificate ownership token is invalid.")


def _hook_event(
    call: Call, template: Template, certificate: str, asked: Asked, given: Mapping[str, Any]
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/iot/latest/developerguide/pre-provisioning-hook.html"""
    return {
        "claimCertificateId": asked["claim"],
        "certificateId": certificate,
        "certificatePem": find_certificate(call, certificate).pem,
        "templateArn": template_arn(call, template.name),
        "clientId": asked["client"],
        "parameters": given.get("parameters") or {},
    }


async def _provision(work: Work, asked: Asked, event: dict[str, Any], template: Template) -> Callable[[Call], None]:
    parameters = event["parameters"] | {_CERTIFICATE_ID: event["certificateId"]}
    hook = template.document.get("preProvisioningHook")
    try:
        if hook:
            parameters |= await _allowed(work, hook["targetArn"], event)
    except AwsError as error:
        return partial(_reject, asked, error)
    token = _given(asked)["certificateOwnershipToken"]
    request = {"Template": template.name, "Parameters": parameters, "Token": token}
    return partial(_conclude, asked, partial(_ask_to_provision, request))


async def _allowed(work: Work, function: str, event: dict[str, Any]) -> dict[str, str]:
    """What the hook has put in place of parameters; AccessDenied where it does not let the device in."""
    try:
        told = await work.within(_HOOK_MILLISECONDS, ask(work, function, event, "pre-provisioning hook's"))
    except TimeoutError as error:
        raise AwsError("AccessDenied", "The pre-provisioning hook has not answered in time.", 403) from error
    except AwsError as error:
        raise AwsError("AccessDenied", error.message, 403) from error
    if told.get("allowProvisioning") is not True:
        raise AwsError("AccessDenied", "The pre-provisioning hook does not allow it.", 403)
    return {name: str(value) for name, value in (told.get("parameterOverrides") or {}).items()}


def _ask_to_provision(request: Request, call: Call) -> Result:
    return call.operation("iot-mqtt", "ProvisionThing", request)


@operation("iot-mqtt", "ProvisionThing", internal=True)
def provision_thing(call: Call, request: Request) -> Result:
    """All of it or nothing. Request: Template, Parameters, Token. Result: the answer to the device."""
    template = find_template(call, request["Template"])
    if not call.store.run(tables.DELETE_TOKEN, (call.account, call.region, request["Token"])):
        raise _invalid_token()
    try:
        planned = plan(body_of(call, template), request["Parameters"])
        made = apply(call, planned)
    except BodyProblem as problem:
        raise AwsError("InvalidParameters", str(problem)) from problem
    named = {} if made.thing is None else {"thingName": made.thing}
    return {"deviceConfiguration": planned.configuration} | named


# ---- answers


def _conclude(asked: Asked, make: Answer, call: Call) -> None:
    try:
        answer = make(call)
    except AwsError as error:
        _reject(asked, error, call)
    else:
        _tell(call, asked, "accepted", answer)


def _reject(asked: Asked, error: AwsError, call: Call) -> None:
    call.span.note("rejected", f"{error.code}: {error.message}")
    code = error.code.removesuffix("Exception")
    told = {"statusCode": error.status, "errorCode": code, "errorMessage": error.message}
    _tell(call, asked, "rejected", told)


def _tell(call: Call, asked: Asked, outcome: str, document: Result) -> None:
    payload = orjson.dumps(document) if asked["format"] == "json" else cbor2.dumps(document)
    publish(call, broker_of(call), Publication(f"{asked['topic']}/{outcome}", payload))
