"""JWT authorizers of HTTP APIs: whether a token lets a request in.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson
from joserfc import jws, jwt
from joserfc.errors import (
    BadSignatureError,
    ExpiredTokenError,
    InvalidKeyIdError,
    InvalidPayloadError,
    JoseError,
    MissingClaimError,
)
from joserfc.jwk import KeySet
from joserfc.jws import CompactSignature

from headwater.services.apigateway.mapping import Selector

_ALGORITHMS = ["RS256", "RS384", "RS512"]
_BEARER = "bearer "


class TokenAuthorizer(NamedTuple):
    """``scopes``: of the route; a token needs one of them, if there are any."""

    issuer: str
    audience: tuple[str, ...]
    source: Selector
    scopes: tuple[str, ...]


class TokenRefused(Exception):
    """Status and ``WWW-Authenticate`` header of the answer."""

    def __init__(self, status: int, challenge: str) -> None:
        super().__init__(challenge)
        self.status = status
        self.challenge = challenge


def refused(authorizer: TokenAuthorizer, why: str, error: str = "invalid_token", status: int = 401) -> TokenRefused:
    scopes = " ".join(authorizer.scopes)
    return TokenRefused(status, f'Bearer scope="{scopes}" error="{error}" error_description="{why}"')


def read_token(authorizer: TokenAuthorizer, text: str | None) -> CompactSignature:
    """The token of an identity source, with or without ``Bearer``, taken apart. TokenRefused where there is none."""
    token = (text or "").strip()
    if token[: len(_BEARER)].lower() == _BEARER:
        token = token[len(_BEARER) :].strip()
    if not token:
        raise TokenRefused(401, "Bearer")
    try:
        return jws.extract_compact(token.encode())
    except (JoseError, ValueError) as error:
        raise _malformed(authorizer, error) from None


def claims_of(authorizer: TokenAuthorizer, token: CompactSignature, keys: KeySet, now: int) -> dict[str, Any]:
    """What the integration sees: ``claims``, as texts, and ``scopes`` or None; ``now`` in ms. TokenRefused."""
    try:
        claims = _verified(token, keys)
    except InvalidKeyIdError:
        raise refused(authorizer, "signing key is not found") from None
    except (JoseError, ValueError) as error:
        raise _malformed(authorizer, error) from None
    _check_claims(authorizer, claims, now // 1000)
    scopes = _scopes(claims)
    if authorizer.scopes and not set(authorizer.scopes) & set(scopes):
        raise refused(authorizer, "the token does not have a required scope", "insufficient_scope", 403)
    granted = [scope for scope in authorizer.scopes if scope in scopes] or None
    return {"claims": {name: _as_text(value) for name, value in claims.items()}, "scopes": granted}


def _verified(token: CompactSignature, keys: KeySet) -> dict[str, Any]:
    if not jws.validate_compact(token, keys, _ALGORITHMS):
        raise BadSignatureError()
    claims = orjson.loads(token.payload)
    if not isinstance(claims, dict):
        raise InvalidPayloadError()
    return claims


def _malformed(authorizer: TokenAuthorizer, error: Exception) -> TokenRefused:
    return refused(authorizer, f"the token is malformed or its signature is invalid: {_one_line(error)}")


def _one_line(error: Exception) -> str:
    return str(error).partition("\n")[0].replace('"', "'").strip(": ")


def _check_claims(authorizer: TokenAuthorizer, claims: Mapping[str, Any], now: int) -> None:
    if claims.get("iss") != authorizer.issuer:
        raise refused(authorizer, "the token does not have a valid issuer")
    # an ``aud`` decides alone; only a token without one is asked for its client
    audience = claims["aud"] if claims.get("aud") is not None else claims.get("client_id")
    named = audience if isinstance(audience, list) else [audience]
    if not any(name in authorizer.audience for name in named):
        raise refused(authorizer, "the token does not have a valid audience")
    try:
        _within(claims, now)
    except ExpiredTokenError:
        raise refused(authorizer, "the token has expired") from None
    except MissingClaimError:
        raise refused(authorizer, "the token does not say when it expires") from None
    except JoseError:
        raise refused(authorizer, "the token is not valid yet") from None


def _within(claims: Mapping[str, Any], now: int) -> None:
    jwt.JWTClaimsRegistry(now=now, exp={"essential": True}).validate(dict(claims))


def _scopes(claims: Mapping[str, Any]) -> list[str]:
    """``scope`` is words, ``scp`` words or a list of them."""
    found: list[str] = []
    for name in ("scope", "scp"):
        value = claims.get(name)
        found += value.split() if isinstance(value, str) else [str(each) for each in value or ()]
    return found


def _as_text(value: Any) -> str:
    """Claims travel as texts; lists in brackets, as API Gateway writes ``cognito:groups``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{' '.join(_as_text(each) for each in value)}]"
    return str(value)
