"""Authorising a request by a connection: its credentials, its parameters, and the tokens of OAuth servers.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Coroutine, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import orjson

from headwater.services.events import connection_tables as tables
from headwater.services.events.connections import (
    AUTHORIZED,
    DEAUTHORIZED,
    OAUTH,
    Connection,
    connection_by_arn,
    secret_of,
)
from headwater.services.events.errors import connection_not_found
from headwater.spine.arns import parse_arn
from headwater.spine.deliveries import Delivery, Exhausted, Failed, delivery
from headwater.spine.errors import AwsError
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.outgoing import OutgoingAnswer, Unreachable, send
from headwater.spine.work import Work

SECONDS = 5.0
# A token that holds for less than this is fetched anew before it is used.
_LEAST_LEFT = 60_000
_LONGEST = 10 * 365 * 86_400  # seconds: what a server says of a token beyond that is not believed


class Outgoing(NamedTuple):
    """A request to be sent; ``headers`` by their names as given, of which case does not count."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@operation("events", "AuthorizeRequest", internal=True)
def authorize_request(call: Call, request: Request) -> Coroutine[Any, Any, Result]:
    """For whatever sends requests by a connection (Step Functions, Pipes): ``ConnectionArn``, ``Method``, ``Url``,
    ``Headers`` and ``Body`` (bytes) become ``Url``, ``Headers`` and ``Body`` with all that the connection adds.
    ``Renew``: the last token was refused; that is of use only where the answer said ``Renewable``. AwsError where the
    connection cannot authorise."""
    outgoing = Outgoing(request["Method"], request["Url"], dict(request["Headers"]), request["Body"])
    return _authorized(call.work, request["ConnectionArn"], outgoing, bool(request.get("Renew")))


async def _authorized(work: Work, connection: str, outgoing: Outgoing, renew: bool) -> Result:
    made, renewable = await authorize(work, connection, outgoing, renew)
    return {"Url": made.url, "Headers": made.headers, "Body": made.body, "Renewable": renewable}


async def authorize(work: Work, arn: str, outgoing: Outgoing, renew: bool = False) -> tuple[Outgoing, bool]:
    """A request with what a connection adds to it, and whether that is a token that can be had anew. AwsError where
    there is no connection, or it is not authorised."""
    connection, secret = await work.transact(_credentials, arn)
    headers = {}
    if connection.kind == "BASIC":
        headers["Authorization"] = basic(secret["username"], secret["password"])
    elif connection.kind == "API_KEY":
        headers[secret["api_key_name"]] = secret["api_key_value"]
    else:
        token = orjson.loads(connection.token) if connection.token else None
        if token is None or renew or (token["expires"] is not None and token["expires"] < work.now + _LEAST_LEFT):
            token = await fetch_token(work, connection, secret)
        headers["Authorization"] = f"{token['type']} {token['token']}"
    added = with_parameters(outgoing, secret.get("invocation_http_parameters") or {})
    return added._replace(headers=overlaid(added.headers, headers)), connection.kind == OAUTH


def basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def _credentials(call: Call, arn: str) -> tuple[Connection, dict[str, Any]]:
    connection = connection_by_arn(call, arn)
    if connection is None:
        parts = parse_arn(arn)
        raise connection_not_found(parts.resource.split("/")[1] if parts and "/" in parts.resource else arn)
    secret = secret_of(call, connection)
    if connection.state == DEAUTHORIZED or not secret:
        raise AwsError("AccessDeniedException", f"Connection '{connection.name}' is not authorized.")
    return connection, secret


def overlaid(headers: Mapping[str, str], above: Mapping[str, str]) -> dict[str, str]:
    """Headers with others over them, by name without regard to case."""
    names = {name.lower() for name in above}
    return {name: value for name, value in headers.items() if name.lower() not in names} | dict(above)


def with_parameters(outgoing: Outgoing, parameters: Mapping[str, Any]) -> Outgoing:
    """The connection's parameters go over those of the request; those of the body into its JSON object."""
    headers = overlaid(outgoing.headers, _pairs(parameters, "header_parameters"))
    url = with_query(outgoing.url, _pairs(parameters, "query_string_parameters"))
    body = outgoing.body
    if members := _pairs(parameters, "body_parameters"):
        try:
            whole = orjson.loads(body or b"{}")
        except orjson.JSONDecodeError:
            whole = None
        if isinstance(whole, dict):
            body = orjson.dumps(whole | members)
    return Outgoing(outgoing.method, url, headers, body)


def _pairs(parameters: Mapping[str, Any], name: str) -> dict[str, str]:
    return {each["key"]: each["value"] for each in parameters.get(name) or ()}


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """A URL whose query has the parameters in place of those of the same names."""
    if not parameters:
        return url
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, True) if name not in parameters]
    return urlunsplit(parts._replace(query=urlencode([*kept, *parameters.items()])))


# ---- tokens


async def fetch_token(work: Work, connection: Connection, secret: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the server of an OAuth connection for a token and keep it. AwsError where it gives none."""
    try:
        outgoing = _token_request(secret)
        answer = await send(*outgoing, seconds=SECONDS)
    except Unreachable as error:
        raise _no_token(error.message, 503) from error
    token = _read_token(answer, work.now)
    await work.transact(_keep_token, connection.arn, connection.secret, token)
    return token


def _token_request(secret: Mapping[str, Any]) -> Outgoing:
    """As RFC 6749 has it: a form, or JSON where the connection's own headers say so; GET has it in its query."""
    extra = secret.get("oauth_http_parameters") or {}
    headers = overlaid(
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Accept": "application/json"},
        _pairs(extra, "header_parameters"),
    )
    url = with_query(secret["authorization_endpoint"], _pairs(extra, "query_string_parameters"))
    members = {"client_id": secret["client_id"], "client_secret": secret["client_secret"]}
    members = {"grant_type": "client_credentials", **members} | _pairs(extra, "body_parameters")
    method = secret["http_method"]
    if method == "GET":
        return Outgoing(method, with_query(url, members), headers, b"")
    kind = next(value for name, value in headers.items() if name.lower() == "content-type")
    body = orjson.dumps(members) if "json" in kind.lower() else urlencode(members).encode()
    return Outgoing(method, url, headers, body)


def _read_token(answer: OutgoingAnswer, now: int) -> dict[str, Any]:
    """``token``, its ``type``, and the instant (ms) at which it ``expires``, None where the server does not say."""
    if not 200 <= answer.status < 300:
        raise _no_token(f"The authorization endpoint answered {answer.status}.", answer.status)
    try:
        told = orjson.loads(answer.body)
        token, kind = told["access_token"], told.get("token_type") or "Bearer"
        left = told.get("expires_in")
        expires = None if left is None else now + int(min(float(left), _LONGEST) * 1000)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise _no_token("The authorization endpoint did not answer with an access token.") from None
    if not isinstance(token, str) or not isinstance(kind, str):
        raise _no_token("The authorization endpoint did not answer with an access token.")
    return {"token": token, "type": "Bearer" if kind.lower() == "bearer" else kind, "expires": expires}


def _no_token(why: str, status: int = 400) -> AwsError:
    """``status`` from 500 on: the server of tokens may be back soon."""
    return AwsError("AuthorizationFailed", why, status)


def _keep_token(call: Call, arn: str, secret: str | None, token: dict[str, Any]) -> None:
    connection = connection_by_arn(call, arn)
    if connection is None or connection.secret != secret:
        return  # changed while its server was being asked
    row = (orjson.dumps(token).decode(), AUTHORIZED, None, call.now, arn)
    call.store.run(tables.SET_CONNECTION_TOKEN, row)


def _not_authorized(call: Call, item: Delivery, why: Exhausted) -> None:
    if connection_by_arn(call, item.target) is not None:
        reason = f"Failed to authorize connection. {why.message}"
        call.store.run(tables.SET_CONNECTION_STATE, (DEAUTHORIZED, reason[:512], call.now, item.target))


@delivery("events.authorization", exhausted=_not_authorized)
def authorize_connection(call: Call, item: Delivery) -> Coroutine[Any, Any, None] | None:
    """An OAuth connection that was made or changed gets its first token."""
    connection = connection_by_arn(call, item.target)
    if connection is None or connection.kind != OAUTH or connection.secret is None:
        return None
    return _first_token(call.work, connection, secret_of(call, connection))


async def _first_token(work: Work, connection: Connection, secret: Mapping[str, Any]) -> None:
    try:
        await fetch_token(work, connection, secret)
    except AwsError as error:
        raise Failed(error.code, error.message, retry=error.status >= 500) from error
