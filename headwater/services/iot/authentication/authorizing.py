"""Asking a custom authorizer's function whether a client may connect, and what it may do then.

https://docs.aws.amazon.com/iot/latest/developerguide/custom-authentication.html
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from headwater.languages.mqtt.packets import Connect
from headwater.services.iot.authentication import tables
from headwater.services.iot.errors import unauthorized
from headwater.services.iot.functions import ask
from headwater.services.iot.policies.policy import PolicyError, compile_policy
from headwater.spine.operations import Call, Request
from headwater.spine.work import Work

NAME_KEY = "x-amz-customauthorizer-name"
SIGNATURE_KEY = "x-amz-customauthorizer-signature"
_SHORTEST_LIFE, _LONGEST_LIFE = 300, 86_400
_MOST_POLICIES = 10


class Identity(NamedTuple):
    """Who a client is: `policies` as JSON text (None: it may do everything), `lifetime` in seconds."""

    principal: str
    policies: str | None
    lifetime: int | None


def authorizer_home(call: Call, request: Request) -> tuple[str, str] | None:
    """The account and region of the authorizer that an unsigned CONNECT names, where they are not the call's own.

    On AWS the host name tells them; ours is one for all.
    """
    name = _parameters(request).get(NAME_KEY)
    if name is None or request["Signed"]:
        return None
    homes = call.store.all(tables.AUTHORIZER_HOMES, (name,))
    return None if not homes or (call.account, call.region) in homes else homes[0]


def authorizer_for(call: Call, request: Request) -> dict[str, Any] | None:
    """The authorizer that must be asked about a CONNECT: the one it names, else the default; None: nobody.

    Connections that are signed with AWS credentials, and those of an account without authorizers, are taken as
    they come: permissions of identities are not checked yet.
    """
    name = _parameters(request).get(NAME_KEY)
    if name is None:
        row = None if request["Signed"] else call.store.one(tables.DEFAULT_AUTHORIZER, (call.account, call.region))
        if row is None:
            return None
        name = row[0]
    found = call.store.one(tables.AUTHORIZER, (call.account, call.region, name))
    if found is None or found[1] != "ACTIVE":
        raise unauthorized(f"There is no active authorizer {name}.")
    authorizer: dict[str, Any] = orjson.loads(found[0])
    return authorizer


async def authorize(work: Work, request: Request, authorizer: dict[str, Any]) -> Identity:
    """The function's answer about a CONNECT. UnauthorizedException where it, or the token's signature, says no."""
    parameters = _parameters(request)
    token = check_token(authorizer, parameters.get(authorizer.get("tokenKeyName", "")), parameters.get(SIGNATURE_KEY))
    packet: Connect = request["Packet"]
    mqtt = {
        "username": packet.username,
        "password": None if packet.password is None else base64.b64encode(packet.password).decode(),
        "clientId": packet.client_id,
    }
    data: dict[str, Any] = {
        "tls": {"serverName": request["ServerName"]},
        "mqtt": {key: value for key, value in mqtt.items() if value is not None},
    }
    if request["Http"] is not None:
        data["http"] = {
            "headers": request["Http"]["Headers"],
            "queryString": f"?{request['Http']['QueryString']}",
        }
    event = {
        **({"token": token} if token is not None else {}),
        "signatureVerified": token is not None and not authorizer.get("signingDisabled"),
        "protocols": [name for name in ("tls", "http", "mqtt") if name in data],
        "protocolData": data,
        "connectionMetadata": {"id": request["ConnectionId"]},
    }
    return identity_of(await ask(work, authorizer["authorizerFunctionArn"], event))


def identity_of(answer: Mapping[str, Any]) -> Identity:
    """What an authorizer's answer makes of a client."""
    if answer.get("isAuthenticated") is not True:
        raise unauthorized("The authorizer did not authenticate the client.")
    principal, documents = answer.get("principalId"), answer.get("policyDocuments")
    if not isinstance(principal, str) or not principal.isalnum() or len(principal) > 128:
        raise unauthorized("The authorizer's principalId must be 1 to 128 letters and digits.")
    if not isinstance(documents, list) or not 1 <= len(documents) <= _MOST_POLICIES:
        raise unauthorized(f"The authorizer must answer with 1 to {_MOST_POLICIES} policyDocuments.")
    try:
        compile_policy(documents, {})
    except PolicyError as error:
        raise unauthorized(f"The authorizer's policy is not valid: {error}") from error
    lifetime = answer.get("disconnectAfterInSeconds")
    if isinstance(lifetime, int):
        lifetime = min(max(lifetime, _SHORTEST_LIFE), _LONGEST_LIFE)
    return Identity(principal, orjson.dumps(documents).decode(), lifetime if isinstance(lifetime, int) else None)


def check_token(authorizer: Mapping[str, Any], token: str | None, signature: str | None) -> str | None:
    """The token, its signature checked with the authorizer's keys unless it signs nothing."""
    if authorizer.get("signingDisabled"):
        return token
    if token is None or signature is None:
        raise unauthorized("The token or its signature is missing.")
    try:
        signed = base64.b64decode(signature, validate=True)
    except ValueError as error:
        raise unauthorized("The token's signature is not base64.") from error
    for text in authorizer.get("tokenSigningPublicKeys", {}).values():
        key = load_pem_public_key(text.encode())
        if isinstance(key, RSAPublicKey) and _verifies(key, signed, token):
            return token
    raise unauthorized("The token's signature does not verify.")


def _verifies(key: RSAPublicKey, signature: bytes, token: str) -> bool:
    try:
        key.verify(signature, token.encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _parameters(request: Request) -> dict[str, str]:
    """What the client says to authorizers: HTTP headers, the query string, the query string of its user name."""
    packet: Connect = request["Packet"]
    parameters: dict[str, str] = {}
    if packet.username is not None:
        parameters |= _query(packet.username.partition("?")[2])
    if request["Http"] is not None:
        parameters |= request["Http"]["Headers"]
        parameters |= _query(request["Http"]["QueryString"])
    return {name.lower() if name.lower().startswith("x-amz-") else name: value for name, value in parameters.items()}


def _query(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}
