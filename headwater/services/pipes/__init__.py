"""Amazon EventBridge Pipes. https://docs.aws.amazon.com/eventbridge/latest/pipes-reference/Welcome.html"""

from headwater.services.pipes import consuming, executing, explaining, pipes, resources, states, tags, topology
from headwater.services.pipes.consuming import start
from headwater.services.pipes.quotas import QUOTAS
from headwater.services.pipes.tables import SCHEMA
from headwater.spine.authorization import Authorization
from headwater.spine.service import Service

SERVICE = Service(
    name="pipes",
    modules=(consuming, executing, explaining, pipes, resources, states, tags, topology),
    schema=SCHEMA,
    start=start,
    validates=True,
    quotas=QUOTAS,
    authorization=Authorization({}),
)
