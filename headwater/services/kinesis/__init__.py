"""Amazon Kinesis Data Streams.

https://docs.aws.amazon.com/kinesis/latest/APIReference/Welcome.html
"""

from headwater.services.kinesis import (
    consumers,
    lifecycle,
    listing,
    policies,
    polling,
    putting,
    reading,
    resharding,
    resources,
    settings,
    streams,
    subscribing,
    tags,
    topology,
)
from headwater.services.kinesis.iam_actions import AUTHORIZATION
from headwater.services.kinesis.stream import StreamMemory
from headwater.services.kinesis.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="kinesis",
    modules=(
        consumers,
        lifecycle,
        listing,
        policies,
        polling,
        putting,
        reading,
        resharding,
        resources,
        settings,
        streams,
        subscribing,
        tags,
        topology,
    ),
    schema=SCHEMA,
    memory=StreamMemory,
    validates=True,
    lacks={
        "channels to S3 and Apache Iceberg come with no local counterpart": (
            "CreateChannel",
            "DeleteChannel",
            "DescribeChannel",
            "ListChannels",
            "UpdateChannel",
        ),
        "queues over a stream are SQS's work here": (
            "AcknowledgeDeadLetterQueueRecords",
            "AcknowledgeQueueRecords",
            "CreateQueue",
            "DeleteQueue",
            "DescribeQueue",
            "ListQueues",
            "ReceiveDeadLetterQueueRecords",
            "ReceiveQueueRecords",
            "RestoreDeadLetterQueueRecords",
            "UpdateDeadLetterQueueRecordsVisibility",
            "UpdateQueue",
            "UpdateQueueRecordsVisibility",
        ),
        "throughput is not provisioned here, and nothing is billed": (
            "DescribeAccountSettings",
            "UpdateAccountSettings",
            "UpdateStreamRecordDistributionStrategy",
            "UpdateStreamWarmThroughput",
        ),
    },
    authorization=AUTHORIZATION,
)
