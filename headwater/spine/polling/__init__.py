"""Polling a source: batches are claimed, filtered, handed to a consumer, and done with or tried again.

One concept for event source mappings and for pipes. Queues: messages are taken, and deleted once they are handled; the
rest shows again. Streams: in order, from a position that is written once everything before it is done with. What is
done with a batch is the consumer's. A further kind of stream is one more ``StreamKind``.
"""

from headwater.spine.polling.batches import failed_items, run_batch
from headwater.spine.polling.keeper import keep_running
from headwater.spine.polling.kinds import KINESIS_MEMBERS, STREAMS, StreamKind
from headwater.spine.polling.queue import QueuePoller
from headwater.spine.polling.source import Consumer, GivenUp, Handled, Source, StreamConsumer
from headwater.spine.polling.stream import StreamPoller

__all__ = [
    "KINESIS_MEMBERS",
    "STREAMS",
    "Consumer",
    "GivenUp",
    "Handled",
    "QueuePoller",
    "Source",
    "StreamConsumer",
    "StreamKind",
    "StreamPoller",
    "failed_items",
    "keep_running",
    "run_batch",
]
