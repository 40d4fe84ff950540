"""APIs on the map: what their integrations call."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson

from headwater.services.apigateway import tables
from headwater.services.apigateway.store import REST, WEBSOCKET
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology

_FUNCTION = re.compile(r"arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+")
_TYPES = {REST: "AWS::ApiGateway::RestApi"}


@operation("apigateway", "Topology", internal=True, reads=True)
def map_apis(call: Call, request: Request) -> Result:
    apis, links = [], []
    clients: dict[str, int] = dict(call.store.all(tables.MAP_CONNECTIONS, (call.account, call.region)))
    for identity, kind, text in call.store.all(tables.MAP_APIS, (call.account, call.region)):
        document = orjson.loads(text)
        arn = make_arn("execute-api", call.region, call.account, identity)
        name = document.get("Name") or document.get("name") or identity
        connected = {"clients": clients.get(identity, 0)} if kind == WEBSOCKET else {}
        apis.append(resource(arn, _TYPES.get(kind, "AWS::ApiGatewayV2::Api"), name, identity, **connected))
        for route, uri in _methods(call, identity) if kind == REST else _routes(call, identity):
            function = _FUNCTION.search(uri)
            if function is not None:
                links.append(link(arn, function[0], "integration", route))
    return topology(call, apis, links)


def _routes(call: Call, api: str) -> Iterator[tuple[str, str]]:
    """Each route of an HTTP API with what its integration names."""
    uris = {
        f"integrations/{identity}": orjson.loads(document).get("IntegrationUri") or ""
        for identity, document in call.store.all(tables.LIST_PARTS, (api, "Integration"))
    }
    for _, document in call.store.all(tables.LIST_PARTS, (api, "Route")):
        route = orjson.loads(document)
        yield route["RouteKey"], uris.get(route.get("Target") or "", "")


def _methods(call: Call, api: str) -> Iterator[tuple[str, str]]:
    """Each method of a REST API with what its integration names."""
    for _, document in call.store.all(tables.LIST_PARTS, (api, "Resource")):
        part = orjson.loads(document)
        for method, settings in (part.get("resourceMethods") or {}).items():
            uri = (settings.get("methodIntegration") or {}).get("uri") or ""
            yield f"{method} {part.get('path', '')}", uri
