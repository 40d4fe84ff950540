"""What is documented elsewhere and has no place here, each by name with what to do instead."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from headwater.insight.guests.host import Host, Pages
from headwater.spine.errors import AwsError

_INSTEAD: Mapping[tuple[str, str], str] = {
    ("POST", "/_localstack/health"): (
        "Headwater is not restarted or ended from outside: POST /_localstack/state/reset forgets everything; "
        "Ctrl-C or SIGTERM ends the process."
    ),
    ("PUT", "/_localstack/health"): (
        "Headwater keeps nothing in the answer of its health: /_localstack/init tells how far its scripts are."
    ),
    ("GET", "/_localstack/config"): "Headwater's settings are the options of its command: headwater start --help.",
    ("POST", "/_localstack/config"): "Headwater's settings are the options of its command: headwater start --help.",
    ("GET", "/_localstack/diagnose"): "Headwater tells of itself at /_headwater/health, and of what happened at "
    "/_headwater/traces.",
    ("GET", "/_localstack/plugins"): "Headwater has no plugins.",
    ("GET", "/_localstack/usage"): "Headwater counts no usage; /_headwater/traces tells what happened.",
    ("GET", "/_localstack/swagger"): "Headwater's own surface is described by /_headwater/openapi.json.",
    ("GET", "/_localstack/stackinfo"): "Headwater tells of itself at /_headwater/health.",
    ("GET", "/_localstack/cloudformation/deploy"): "Templates are deployed by headwater up, aws cloudformation, sam or "
    "cdk.",
    ("GET", "/_aws/cloudformation/deploy"): "Templates are deployed by headwater up, aws cloudformation, sam or cdk.",
    ("GET", "/_aws/cloudwatch/metrics/raw"): "Headwater gives metrics by CloudWatch's own operations alone.",
    ("GET", "/_aws/lambda/init"): "Headwater runs functions as processes; there is nothing to be put into a container.",
    ("GET", "/_aws/iam/config"): "Policies are enforced by headwater start --enforce-policies.",
    ("POST", "/_aws/iam/config"): "Policies are enforced by headwater start --enforce-policies.",
}


async def _refuse(why: str, host: Host, query: Mapping[str, str], body: Any) -> None:
    raise AwsError("NotImplemented", why, 501)


PAGES: Pages = {where: partial(_refuse, why) for where, why in _INSTEAD.items()}
