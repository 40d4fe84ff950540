"""SNS's quotas that may be changed.

https://docs.aws.amazon.com/general/latest/gr/sns.html
"""

from headwater.spine.quota import Quota

TOPICS = Quota("sns:topics", 100_000, "standard topics of an account in a region")
FIFO_TOPICS = Quota("sns:fifo-topics", 1000, "FIFO topics of an account in a region")
SUBSCRIPTIONS = Quota("sns:subscriptions-per-topic", 12_500_000, "subscriptions to a standard topic")
FIFO_SUBSCRIPTIONS = Quota("sns:subscriptions-per-fifo-topic", 100, "subscriptions to a FIFO topic")
FILTER_POLICIES = Quota("sns:filter-policies-per-topic", 200, "subscriptions to a topic that have a filter policy")

QUOTAS = (TOPICS, FIFO_TOPICS, SUBSCRIPTIONS, FIFO_SUBSCRIPTIONS, FILTER_POLICIES)
