"""The secrets of access keys: of those that were issued here, and of those that everybody uses on his own machine."""

from __future__ import annotations

from headwater.gateway.users import is_of_user
from headwater.languages.signatures.faults import Fault, Flaw
from headwater.spine.access_keys import account_of
from headwater.spine.engine import Engine
from headwater.spine.operations import Caller

CUSTOMARY = "test"
"""The access key id of the root user of the default account, and the secret of every account's. The other root users
have their account's number for an id."""
_REGION = "us-east-1"


def is_customary(access_key: str) -> bool:
    """Whether it is a root user's, who may sign with another secret where nothing is verified."""
    return access_key == CUSTOMARY or (len(access_key) == 12 and access_key.isdigit())


def secret_of(engine: Engine, access_key: str, token: str | None) -> str:
    """What a request of that access key, and of the session that a token names, has to be signed with. Flaw where
    there is no such key, or the token is no token of it."""
    if token is not None:
        if not engine.keyring.is_sealed(token, access_key):
            raise Flaw(Fault.TOKEN, token, why=f"the session token is none that was issued with {access_key}")
        return engine.keyring.secret_of(access_key)
    if is_customary(access_key):
        return CUSTOMARY
    if is_of_user(access_key) and engine.catalogue.loaded("iam"):
        caller = Caller(account_of(access_key) or "", _REGION, "")
        owner = engine.ask("iam", "KeyOwner", {"AccessKeyId": access_key}, caller)
        if owner and owner["Active"]:
            return engine.keyring.secret_of(access_key)
        why = f"the access key {access_key} is not active" if owner else f"there is no access key {access_key}"
        raise Flaw(Fault.UNKNOWN_KEY, access_key, why=why)
    if access_key.startswith("ASIA") and account_of(access_key):
        raise Flaw(Fault.UNKNOWN_KEY, access_key, why=f"{access_key} is of a session, whose token is not sent")
    raise Flaw(Fault.UNKNOWN_KEY, access_key, why=f"no access key {access_key} was issued here")
