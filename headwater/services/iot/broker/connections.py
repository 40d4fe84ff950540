"""Clients' connections and subscriptions as the data plane shows them."""

from __future__ import annotations

from headwater.languages.mqtt import Reason
from headwater.languages.mqtt.pushes import CHANNEL, Eject
from headwater.services.iot.broker.memory import Broker, Session, broker_of
from headwater.services.iot.broker.sessions import end_session, leave
from headwater.services.iot.errors import not_found
from headwater.services.iot.listing import from_memory, list_page
from headwater.spine.operations import Call, Request, Result, operation

_PAGE = 200


@operation("iotdata", "DeleteConnection")
def delete_connection(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteConnection.html"""
    broker, session = _find(call, request)
    if session.connection is None:
        raise not_found(f"The client {session.client_id} is not connected.")
    call.announce(CHANNEL, Eject(session.connection, Reason.ADMINISTRATIVE_ACTION))
    leave(call, broker, session, Reason.ADMINISTRATIVE_ACTION, with_will=not request.get("preventWillMessage"))
    if request.get("cleanSession") and session.client_id in broker.clients:
        end_session(call, broker, session)
    return {}


@operation("iotdata", "ListSubscriptions")
def list_subscriptions(call: Call, request: Request) -> Result:
    """https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_ListSubscriptions.html"""
    broker, session = _find(call, request)
    filters = broker.filters_of(session)
    shown, token = list_page(request, from_memory(sorted(filters)), str, _PAGE)
    return {"subscriptions": [{"topicFilter": given, "qos": filters[given]} for given in shown], "nextToken": token}


def _find(call: Call, request: Request) -> tuple[Broker, Session]:
    client_id = request.get("clientId") or ""
    broker = broker_of(call)
    session = broker.clients.get(client_id)
    if session is None:
        raise not_found(f"There is no session of the client {client_id}.")
    call.span.subject = f"{broker.prefix}client/{client_id}"
    return broker, session
