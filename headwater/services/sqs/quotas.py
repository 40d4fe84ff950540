"""SQS's quotas that may be changed.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
"""

from headwater.spine.quota import Quota

IN_FLIGHT = Quota("sqs:in-flight-messages", 120_000, "messages of a queue that were received and not deleted")

QUOTAS = (IN_FLIGHT,)
