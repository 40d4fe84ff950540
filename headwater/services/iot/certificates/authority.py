"""The authority that signs the certificates that IoT makes: one of this cloud's own, made when it is first needed."""

from __future__ import annotations

import asyncio

from headwater.services.iot.certificates import tables
from headwater.services.iot.certificates.trust import tell_trusted
from headwater.services.iot.certificates.x509 import make_authority
from headwater.spine.operations import Call
from headwater.spine.work import Work

_NAME = "certificates"


def find_authority(call: Call) -> tuple[str, str] | None:
    """Its private key and its certificate, as PEM."""
    row = call.store.one(tables.AUTHORITY, (_NAME,))
    return None if row is None else (row[0], row[1])


async def ensure_authority(work: Work) -> None:
    """Make it beside everything else; whoever comes first has made it for all."""
    if await work.transact(find_authority) is None:
        await work.transact(_keep, await asyncio.to_thread(make_authority))


def _keep(call: Call, made: tuple[str, str]) -> None:
    if call.store.run(tables.INSERT_AUTHORITY, (_NAME, *made)):
        tell_trusted(call, made[1])
