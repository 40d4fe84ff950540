"""Amazon API Gateway: HTTP APIs, REST APIs and WebSocket APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/welcome.html
"""

from headwater.services.apigateway import (
    api_keys,
    apis,
    authorizers,
    connections,
    deployments,
    gateway_responses,
    imports,
    integrations,
    invoke,
    resources_http,
    resources_keys,
    resources_rest,
    rest_apis,
    rest_authorizers,
    rest_methods,
    rest_models,
    rest_resources,
    rest_responses,
    rest_stages,
    routes,
    socket_responses,
    sockets,
    stages,
    tags,
    topology,
    usage,
)
from headwater.services.apigateway.errors import missing
from headwater.services.apigateway.store import ApiMemory
from headwater.services.apigateway.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="apigateway",
    modules=(
        api_keys,
        apis,
        authorizers,
        connections,
        deployments,
        gateway_responses,
        imports,
        integrations,
        invoke,
        resources_http,
        resources_keys,
        resources_rest,
        rest_apis,
        rest_authorizers,
        rest_methods,
        rest_models,
        rest_resources,
        rest_responses,
        rest_stages,
        routes,
        socket_responses,
        sockets,
        stages,
        tags,
        topology,
        usage,
    ),
    schema=SCHEMA,
    memory=ApiMemory,
    start=sockets.start,
    missing=missing,
)
