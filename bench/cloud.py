"""A whole cloud in this process, without sockets, for figures that are CPU time."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from headwater.cloud import Cloud, Settings
from headwater.spine.engine import SYSTEM


class InProcess:
    """``await cloud.call("sqs", "SendMessage", QueueUrl=…)``, durable as a running server is."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.engine = cloud.engine

    async def call(self, service: str, name: str, /, **request: Any) -> Any:
        return await self.engine.call(service, name, request, SYSTEM, None)

    async def rest(self) -> None:
        await self.engine.flight.until_rest()

    async def queue(self, name: str, **attributes: str) -> tuple[str, str]:
        """URL and ARN of a new queue."""
        url = (await self.call("sqs", "CreateQueue", QueueName=name, Attributes=attributes))["QueueUrl"]
        told = await self.call("sqs", "GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"])
        return url, told["Attributes"]["QueueArn"]


@asynccontextmanager
async def in_process() -> AsyncIterator[InProcess]:
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud(Settings(port=0, data=Path(folder)))
        await cloud.start()
        # the collector as a running server has it (headwater.cli.serving)
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)
        try:
            yield InProcess(cloud)
        finally:
            await cloud.stop()
