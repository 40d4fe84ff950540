"""Connections: how EventBridge authorises its requests to an endpoint. What is secret of them is in Secrets Manager.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection.html
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from headwater.services.events import connection_tables as tables
from headwater.services.events.connection_parameters import Parameters, merged, read_parameters
from headwater.services.events.errors import connection_exists, connection_not_found, limit_exceeded, validation
from headwater.services.events.pages import page
from headwater.services.events.quotas import CONNECTIONS
from headwater.spine.arns import make_arn
from headwater.spine.deliveries import Policy
from headwater.spine.errors import AwsError, not_implemented
from headwater.spine.operations import Call, Request, Result, operation

AUTHORIZED, AUTHORIZING, DEAUTHORIZED = "AUTHORIZED", "AUTHORIZING", "DEAUTHORIZED"
OAUTH = "OAUTH_CLIENT_CREDENTIALS"
# A server of tokens that is not there yet has about half a minute to come up.
_PATIENCE = Policy(attempts=6)
_PRIVATE = ("InvocationConnectivityParameters",)


class Connection(NamedTuple):
    """A row; ``shown`` is what DescribeConnection tells of the parameters, ``token`` what an OAuth server gave."""

    arn: str
    name: str
    description: str | None
    kind: str
    shown: str
    state: str
    reason: str | None
    secret: str | None
    kms_key: str | None
    token: str | None
    created: int
    modified: int
    authorized: int | None


def connection_by_arn(call: Call, arn: str) -> Connection | None:
    row = call.store.one(tables.FIND_CONNECTION, (arn,))
    return None if row is None else Connection(*row)


def find_connection(call: Call, name: str) -> Connection:
    """The connection of a name; AwsError where there is none."""
    row = call.store.one(tables.FIND_CONNECTION_BY_NAME, (call.account, call.region, name))
    if row is None:
        raise connection_not_found(name)
    found = Connection(*row)
    call.span.subject = found.arn
    return found


@operation("events", "CreateConnection")
def create_connection(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateConnection.html"""
    name = request["Name"]
    _refuse_private(request)
    if call.store.one(tables.FIND_CONNECTION_BY_NAME, (call.account, call.region, name)) is not None:
        raise connection_exists(name)
    if call.is_full(CONNECTIONS, tables.COUNT_CONNECTIONS, (call.account, call.region)):
        raise limit_exceeded()
    parameters = read_parameters(request["AuthorizationType"], request["AuthParameters"])
    arn = make_arn("events", call.region, call.account, f"connection/{name}/{call.ids.uuid()}")
    secret = _make_secret(call, name, parameters, request.get("KmsKeyIdentifier"))
    state = AUTHORIZING if parameters.kind == OAUTH else AUTHORIZED
    here = (arn, call.account, call.region, name, request.get("Description"), parameters.kind)
    settings = (parameters.shown_text, state, secret, request.get("KmsKeyIdentifier"))
    call.store.run(tables.INSERT_CONNECTION, (*here, *settings, call.now, call.now, call.now))
    call.span.subject = arn
    _authorise(call, arn, state)
    return {"ConnectionArn": arn, "ConnectionState": state, "CreationTime": call.now, "LastModifiedTime": call.now}


def _refuse_private(request: Request) -> None:
    parameters = request.get("AuthParameters") or {}
    if any(request.get(name) for name in _PRIVATE) or parameters.get("ConnectivityParameters"):
        raise not_implemented("A connection to a private endpoint (ConnectivityParameters)")


def _make_secret(call: Call, name: str, parameters: Parameters, kms_key: str | None) -> str:
    request: dict[str, Any] = {
        "Name": f"events!connection/{name}/{call.ids.uuid()}",
        "Owner": "events",
        "SecretString": parameters.secret_text,
    }
    if kms_key:
        request["KmsKeyId"] = kms_key
    return str(call.operation("secretsmanager", "CreateManagedSecret", request)["ARN"])


def _authorise(call: Call, arn: str, state: str) -> None:
    """An OAuth server is asked for a token at once."""
    if state == AUTHORIZING:
        call.deliver("events.authorization", {"connection": arn}, target=arn, policy=_PATIENCE)


@operation("events", "UpdateConnection")
def update_connection(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateConnection.html: what is not given of the
    parameters stays as it was."""
    connection = find_connection(call, request["Name"])
    _refuse_private(request)
    kind = request.get("AuthorizationType") or connection.kind
    given = request.get("AuthParameters")
    shown, secret, state, token = connection.shown, connection.secret, connection.state, connection.token
    if given or kind != connection.kind:
        if kind != connection.kind and not given:
            raise validation("AuthParameters must be specified when AuthorizationType is changed.")
        parameters = read_parameters(kind, merged(secret_of(call, connection), connection.kind, kind, given or {}))
        shown, token = parameters.shown_text, None
        state = AUTHORIZING if kind == OAUTH else AUTHORIZED
        if secret is None:
            secret = _make_secret(call, connection.name, parameters, connection.kms_key)
        else:
            update = {"SecretId": secret, "SecretString": parameters.secret_text}
            call.operation("secretsmanager", "UpdateSecret", update)
    changed = connection._replace(
        description=request.get("Description", connection.description),
        kind=kind,
        shown=shown,
        state=state,
        reason=None,
        secret=secret,
        kms_key=request.get("KmsKeyIdentifier", connection.kms_key),
        token=token,
        modified=call.now,
    )
    _save(call, changed)
    _authorise(call, connection.arn, state)
    return _times(changed)


@operation("events", "DeauthorizeConnection")
def deauthorize_connection(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeauthorizeConnection.html: its secret goes."""
    connection = find_connection(call, request["Name"])
    _drop_secret(call, connection)
    bare = connection._replace(state=DEAUTHORIZED, reason=None, secret=None, token=None, modified=call.now)
    _save(call, bare)
    return _times(bare._replace(state="DEAUTHORIZING"))


def _save(call: Call, changed: Connection) -> None:
    settings = (changed.description, changed.kind, changed.shown, changed.state, changed.reason, changed.secret)
    row = (*settings, changed.kms_key, changed.token, changed.modified, changed.authorized, changed.arn)
    call.store.run(tables.CHANGE_CONNECTION, row)


@operation("events", "DeleteConnection")
def delete_connection(call: Call, request: Request) -> Result:
    connection = find_connection(call, request["Name"])
    _drop_secret(call, connection)
    call.store.run(tables.DELETE_CONNECTION, (connection.arn,))
    return _times(connection._replace(state="DELETING"))


def _drop_secret(call: Call, connection: Connection) -> None:
    if connection.secret is not None:
        request = {"SecretId": connection.secret, "ForceDeleteWithoutRecovery": True}
        call.operation("secretsmanager", "DeleteSecret", request)


def secret_of(call: Call, connection: Connection) -> dict[str, Any]:
    """What the secret of a connection holds; empty where it is gone."""
    if connection.secret is None:
        return {}
    try:
        found = call.operation("secretsmanager", "GetSecretValue", {"SecretId": connection.secret})
    except AwsError as error:
        if error.code not in ("ResourceNotFoundException", "InvalidRequestException"):
            raise
        return {}
    value: dict[str, Any] = orjson.loads(found["SecretString"])
    return value


@operation("events", "DescribeConnection", reads=True)
def describe_connection(call: Call, request: Request) -> Result:
    connection = find_connection(call, request["Name"])
    return _entry(connection) | {
        "Description": connection.description,
        "SecretArn": connection.secret,
        "KmsKeyIdentifier": connection.kms_key,
        "AuthParameters": orjson.loads(connection.shown),
    }


@operation("events", "ListConnections", reads=True)
def list_connections(call: Call, request: Request) -> Result:
    prefix, state = request.get("NamePrefix") or "", request.get("ConnectionState") or ""

    def fetch(after: str, count: int) -> list[Connection]:
        asked = (call.account, call.region, len(prefix), prefix, state, state, after, count)
        return [Connection(*row) for row in call.store.all(tables.LIST_CONNECTIONS, asked)]

    found, more = page(request, fetch, lambda connection: connection.name)
    return {"Connections": [_entry(connection) for connection in found], **more}


def _entry(connection: Connection) -> dict[str, Any]:
    return _times(connection) | {
        "Name": connection.name,
        "StateReason": connection.reason,
        "AuthorizationType": connection.kind,
    }


def _times(connection: Connection) -> dict[str, Any]:
    return {
        "ConnectionArn": connection.arn,
        "ConnectionState": connection.state,
        "CreationTime": connection.created,
        "LastModifiedTime": connection.modified,
        "LastAuthorizedTime": connection.authorized,
    }
