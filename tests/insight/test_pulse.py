"""What flows between resources, as a map that moves hears it."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter

from tests.conftest import Client


def test_each_hop_is_counted_once_between_its_ends(aws: Client, endpoint: str, account: str) -> None:
    """From the topic to its subscription's queue, though the message is there before its delivery has ended."""
    topic = aws("sns").create_topic(Name="pulsing")["TopicArn"]
    aws("sqs").create_queue(QueueName="pulsing")
    queue = topic.replace(":sns:", ":sqs:")
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    flows: Counter[tuple[str, str]] = Counter()
    with urllib.request.urlopen(f"{endpoint}/_headwater/pulse", timeout=30) as stream:
        assert stream.readline() == b": listening\n"
        for _ in range(3):
            aws("sns").publish(TopicArn=topic, Message="beat")
        while flows[topic, queue] < 3:
            line = stream.readline()
            if line.startswith(b"data: "):
                for source, reached, fine, failed in json.loads(line[6:])["flows"]:
                    flows[source, reached] += fine + failed
    ours = {pair: count for pair, count in flows.items() if account in pair[1]}
    assert ours == {("", topic): 3, (topic, queue): 3}
