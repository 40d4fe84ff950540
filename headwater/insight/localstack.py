"""What tools and scripts that know LocalStack ask of it before they begin.

https://docs.localstack.cloud/references/internal-endpoints/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater import __version__
from headwater.spine.engine import Engine
from headwater.spine.errors import AwsError

_ITS_NAMES = {"states": "stepfunctions", "monitoring": "cloudwatch"}
_STAGES = {"boot": True, "start": True, "ready": True, "shutdown": False}
"""Whether a server that answers has come so far."""


async def health(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """The services, under LocalStack's names too where it has others."""
    loaded = engine.catalogue.loaded
    services = {name: "running" if loaded(name) else "available" for name in engine.catalogue.houses}
    services |= {its: services[ours] for ours, its in _ITS_NAMES.items()}
    return {"services": dict(sorted(services.items())), "edition": "headwater", "version": __version__}


async def stages(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    """There are no initialisation scripts here, so that whoever waits for them need not."""
    return {"completed": {stage.upper(): done for stage, done in _STAGES.items()}, "scripts": []}


async def stage(engine: Engine, query: Mapping[str, str], body: Any) -> dict[str, Any]:
    if (done := _STAGES.get(query["stage"].lower())) is None:
        raise AwsError("NotFound", f"no such stage {query['stage']}", 404)
    return {"completed": done, "scripts": []}
