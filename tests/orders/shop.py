"""The order application, running on Headwater, as a tester drives it."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.services.http import Answer, ask
from tests.settling import settle

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "examples" / "orders" / "template.yaml"
HEADWATER = Path(sys.executable).parent / "headwater"
OUTCOMES = ("COMPLETED", "REJECTED")
STARTUP_SECONDS = 60


class Server:
    """``headwater up`` on the order application; ``outputs`` are the stack's. ``strict``: policies are enforced and
    signatures verified, as on AWS."""

    def __init__(self, data: Path, *parameters: str, port: int = 0, strict: bool = False) -> None:
        self.data = data
        self.log = data.parent / f"{data.name}.log"
        options = [option for parameter in parameters for option in ("--parameter", parameter)]
        self.up = threading.Event()
        self._strict = ["--enforce-policies", "--verify-signatures"] if strict else []
        announced = self._run("up", str(TEMPLATE), "--stack", "orders", *options, port=port)
        self.endpoint: str = announced["endpoint"]
        self.outputs: dict[str, str] = announced["outputs"]

    def _run(self, *command: str, port: int) -> dict[str, Any]:
        """What it says once it is ready."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        options = ["--json", "--port", str(port), "--mqtt-port", "0", "--data", str(self.data), *self._strict]
        with self.log.open("ab") as log:
            arguments = [str(HEADWATER), *command, *options]
            self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=log, env=environment)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(STARTUP_SECONDS)
            raise RuntimeError(f"headwater {command[0]} failed:\n{self.log.read_text()[-4000:]}")
        announced: dict[str, Any] = json.loads(line)
        self.up.set()
        return announced

    def restart(self) -> None:
        """The cloud that the data folder keeps, at the same address."""
        self._run("start", port=int(self.endpoint.rpartition(":")[2]))

    def kill(self) -> None:
        """No goodbye: SIGKILL, as a power cut would."""
        self.up.clear()
        self.process.kill()
        self._gone()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self._gone()

    def _gone(self) -> None:
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait(STARTUP_SECONDS)

    def aws(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


class Shop:
    """The application's contract, and what lies behind it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.outputs = server.outputs
        self.api = server.outputs["OrdersApi"]

    def post(self, body: object, key: str | None = None) -> Answer:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        return ask("POST", f"{self.api}/orders", text, Idempotency_Key=key or uuid.uuid4().hex)

    def place(self, customer: str, *items: tuple[str, int, float], key: str | None = None) -> str:
        """An accepted order's id."""
        lines = [{"sku": sku, "quantity": quantity, "price": price} for sku, quantity, price in items]
        answer = self.post({"customerId": customer, "items": lines}, key)
        assert answer.status == 202, answer
        placed: dict[str, str] = json.loads(answer.body)
        assert placed["status"] == "RECEIVED"
        return placed["orderId"]

    def order(self, order_id: str) -> dict[str, Any]:
        answer = ask("GET", f"{self.api}/orders/{order_id}")
        assert answer.status == 200, answer
        order: dict[str, Any] = json.loads(answer.body)
        return order

    def outcome(self, order_id: str, seconds: float = 60) -> dict[str, Any]:
        """The order, once it is completed or rejected."""
        self.settle(seconds)
        order = self.order(order_id)
        assert order["status"] in OUTCOMES, order
        return order

    def settle(self, seconds: float = 60) -> None:
        """Until all that was caused is done."""
        settle(self.server.endpoint, seconds)

    def table(self, output: str) -> list[dict[str, Any]]:
        """All items of a table, as plain values."""
        resource = boto3.resource(
            "dynamodb",
            endpoint_url=self.server.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        table = resource.Table(self.outputs[output])
        items: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            page = table.scan(ConsistentRead=True, **start)
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return items
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def stock(self) -> dict[str, int]:
        return {item["sku"]: int(item["available"]) for item in self.table("StockTable")}

    def listener(self) -> Listener:
        return Listener(self.outputs["NotificationsUrl"])


class Listener:
    """An MQTT client over WebSocket, as the page has one."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.scheme == "ws", url
        self.messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._acknowledged: queue.Queue[int] = queue.Queue()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, transport="websockets")
        self.client.ws_set_options(path=f"{parts.path}?{parts.query}")
        self.client.on_message = self._received
        self.client.on_subscribe = self._subscribed
        self.client.connect(parts.hostname or "", parts.port or 80)
        self.client.loop_start()

    def _received(self, client: mqtt.Client, data: object, message: mqtt.MQTTMessage) -> None:
        self.messages.put(json.loads(message.payload))

    def _subscribed(self, client: mqtt.Client, data: object, identity: int, reasons: Any, properties: object) -> None:
        self._acknowledged.put(reasons[0].value)

    def subscribe(self, topic: str) -> int:
        """The reason code that the broker answers: 128 and above for a refusal."""
        self.client.subscribe(topic, qos=1)
        return self._acknowledged.get(timeout=500)

    def follow(self, order_id: str, seconds: float = 60) -> list[dict[str, Any]]:
        """All messages of an order, to its outcome. They may come in any order."""
        deadline, seen = time.monotonic() + seconds, []
        while True:
            message = self.messages.get(timeout=max(0.01, deadline - time.monotonic()))
            if message["orderId"] == order_id:
                seen.append(message)
                if message["status"] in OUTCOMES:
                    return seen

    def __enter__(self) -> Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def statuses(order: Mapping[str, Any]) -> list[str]:
    return [step["status"] for step in order["history"]]
