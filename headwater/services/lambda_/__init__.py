"""AWS Lambda. https://docs.aws.amazon.com/lambda/latest/api/welcome.html"""

from headwater.services.lambda_ import (
    aliases,
    asynchronous,
    code,
    concurrency,
    defaults,
    event_settings,
    explaining,
    functions,
    invoke,
    layers,
    mapping,
    mappings,
    policies,
    provisioned,
    resources,
    streaming,
    tags,
    topology,
    url_requests,
    urls,
    versions,
)
from headwater.services.lambda_.function import FunctionMemory
from headwater.services.lambda_.iam_actions import AUTHORIZATION
from headwater.services.lambda_.pollers import start
from headwater.services.lambda_.quotas import QUOTAS
from headwater.services.lambda_.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="lambda",
    modules=(
        aliases,
        asynchronous,
        code,
        concurrency,
        defaults,
        event_settings,
        explaining,
        functions,
        invoke,
        layers,
        mapping,
        mappings,
        policies,
        provisioned,
        resources,
        streaming,
        tags,
        url_requests,
        urls,
        versions,
        topology,
    ),
    schema=SCHEMA,
    memory=FunctionMemory,
    start=start,
    validates=True,
    quotas=QUOTAS,
    authorization=AUTHORIZATION,
)
