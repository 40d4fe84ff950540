"""The deployed architecture as its services tell it: resources, and links over which one may cause work in another.

A service that has any answers the internal operation ``<service>:Topology`` with ``{"resources": [...],
"links": [...]}``, made of these. Whoever draws the whole asks all of them and reads nobody's tables.
"""

from __future__ import annotations

from typing import Any

from headwater.spine.operations import Call, Result


def resource(arn: str, kind: str, name: str, physical: str | None = None, **counts: int) -> dict[str, Any]:
    """``kind`` is its CloudFormation type, ``physical`` what ``Ref`` gives of it; counts are live figures."""
    return {"arn": arn, "type": kind, "name": name, "physical": physical or name, "counts": counts}


def link(source: str, target: str, kind: str, name: str = "", only: str | None = None) -> dict[str, Any]:
    """From one ARN to another. ``kind`` says by what (``target``, ``dead letter``, ``mapping``), ``only`` which
    events pass: a pattern or filter policy as JSON text."""
    return {"from": source, "to": target, "kind": kind, "name": name, "only": only}


def topology(call: Call, resources: list[dict[str, Any]], links: list[dict[str, Any]]) -> Result:
    """The answer. That somebody looked is nothing that a trace should tell."""
    call.span.kept = False
    return {"resources": resources, "links": links}
