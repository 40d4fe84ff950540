"""Amazon SQS. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html"""

from headwater.services.sqs import (
    attributes,
    deletion,
    move_tasks,
    moving,
    peeking,
    permissions,
    purge,
    queues,
    receiving,
    redrive,
    resources,
    sending,
    tags,
    topology,
    visibility,
)
from headwater.services.sqs.iam_actions import AUTHORIZATION
from headwater.services.sqs.queue import QueueMemory
from headwater.services.sqs.quotas import QUOTAS
from headwater.services.sqs.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="sqs",
    modules=(
        *(attributes, deletion, move_tasks, moving, peeking, permissions, purge, queues, receiving, redrive, resources),
        *(sending, tags, topology, visibility),
    ),
    schema=SCHEMA,
    memory=QueueMemory,
    start=receiving.start,
    quotas=QUOTAS,
    authorization=AUTHORIZATION,
)
