"""Amazon Data Firehose, to S3.

https://docs.aws.amazon.com/firehose/latest/APIReference/Welcome.html
"""

from headwater.services.firehose import buffering, delivering, polling, resources, streams, tags, topology
from headwater.services.firehose.iam_actions import AUTHORIZATION
from headwater.services.firehose.stream import StreamMemory
from headwater.services.firehose.tables import SCHEMA
from headwater.spine.service import Service

SERVICE = Service(
    name="firehose",
    modules=(buffering, delivering, resources, streams, tags, topology),
    schema=SCHEMA,
    memory=StreamMemory,
    start=polling.start,
    validates=True,
    authorization=AUTHORIZATION,
)
