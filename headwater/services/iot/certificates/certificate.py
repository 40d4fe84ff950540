"""A certificate that is registered, as operations find, describe and list it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from headwater.services.iot.certificates import tables
from headwater.services.iot.certificates.x509 import Invalid, validity_of
from headwater.services.iot.errors import invalid_request, not_found, page_size
from headwater.spine.arns import make_arn
from headwater.spine.errors import AwsError
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result
from headwater.spine.pages import make_token, read_token
from headwater.spine.shapes import failure

ID = re.compile("(0x)?[a-fA-F0-9]+")
_ID_LENGTH = 64
_PAGE = 250
_LAST = 2**62


class Certificate(NamedTuple):
    """Times in milliseconds; `ca` is the id of the registered authority that has signed it, if one has."""

    status: str
    mode: str
    pem: str
    ca: str | None
    created: int
    modified: int
    version: int


def certificate_arn(call: Call, identity: str) -> str:
    return make_arn("iot", call.region, call.account, f"cert/{identity}")


def check_id(request: Mapping[str, Any], member: str) -> str:
    """An id of the right form, or the error that the front end answers."""
    identity: str = request.get(member) or ""
    if len(identity) < _ID_LENGTH:
        constraint = f"Member must have length greater than or equal to {_ID_LENGTH}"
    elif len(identity) > _ID_LENGTH:
        constraint = f"Member must have length less than or equal to {_ID_LENGTH}"
    elif not ID.fullmatch(identity):
        constraint = f"Member must satisfy regular expression pattern: {ID.pattern}"
    else:
        return identity
    raise invalid_request(f"1 validation error detected: {failure(identity, member, constraint)}")


def find_certificate(call: Call, identity: str) -> Certificate:
    row = call.store.one(tables.CERTIFICATE, (call.account, call.region, identity))
    if row is None:
        raise not_found(f"Certificate {identity} not found")
    return Certificate(*row)


def described(call: Call, identity: str, pem: str) -> Result:
    """What both kinds of descriptions tell of a certificate itself."""
    before, after = validity_of(pem)
    return {
        "certificateArn": certificate_arn(call, identity),
        "certificateId": identity,
        "certificatePem": pem,
        "ownedBy": call.account,
        "validity": {"notBefore": before, "notAfter": after},
    }


def chosen(request: Mapping[str, Any], member: str, values: tuple[str, ...], default: str) -> str:
    """One of some words."""
    value = request.get(member) or default
    if value not in values:
        constraint = f"Member must satisfy enum value set: [{', '.join(values)}]"
        raise invalid_request(f"1 validation error detected: {failure(value, member, constraint)}")
    return str(value)


def page_of(
    call: Call, request: Request, up: str, down: str, more: tuple[Any, ...] = ()
) -> tuple[list[tuple[Any, ...]], str | None]:
    """A page of rows that begin with their number, the newest first unless it is asked for otherwise, and the next
    page's marker."""
    limit, rises = page_size(request, "pageSize", _PAGE), bool(request.get("ascendingOrder"))
    after = 0 if rises else _LAST
    if request.get("marker"):
        place = whole(read_token(request["marker"]) or "")
        if place is None:
            raise invalid_request("The marker is invalid.")
        after = place
    asked = (call.account, call.region, *more, after, limit + 1)
    rows = call.store.all(up if rises else down, asked)
    return rows[:limit], make_token(rows[limit - 1][0]) if len(rows) > limit else None


def readable(read: Callable[[], Any], code: str = "CertificateValidationException") -> Any:
    """What is read of a certificate, or AWS's error where it cannot be."""
    try:
        return read()
    except Invalid as error:
        raise AwsError(code, str(error)) from error
