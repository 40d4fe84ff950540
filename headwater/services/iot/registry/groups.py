"""How groups of things hang together: what a policy of one reaches."""

from __future__ import annotations

from headwater.services.iot.registry import tables
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call


def group_arn(call: Call, name: str) -> str:
    return make_arn("iot", call.region, call.account, f"thinggroup/{name}")


def _parents(call: Call) -> dict[str, str | None]:
    return dict(call.store.all(tables.THING_GROUPS, (call.account, call.region)))


def lineage(call: Call, name: str) -> list[str]:
    """A group, its parent, and so on to the root."""
    parents, found = _parents(call), [name]
    while (parent := parents.get(found[-1])) is not None:
        found.append(parent)
    return found


def offspring(call: Call, parent: str | None, deep: bool) -> list[str]:
    """The groups below one, or all below none; where not ``deep``, its children alone."""
    parents = _parents(call)
    found = [name for name, above in parents.items() if above == parent]
    if deep:
        for name in found:  # grows as it is gone through
            found += [child for child, above in parents.items() if above == name]
    return found


def groups_of(call: Call, thing: str) -> list[str]:
    """The groups that a thing is in itself."""
    return [name for (name,) in call.store.all(tables.GROUPS_OF_THING, (call.account, call.region, thing))]


def members(call: Call, group: str, deep: bool) -> list[str]:
    """The things of a group, and, where ``deep``, of those below it."""
    names = [group, *(offspring(call, group, deep=True) if deep else ())]
    rows = [row for name in names for row in call.store.all(tables.MEMBERS, (call.account, call.region, name))]
    return sorted({thing for (thing,) in rows})
