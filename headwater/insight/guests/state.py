"""Forgetting everything, and going back to what was saved: our snapshots, as LocalStack's state and pods.

https://docs.localstack.cloud/aws/developer-tools/snapshots/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.insight.guests.host import Host, Pages
from headwater.spine.errors import AwsError

_SAVED = "localstack-state"
"""The snapshot that save makes and load goes back to."""


async def _reset(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    await host.engine.universes.reset()
    return {"status": "reset"}


async def _reset_service(host: Host, query: Mapping[str, str], body: Any) -> None:
    raise AwsError(
        "NotImplemented",
        f"Headwater does not forget {query['service']} alone: POST /_localstack/state/reset forgets everything.",
        501,
    )


async def _save(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Everything that was acknowledged is kept anyhow; this remembers how it was now."""
    await host.engine.universes.save(_SAVED)
    return {"status": "saved"}


async def _load(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    await host.engine.universes.restore(_SAVED)
    return {"status": "loaded"}


async def _pods(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    pods = host.engine.universes.all()
    return {"cloudpods": [{"pod_name": pod.name, "max_version": 1, "last_change": pod.taken // 1000} for pod in pods]}


async def _save_pod(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    await host.engine.universes.save(query["name"])
    return {"event": "completion", "operation": "save", "status": "ok"}


async def _load_pod(host: Host, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    await host.engine.universes.restore(query["name"])
    return {"event": "completion", "operation": "load", "status": "ok"}


async def _delete_pod(host: Host, query: Mapping[str, str], body: Any) -> None:
    host.engine.universes.delete(query["name"])


PAGES: Pages = {
    ("POST", "/_localstack/state/reset"): _reset,
    ("POST", "/_localstack/state/save"): _save,
    ("POST", "/_localstack/state/load"): _load,
    ("POST", "/_localstack/state/{service}/reset"): _reset_service,
    ("GET", "/_localstack/pods"): _pods,
    ("POST", "/_localstack/pods/{name}"): _save_pod,
    ("PUT", "/_localstack/pods/{name}"): _load_pod,
    ("DELETE", "/_localstack/pods/{name}"): _delete_pod,
}
