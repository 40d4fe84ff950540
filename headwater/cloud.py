"""Composition: one Cloud is a store, a clock, the services and a gateway. No globals anywhere."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from headwater.gateway.apis import UserApis
from headwater.gateway.aws import AwsApis
from headwater.gateway.inside import Inside
from headwater.gateway.lambda_site import LambdaSite
from headwater.gateway.mqtt import MqttBroker
from headwater.gateway.otlp_site import OtlpSite
from headwater.gateway.router import Router, Site
from headwater.gateway.s3_site import S3Site
from headwater.gateway.server import Server
from headwater.gateway.signatures import Signatures
from headwater.gateway.sns_site import SnsSite
from headwater.gateway.socket_apis import SocketApis
from headwater.gateway.sqs_messages_site import SqsMessagesSite
from headwater.gateway.static_pages import StaticPages
from headwater.gateway.surface import Route, Surface
from headwater.gateway.xray_daemon import XRayDaemon
from headwater.insight import guests
from headwater.insight.mock_file import MockFile
from headwater.insight.otlp import exporter
from headwater.insight.surface import routes, streams
from headwater.runtime.runtime import Runtime
from headwater.services import SERVICES
from headwater.spine.clock import Clock
from headwater.spine.engine import Engine
from headwater.spine.ids import Ids
from headwater.spine.keeping import DEFAULT_KEEP, Keep
from headwater.spine.models import load_model
from headwater.spine.operations import Request
from headwater.spine.quotas import check_name
from headwater.spine.service import Catalogue, Missing
from headwater.spine.shapes import compile_required, compile_validator
from headwater.spine.store.blobs import BlobStore
from headwater.spine.store.opening import opening
from headwater.spine.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from headwater.gateway.tls.listeners import TlsListeners

DEFAULT_PORT = 4566
CONSOLE = Path(__file__).parent / "console" / "static"


@dataclass(frozen=True)
class Settings:
    """How a cloud is to be. ``data`` None: nothing is kept after the end. ``allow_kill``: a fault may end
    the process. ``otlp``: whereto spans are exported. ``quotas``: what differs from AWS's (docs/quotas.md).
    ``mocks``: a file of Step Functions' mocks (docs/step-functions.md). ``enforce_policies``: a service whom the
    policy of a queue, topic or function does not let in is refused, as AWS does it (docs/eventbridge.md).
    ``verify_signatures``: requests that are not signed as they say are refused (docs/permissions.md).
    ``https_port``, ``mqtts_port``: where TLS is spoken (docs/projects.md)."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    data: Path | None = None
    durability: str = "process"
    mqtt_port: int | None = None
    https_port: int | None = None
    mqtts_port: int | None = None
    seed: int | None = None
    keep: Keep = DEFAULT_KEEP
    allow_kill: bool = False
    otlp: str | None = None
    mocks: Path | None = None
    enforce_policies: bool = False
    verify_signatures: bool = False
    quotas: Mapping[str, str] = field(default_factory=dict)


class Cloud:
    """Everything that runs, in one process and on one event loop. CannotOpen where its folder cannot be used."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self._temporary = None if settings.data else Path(tempfile.mkdtemp(prefix="headwater-"))
        self.folder = settings.data or self._temporary or Path()
        with opening(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            store = SqliteStore(self.folder / "headwater.db" if settings.data else None, settings.durability)
            blobs = BlobStore(self.folder / "blobs", sync=settings.durability == "power")
        models = {name: listing.model for name, listing in SERVICES.items()}
        houses = {name: listing.package for name, listing in SERVICES.items()}
        self.engine = Engine(
            store,
            blobs,
            clock or Clock(),
            Ids(settings.seed),
            Catalogue(houses, lambda service, name, missing: _validator(models[service], name, missing)),
            self.folder / "snapshots",
            settings.keep,
        )
        for name in settings.quotas:
            check_name(self.engine.catalogue, name)
        self.engine.quotas.options = settings.quotas
        self.engine.enforces_policies = settings.enforce_policies
        self.engine.verifies_signatures = settings.verify_signatures
        self.engine.faults.may_kill = settings.allow_kill and settings.data is not None
        self.engine.runtime = Runtime(self.folder / "runtime", self.engine.clock)
        self.startup = guests.Startup()
        apis, signatures = AwsApis(self.engine, models), Signatures(self.engine)
        sites: list[Site] = [
            StaticPages("/_headwater", CONSOLE),
            Surface(("/_headwater",), partial(routes, self.engine), streams(self.engine)),
            UserApis(self.engine),
            LambdaSite(self.engine),
            SqsMessagesSite(self.engine),
            Surface(guests.PREFIXES, self._guests, {}, spaced=True),
            SnsSite(self.engine),
            OtlpSite(self.engine),
            s3 := S3Site(self.engine, apis, signatures),
        ]
        self.engine.wire = Inside(apis, s3)
        self.mqtt = MqttBroker(self.engine)
        self.sockets = SocketApis(self.engine)
        judge = signatures.judge if settings.verify_signatures else None
        self.handler = Router(sites, [self.mqtt.upgrade, self.sockets.upgrade], apis, judge)
        self._server = Server(self.handler)
        self.tls = self._tls(sites) if settings.https_port is not None or settings.mqtts_port is not None else None
        self._xray = XRayDaemon(self.engine)
        self.exporter = exporter(self.engine, settings.otlp) if settings.otlp else None
        self.mocks = MockFile(self.engine, settings.mocks) if settings.mocks else None

    def _guests(self) -> Mapping[tuple[str, str], Route]:
        from headwater.insight.guests.pages import routes

        return routes(self.engine, self.startup)

    def _tls(self, sites: list[Site]) -> TlsListeners:
        from headwater.gateway.tls.authority_site import AuthoritySite
        from headwater.gateway.tls.listeners import TlsListeners

        listeners = TlsListeners(self.engine, self.handler, self.mqtt, self.folder / "tls", self.settings.host)
        sites.insert(0, AuthoritySite(listeners.authority.pem))
        return listeners

    @property
    def endpoint(self) -> str:
        return self.engine.endpoint

    async def start(self) -> None:
        """Listen and carry on where a former process stopped. OSError where the port is taken."""
        await self._server.start(self.settings.host, self.settings.port)
        host = self.settings.host if self.settings.host not in ("0.0.0.0", "::") else "127.0.0.1"
        self.engine.endpoint = f"http://{host}:{self._server.port}"
        await self.engine.start()
        self.startup.began = self.engine.clock.now()
        await self._xray.start(self.settings.host, self._server.port)
        if self.settings.mqtt_port is not None:
            await self.mqtt.start(self.settings.host, self.settings.mqtt_port)
        if self.tls is not None:
            await self.tls.start(self.settings.https_port, self.settings.mqtts_port)
            if self.tls.https_port:
                self.engine.secure_endpoint = f"https://{host}:{self.tls.https_port}"
        if self.mocks is not None:
            await self.mocks.start()

    async def stop(self) -> None:
        """End in order: no new requests, what is open committed, functions ended."""
        if self.mocks is not None:
            self.mocks.stop()
        await self.mqtt.stop()
        self.sockets.stop()
        if self.tls is not None:
            await self.tls.stop()
        self._xray.stop()
        await self._server.stop()
        await self.engine.stop()
        await self.engine.runtime.close()
        if self.exporter is not None:
            await self.exporter.stop()
        self.engine.store.close()
        if self._temporary is not None:
            await asyncio.to_thread(shutil.rmtree, self._temporary, ignore_errors=True)


def _validator(model: str | None, operation: str, missing: Missing | None) -> Callable[[Request], None]:
    if model is None:
        raise LookupError(f"{operation} has no model to be validated by")
    if missing is not None:
        return compile_required(load_model(model), operation, missing)
    return compile_validator(load_model(model), operation)
