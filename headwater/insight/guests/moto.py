"""What is asked of moto's server, where it means something here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from headwater.insight.guests.host import Host, Pages
from headwater.spine.errors import AwsError


async def _reset(host: Host, query: Mapping[str, str], body: Any) -> dict[str, str]:
    await host.engine.universes.reset()
    return {"status": "ok"}


async def _front(host: Host, query: Mapping[str, str], body: Any) -> dict[str, str]:
    """Scripts wait until moto's page is there."""
    return {"status": "ok", "console": f"{host.engine.endpoint}/_headwater/"}


async def _refuse(why: str, host: Host, query: Mapping[str, str], body: Any) -> None:
    raise AwsError("NotImplemented", why, 501)


_SEED = "Identifiers repeat where a cloud is started with a seed (the pytest plugin does); not by a request."
_CONFIG = "There is nothing to be set: functions and state machines run."
_MANAGER = "Here resources change as on AWS, in milliseconds; headwater time moves the clock."
_INSTEAD: Mapping[tuple[str, str], str] = {
    ("GET", "/moto-api/data.json"): "GET /_headwater/map tells what is deployed.",
    ("POST", "/moto-api/reset-auth"): "Policies are enforced by headwater start --enforce-policies.",
    ("POST", "/moto-api/seed"): _SEED,
    ("GET", "/moto-api/config"): _CONFIG,
    ("POST", "/moto-api/config"): _CONFIG,
    **{("POST", f"/moto-api/state-manager/{verb}"): _MANAGER for verb in ("set-transition", "unset-transition")},
    ("GET", "/moto-api/state-manager/get-transition"): _MANAGER,
    ("POST", "/moto-api/proxy/passthrough"): "Headwater is no proxy: requests to AWS are not passed on.",
    ("GET", "/moto-api/recorder/download-recording"): "GET /_headwater/traces tells what was asked.",
}
PAGES: Pages = {
    ("GET", "/moto-api"): _front,
    ("POST", "/moto-api/reset"): _reset,
    **{where: partial(_refuse, why) for where, why in _INSTEAD.items()},
}
