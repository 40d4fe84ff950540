"""A function as its operations and the runtime see it, found by name and kept in memory."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import orjson

from headwater.services.lambda_ import tables
from headwater.services.lambda_.errors import function_not_found, not_found
from headwater.services.lambda_.names import LATEST, Reference, refer
from headwater.spine.functions import FunctionVersion
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request
from headwater.spine.permissions import session_of
from headwater.spine.public_layers import requirement_of

_NAMES_REMEMBERED = 10_000

Configuration = dict[str, Any]
"""FunctionConfiguration as AWS returns it, with ``Layers`` and ``Environment`` as requested."""


class Function(NamedTuple):
    """What holds for all versions of a function."""

    arn: str
    name: str
    tags: dict[str, str]
    reserved: int | None
    published: int  # number of the last version


class Target(NamedTuple):
    """What invoking a function under one name runs.

    ``versions`` are the possible ones with their shares; more than one for an alias with routing.
    """

    arn: str  # unqualified
    qualifier: str
    versions: tuple[tuple[FunctionVersion, float], ...]
    reserved: int | None

    @property
    def qualified(self) -> str:
        return f"{self.arn}:{self.qualifier or LATEST}"

    def choose(self, chance: float) -> FunctionVersion:
        """One of the versions, for a number drawn evenly from 0 to 1."""
        for version, share in self.versions[1:]:
            if chance < share:
                return version
            chance -= share
        return self.versions[0][0]


class FunctionMemory:
    """Targets by ARN and qualifier, filled from rows; whoever changes a function drops its entries.

    ``running`` counts the invocations of each function right now: that is no cache, but the truth.
    """

    def __init__(self) -> None:
        self.targets: dict[tuple[str, str], Target] = {}
        # by account, region, FunctionName and Qualifier: spares taking names apart for each invocation
        self.named: dict[tuple[str, str, str, str | None], Target] = {}
        self.event_settings: dict[tuple[str, str], Any] = {}  # see event_settings.py
        self.running: Counter[str] = Counter()
        self.running_in_account: Counter[tuple[str, str]] = Counter()
        self.log_lines: Any = None

    def drop(self, arn: str) -> None:
        for known in (self.targets, self.event_settings):
            for key in [key for key in known if key[0] == arn]:
                del known[key]
        self.named.clear()

    def clear(self) -> None:
        self.targets.clear()
        self.named.clear()
        self.event_settings.clear()


def find_function(call: Call, reference: Reference) -> Function:
    """The function; its qualifier is not looked at."""
    row = call.store.one(tables.FIND_FUNCTION, (reference.arn,))
    if row is None:
        raise function_not_found(reference.qualified)
    name, tags, reserved, published = row
    call.span.subject = reference.arn
    return Function(reference.arn, name, orjson.loads(tags), reserved, published)


def find_alias(call: Call, arn: str, name: str) -> dict[str, Any] | None:
    row = call.store.one(tables.FIND_ALIAS, (arn, name))
    alias: dict[str, Any] | None = orjson.loads(row[0]) if row else None
    return alias


def find_version(call: Call, arn: str, version: str) -> tuple[Configuration, str] | None:
    """Configuration and code of ``$LATEST`` or of a number."""
    row = call.store.one(tables.FIND_VERSION, (arn, 0 if version == LATEST else whole(version, 1)))
    return (orjson.loads(row[0]), row[1]) if row else None


def find_configuration(call: Call, reference: Reference) -> tuple[Configuration, str]:
    """Configuration and code of the version or alias that is named, ``$LATEST`` by default."""
    version = reference.qualifier or LATEST
    if version != LATEST and not version.isdigit():
        alias = find_alias(call, reference.arn, version)
        if alias is None:
            raise function_not_found(reference.qualified)
        version = alias["FunctionVersion"]
    found = find_version(call, reference.arn, version)
    if found is None:
        raise function_not_found(reference.qualified)
    return found


def save_version(call: Call, arn: str, configuration: Configuration, code: str) -> None:
    version = configuration["Version"]
    number = 0 if version == LATEST else int(version)
    call.store.run(tables.PUT_VERSION, (arn, number, orjson.dumps(configuration).decode(), code))
    call.memory.drop(arn)


def find_target(call: Call, reference: Reference) -> Target:
    """What to run; ResourceNotFoundException where there is none."""
    memory: FunctionMemory = call.memory
    key = (reference.arn, reference.qualifier)
    target = memory.targets.get(key)
    if target is None:
        target = memory.targets[key] = _make_target(call, reference)
    call.span.subject = reference.arn
    return target


def requested_target(call: Call, request: Request) -> Target:
    """What ``FunctionName`` and ``Qualifier`` of a request name."""
    memory: FunctionMemory = call.memory
    key = (call.account, call.region, request["FunctionName"], request.get("Qualifier"))
    target = memory.named.get(key)
    if target is None:
        target = find_target(call, refer(call, request))
        if len(memory.named) < _NAMES_REMEMBERED:
            memory.named[key] = target
    call.span.subject = target.arn
    return target


def _make_target(call: Call, reference: Reference) -> Target:
    function = find_function(call, reference)
    qualifier = reference.qualifier or LATEST
    shares = {qualifier: 1.0}
    if qualifier != LATEST and not qualifier.isdigit():
        alias = find_alias(call, reference.arn, qualifier)
        if alias is None:
            raise function_not_found(reference.qualified)
        weights: dict[str, float] = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        shares = {alias["FunctionVersion"]: 1.0, **weights}
    versions = []
    for version, share in shares.items():
        found = find_version(call, reference.arn, version)
        if found is None:
            raise function_not_found(reference.qualified)
        versions.append((describe_version(call, reference.arn, *found), share))
    return Target(reference.arn, reference.qualifier, tuple(versions), function.reserved)


def describe_version(call: Call, arn: str, configuration: Configuration, code: str) -> FunctionVersion:
    """A version for the runtime. Its credentials are of a session of its role, and hold as long as it runs, however
    far the clock is moved."""
    logging = configuration["LoggingConfig"]
    name = arn.rpartition(":")[2]
    layers = {layer["Arn"]: _layer_code(call, layer["Arn"]) for layer in configuration.get("Layers") or ()}
    account, keyring = arn.split(":")[4], call.engine.keyring
    return FunctionVersion(
        arn=f"{arn}:{configuration['Version']}",
        revision=configuration["RevisionId"],
        code=call.blobs.path(code),
        runtime=configuration["Runtime"],
        handler=configuration.get("Handler", ""),
        endpoint=call.endpoint,
        environment=(configuration.get("Environment") or {}).get("Variables") or {},
        layers=tuple(call.blobs.path(code) for code in layers.values() if code is not None),
        requirements=tuple(requirement_of(layer) or "" for layer, code in layers.items() if code is None),
        memory=configuration["MemorySize"],
        timeout=configuration["Timeout"],
        architecture=configuration["Architectures"][0],
        log_group=logging["LogGroup"],
        log_format=logging["LogFormat"],
        log_level=logging.get("ApplicationLogLevel", ""),
        secret=keyring.secret_of(account),
        session_token=keyring.standing_token(session_of(configuration["Role"], name), account),
    )


def _layer_code(call: Call, version_arn: str) -> str | None:
    """None for a public layer that packages stand for."""
    arn, _, version = version_arn.rpartition(":")
    # a deleted version goes on working in the functions that have it
    row = call.store.one(tables.LAYER_CODE, (arn, int(version)))
    if row is not None:
        return str(row[0])
    if requirement_of(version_arn) is None:
        raise not_found(f"Layer version {version_arn} does not exist.")
    return None


def find_setting(call: Call, arn: str, kind: str, qualifier: str) -> dict[str, Any] | None:
    """A policy, an event invoke configuration or a URL configuration of a function or qualifier."""
    row = call.store.one(tables.FIND_SETTING, (arn, kind, qualifier))
    value: dict[str, Any] | None = orjson.loads(row[0]) if row else None
    return value


def save_setting(call: Call, arn: str, kind: str, qualifier: str, value: dict[str, Any]) -> None:
    call.store.run(tables.PUT_SETTING, (arn, kind, qualifier, orjson.dumps(value).decode()))
