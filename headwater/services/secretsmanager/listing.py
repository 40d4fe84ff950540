"""Listing and filtering secrets.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from headwater.services.secretsmanager import tables
from headwater.services.secretsmanager.errors import invalid_token
from headwater.services.secretsmanager.rotation import describe_rotation
from headwater.services.secretsmanager.secret import Secret, day_of, versions_of
from headwater.spine.numbers import whole
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.pages import make_token, read_token

T = TypeVar("T")
_SIGN = re.compile(r"[/_+=.@-]")
_CAPITALIZED = re.compile(r"([^a-z][a-z]+)")
_SORTS = {"name": "name", "created-date": "created", "last-changed-date": "changed", "last-accessed-date": "accessed"}


def page(items: Sequence[T], request: Request, most: int = 100) -> tuple[list[T], dict[str, str]]:
    """The items of a page; the token holds how many came before."""
    token = request.get("NextToken")
    start = whole(read_token(token) or "") if token else 0
    if start is None:
        raise invalid_token()
    end = start + (request.get("MaxResults") or most)
    more = {"NextToken": make_token(str(end))} if end < len(items) else {}
    return list(items[start:end]), more


@operation("secretsmanager", "ListSecrets", reads=True)
def list_secrets(call: Call, request: Request) -> Result:
    found = selected(call, request.get("Filters") or [], bool(request.get("IncludePlannedDeletion")))
    attribute = _SORTS[request.get("SortBy") or "created-date"]
    found.sort(key=lambda secret: getattr(secret, attribute) or 0, reverse=request.get("SortOrder") == "desc")
    secrets, more = page(found, request)
    return {"SecretList": [_entry(call, secret) for secret in secrets], **more}


def _entry(call: Call, secret: Secret) -> dict[str, Any]:
    stages = {version.id: list(version.stages) for version in versions_of(call, secret) if version.stages}
    return describe(call, secret) | {"SecretVersionsToStages": stages or None}


def describe(call: Call, secret: Secret) -> dict[str, Any]:
    """What a listing and a description have in common."""
    return {
        "ARN": secret.arn,
        "Name": secret.name,
        "Description": secret.description,
        "KmsKeyId": secret.kms_key,
        "OwningService": secret.owner,
        "LastChangedDate": secret.changed,
        "LastAccessedDate": day_of(secret.accessed),
        "DeletedDate": secret.deleted,
        "CreatedDate": secret.created,
        "Tags": secret.tag_list or None,
        **describe_rotation(call, secret),
    }


def selected(call: Call, filters: list[dict[str, Any]], deleted: bool) -> list[Secret]:
    """All secrets that pass every filter."""
    secrets = [Secret(*row) for row in call.store.all(tables.LIST, (call.account, call.region))]
    return [
        secret
        for secret in secrets
        if (deleted or secret.deleted is None) and all(_passes(call, secret, each) for each in filters)
    ]


def _passes(call: Call, secret: Secret, chosen: dict[str, Any]) -> bool:
    """Values stand for themselves or, after a ``!``, for their contrary; one of them must hold."""
    key = chosen.get("Key") or "all"
    return any(
        not _holds(call, secret, key, value[1:]) if value.startswith("!") else _holds(call, secret, key, value)
        for value in chosen.get("Values") or ()
    )


def _holds(call: Call, secret: Secret, key: str, value: str) -> bool:
    tags = secret.tag_list
    match key:
        case "name":
            return secret.name.startswith(value)
        case "description":
            return _any_word(secret.description or "", value)
        case "tag-key":
            return any(tag["Key"].startswith(value) for tag in tags)
        case "tag-value":
            return any(tag["Value"].startswith(value) for tag in tags)
        case "owning-service":
            return (secret.owner or "").startswith(value)
        case "primary-region":
            return call.region.startswith(value)
    texts = [secret.name, secret.description or "", *(text for tag in tags for text in tag.values())]
    return any(_any_word(text, value) for text in texts)


def _any_word(text: str, value: str) -> bool:
    """Case does not count; each word of the value begins some word of the text. What is no word is in no text."""
    words, parts = _words(text), _words(value)
    return bool(parts) and all(any(word.startswith(part) for word in words) for part in parts)


def _words(text: str) -> list[str]:
    """``AppBeta`` is two words, ``COMPANYthings`` is ``compan`` and ``ythings``; a text with several kinds of signs
    between its words is one."""
    signs = set(_SIGN.findall(text))
    if len(signs) > 1:
        return [text.lower()]
    pieces = text.split(signs.pop()) if signs else [text]
    return [word.strip().lower() for piece in pieces for word in _CAPITALIZED.split(piece) if word.strip()]
