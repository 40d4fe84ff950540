"""Which resource on the map an ARN belongs to: an object to its bucket, an execution to its state machine."""

from __future__ import annotations

from functools import lru_cache

from headwater.spine.arns import Arn, make_arn, parse_arn


@lru_cache(maxsize=8192)
def resource_of(arn: str) -> str:
    """The ARN of the resource that would be drawn; what is no ARN is returned as it is."""
    parts = parse_arn(arn)
    if parts is None:
        return arn
    shorten = _BY_SERVICE.get(parts.service)
    return arn if shorten is None else shorten(parts)


def _bucket(arn: Arn) -> str:
    return f"arn:{arn.partition}:s3:::{arn.resource.partition('/')[0]}"


def _table(arn: Arn) -> str:
    return str(arn._replace(resource="/".join(arn.resource.split("/")[:2])))


def _state_machine(arn: Arn) -> str:
    """Executions (``execution:machine:name``, ``express:…``), versions, aliases and map runs."""
    kind, _, rest = arn.resource.partition(":")
    if kind in ("execution", "express", "stateMachine", "mapRun"):
        return str(arn._replace(resource=f"stateMachine:{rest.partition(':')[0].partition('/')[0]}"))
    return str(arn)


def _function(arn: Arn) -> str:
    return str(arn._replace(resource=":".join(arn.resource.split(":")[:2])))


def _topic(arn: Arn) -> str:
    return str(arn._replace(resource=arn.resource.partition(":")[0]))


def _api(arn: Arn) -> str:
    return str(arn._replace(resource=arn.resource.partition("/")[0]))


def _broker(arn: Arn) -> str:
    if arn.resource.startswith(("topic/", "client/", "topicfilter/")):
        return make_arn("iot", arn.region, arn.account, "topic")
    return str(arn)


_BY_SERVICE = {
    "s3": _bucket,
    "dynamodb": _table,
    "states": _state_machine,
    "lambda": _function,
    "sns": _topic,
    "execute-api": _api,
    "iot": _broker,
}
