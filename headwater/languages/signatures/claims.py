"""What a request says of its signature of version 4, in its Authorization header or its query string.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from headwater.languages.signatures.faults import Fault, Flaw
from headwater.languages.signatures.message import Message

ALGORITHM = "AWS4-HMAC-SHA256"
ASYMMETRIC = "AWS4-ECDSA-P256-SHA256"
TERMINATOR = "aws4_request"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"
IN_QUERY = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders")
_DATE = re.compile(r"\d{8}T\d{6}Z")
_USUAL = re.compile(r"AWS4-HMAC-SHA256 Credential=([^, ]+), ?SignedHeaders=([^, ]+), ?")
_PARTS = ("Credential", "Signature", "SignedHeaders")


class _Credential(NamedTuple):
    access_key: str
    day: str
    region: str
    service: str
    terminator: str


class Claim(NamedTuple):
    """``date`` as ``YYYYMMDDTHHMMSSZ``; ``token`` of a session, None where there is none. ``expires``: for how many
    seconds a URL holds, as text; None for what is signed in a header. ``in_query``: where it was found."""

    access_key: str
    day: str
    region: str
    service: str
    signed: tuple[str, ...]
    signature: str
    date: str
    token: str | None
    expires: str | None
    in_query: bool

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/{TERMINATOR}"


def is_signed(message: Message) -> bool:
    """Whether it is signed in any way that AWS knows."""
    return "authorization" in message.headers or "X-Amz-" in message.query or "AWSAccessKeyId=" in message.query


def read_claim(message: Message) -> Claim:
    """Flaw where it is not what it should be, or there is none."""
    if "authorization" in message.headers:
        return _of_header(message)
    if "X-Amz-Algorithm=" in message.query or "X-Amz-Signature=" in message.query:
        return _of_query(message)
    raise Flaw(Fault.MISSING)


@lru_cache(maxsize=1024)
def millis(date: str) -> int:
    """An instant of a claim in milliseconds; ValueError where it is none."""
    if not _DATE.fullmatch(date):
        raise ValueError(date)
    return int(datetime.strptime(date, DATE_FORMAT).replace(tzinfo=UTC).timestamp()) * 1000


def fields_of(query: str) -> dict[str, str]:
    """The first value of each name. A plus sign is one."""
    found: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        found.setdefault(unquote(name), unquote(value))
    return found


def _of_header(message: Message) -> Claim:
    headers = message.headers
    text = headers["authorization"]
    date = headers.get("x-amz-date") or _from_date(headers.get("date"))
    token = headers.get("x-amz-security-token")
    head, _, signature = text.partition("Signature=")
    usual = _usual(head)
    if usual is not None and signature and date and "," not in signature and " " not in signature:
        return _claim(*usual, signature, date, token, None, False)
    parts = _taken_apart(text)
    missing = tuple(name for name in _PARTS if not parts.get(name))
    if missing or not date:
        raise Flaw(Fault.INCOMPLETE, missing, bool(date), text)
    signed = tuple(parts["SignedHeaders"].lower().split(";"))
    return _claim(_credential(parts["Credential"], False), signed, parts["Signature"], date, token, None, False)


@lru_cache(maxsize=4096)
def _usual(head: str) -> tuple[_Credential, tuple[str, ...]] | None:
    """What stands before the signature, which clients repeat all day; None where it is in another order."""
    usual = _USUAL.fullmatch(head)
    return None if usual is None else (_credential(usual[1], False), tuple(usual[2].lower().split(";")))


def _taken_apart(text: str) -> dict[str, str]:
    algorithm, _, rest = text.partition(" ")
    if algorithm == ASYMMETRIC:
        raise Flaw(Fault.ASYMMETRIC)
    if algorithm != ALGORITHM:
        raise Flaw(Fault.ALGORITHM, algorithm, text)
    parts: dict[str, str] = {}
    for part in rest.replace(" ", ",").split(","):
        name, equals, value = part.partition("=")
        if part and not equals:
            raise Flaw(Fault.NO_EQUALS, part, text)
        parts[name] = value
    return parts


def _of_query(message: Message) -> Claim:
    fields = fields_of(message.query)
    algorithm = fields.get("X-Amz-Algorithm", "")
    if algorithm == ASYMMETRIC:
        raise Flaw(Fault.ASYMMETRIC)
    needed = (*IN_QUERY, "X-Amz-Expires") if "/s3/" in fields.get("X-Amz-Credential", "/s3/") else IN_QUERY
    missing = tuple(name for name in needed if not fields.get(name))
    if missing:
        raise Flaw(Fault.INCOMPLETE_QUERY, missing)
    if algorithm != ALGORITHM:
        raise Flaw(Fault.ALGORITHM_IN_QUERY, algorithm)
    token = fields.get("X-Amz-Security-Token") or message.headers.get("x-amz-security-token")
    credential = _credential(fields["X-Amz-Credential"], True)
    signed = tuple(fields["X-Amz-SignedHeaders"].lower().split(";"))
    signature, date = fields["X-Amz-Signature"], fields["X-Amz-Date"]
    return _claim(credential, signed, signature, date, token, fields.get("X-Amz-Expires"), True)


def _credential(text: str, in_query: bool) -> _Credential:
    parts = text.rsplit("/", 4)
    if len(parts) != 5 or not all(parts):
        raise Flaw(Fault.CREDENTIAL, text, in_query)
    return _Credential(*parts)


def _claim(
    credential: _Credential,
    signed: tuple[str, ...],
    signature: str,
    date: str,
    token: str | None,
    expires: str | None,
    in_query: bool,
) -> Claim:
    access_key, day, region, service, terminator = credential
    try:
        millis(date)
    except ValueError:
        raise Flaw(Fault.DATE, date, in_query) from None
    if terminator != TERMINATOR:
        raise Flaw(Fault.TERMINATOR, terminator, in_query)
    if day != date[:8]:
        raise Flaw(Fault.OTHER_DAY, day, date, in_query)
    return Claim(access_key, day, region, service, signed, signature, date, token, expires, in_query)


def _from_date(text: str | None) -> str:
    """The ``Date`` header as ``x-amz-date`` would say it; '' where it is none."""
    try:
        return parsedate_to_datetime(text).astimezone(UTC).strftime(DATE_FORMAT) if text else ""
    except (ValueError, OverflowError):
        return text if text and _DATE.fullmatch(text) else ""
