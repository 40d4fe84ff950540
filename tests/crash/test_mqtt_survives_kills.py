"""kill -9 under load: what MQTT acknowledged at QoS 1 reaches a persistent session, whenever it comes back."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.languages.mqtt.packets import (
    PubAck,
    Publish,
    SubAck,
    Subscribe,
    Subscription,
)
from tests.ports import lasting_port
from tests.wire.mqtt_clients import Bare

KILLS = 5
BATCH = 200  # messages on their way at once


class Killable:
    """A server process on a data folder, started again after each kill."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.mqtt_port = lasting_port()
        self.start()

    def start(self) -> None:
        ports = ["--port", "0", "--mqtt-port", str(self.mqtt_port)]
        command = [sys.executable, "-m", "headwater", "start", *ports, "--data", str(self._data)]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if "ready" in line:
                return
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        assert self._process.stderr is not None
        self._process.stderr.close()


def _publish_until_killed(server: Killable, first: int, chance: random.Random) -> set[int]:
    """Publish numbers from `first` on and kill the server in the midst; gives those that were acknowledged."""
    acknowledged: set[int] = set()
    with Bare(server.mqtt_port) as sender:
        sender.connect("sender")
        sender.send(*(Publish("books", str(first + n).encode(), 1, packet_id=n + 1) for n in range(BATCH)))
        last = chance.randint(1, BATCH)
        while len(acknowledged) < last:
            answer = sender.next()
            assert isinstance(answer, PubAck)
            acknowledged.add(first + answer.packet_id - 1)
        server.kill()
        while isinstance(answer := sender.next(), PubAck):  # what had left before the end
            acknowledged.add(first + answer.packet_id - 1)
    return acknowledged


@pytest.mark.slow
def test_acknowledged_messages_survive_kills(tmp_path: Path) -> None:
    chance = random.Random(7)
    server = Killable(tmp_path)
    with Bare(server.mqtt_port) as keeper:
        keeper.connect("keeper", clean_start=False)
        keeper.send(Subscribe(1, [Subscription("books", 1)]))
        assert isinstance(keeper.next(), SubAck)
    accepted: set[int] = set()
    received: set[int] = set()
    for turn in range(KILLS):
        accepted |= _publish_until_killed(server, turn * BATCH, chance)
        server.start()
        with Bare(server.mqtt_port) as keeper:
            assert keeper.connect("keeper", clean_start=False).session_present
            wanted = chance.randint(1, 20)  # only some, so that the rest must wait for the next turn
            for _ in range(wanted):
                received |= _take(keeper)
    with Bare(server.mqtt_port) as keeper:
        keeper.connect("keeper", clean_start=False)
        while not accepted <= received:
            received |= _take(keeper)
    server.kill()
    assert len(accepted) >= KILLS


def _take(keeper: Bare) -> set[int]:
    message = keeper.next()
    assert isinstance(message, Publish), message
    keeper.send(PubAck(message.packet_id))
    return {int(message.payload)}
