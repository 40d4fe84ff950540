"""What delivery streams' operations ask of roles.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkinesisfirehose.html
"""

from __future__ import annotations

from headwater.services.firehose.stream import stream_arn
from headwater.spine.authorization import Authorization, names

AUTHORIZATION = Authorization(
    names(
        stream_arn,
        "firehose",
        DeliveryStreamName="DeleteDeliveryStream DescribeDeliveryStream PutRecord PutRecordBatch UpdateDestination",
    )
)
