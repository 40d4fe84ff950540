"""JWT authorizers of HTTP APIs: an issuer of our own, its keys found by OpenID Connect's discovery."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.conftest import Client, client_factory
from tests.server import ServerThread
from tests.services.endpoints import Asked, Endpoint, Reply
from tests.services.endpoints import endpoint as endpoint_of_its_own
from tests.services.http import Answer, ask
from tests.services.lambda_lab import make

SOURCE = "def handler(event, context):\n    return event['requestContext']\n"


class Issuer:
    """Issues tokens, and tells its keys to whoever asks."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.url = endpoint.url
        self.keys = [RSAKey.generate_key(2048, parameters={"kid": "first"})]
        self.asked: list[str] = []
        self.reachable = True
        endpoint.answer = self._answer

    def _answer(self, asked: Asked) -> Reply:
        self.asked.append(asked.path)
        if not self.reachable:
            return Reply(503)
        if asked.path == "/.well-known/openid-configuration":
            return Reply(body=json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/id/keys"}).encode())
        return Reply(body=json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode())

    def token(self, **claims: Any) -> str:
        """For the audience ``shop``, good for an hour; a claim that is None is left out."""
        given = {"iss": self.url, "aud": "shop", "exp": int(time.time()) + 3600, **claims}
        kept = {name: value for name, value in given.items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": str(self.keys[-1].kid)}, kept, self.keys[-1])


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with endpoint_of_its_own() as made:
        yield Issuer(made)


@pytest.fixture
def address(aws: Client, issuer: Issuer) -> str:
    return api_of(aws, issuer)


def api_of(aws: Client, issuer: Issuer) -> str:
    """An API as SAM makes it: ``/any`` wants a token, ``/orders`` one with a scope."""
    arn = make(aws("lambda"), source=SOURCE)
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri, "payloadFormatVersion": "2.0"}
    authorizer = {
        "type": "jwt",
        "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": issuer.url, "audience": ["shop"]},
    }

    def method(*scopes: str) -> dict[str, Any]:
        return {"get": {"security": [{"Tokens": list(scopes)}], "x-amazon-apigateway-integration": integration}}

    body = {
        "openapi": "3.0.1",
        "info": {"title": "tokens"},
        "paths": {"/any": method(), "/orders": method("orders/read", "orders/write")},
        "components": {"securitySchemes": {"Tokens": {"type": "oauth2", "x-amazon-apigateway-authorizer": authorizer}}},
    }
    client = aws("apigatewayv2")
    api = client.import_api(Body=json.dumps(body))
    client.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    found: str = api["ApiEndpoint"]
    return found


def get(url: str, token: str) -> Answer:
    return ask("GET", url, Authorization=token)


def test_the_claims_of_a_good_token_reach_the_function(address: str, issuer: Issuer) -> None:
    token = issuer.token(sub="me", admin=True, groups=["a", "b"], scope="orders/read other")
    for spelt in (token, f"Bearer {token}", f"bearer {token}"):
        answer = get(f"{address}/orders", spelt)
        assert answer.status == 200, answer
        granted = answer.json["authorizer"]["jwt"]
        assert granted["scopes"] == ["orders/read"]
        assert granted["claims"]["sub"] == "me"
        assert granted["claims"]["admin"] == "true"
        assert granted["claims"]["groups"] == "[a b]"
        assert granted["claims"]["exp"].isdigit()
    assert get(f"{address}/any", token).json["authorizer"]["jwt"]["scopes"] is None
    assert issuer.asked == ["/.well-known/openid-configuration", "/id/keys"]  # once, then kept


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "another"}, "the token does not have a valid audience"),
        ({"aud": "another", "client_id": "shop"}, "the token does not have a valid audience"),
        ({"aud": None}, "the token does not have a valid audience"),
        ({"iss": "http://127.0.0.1:9"}, "the token does not have a valid issuer"),
        ({"exp": 1}, "the token has expired"),
        ({"nbf": 9_999_999_999}, "the token is not valid yet"),
        ({"iat": 9_999_999_999}, "the token is not valid yet"),
        ({"exp": None}, "the token does not say when it expires"),
    ],
    ids=["audience", "client", "no-audience", "issuer", "expired", "not-before", "issued", "no-end"],
)
def test_a_token_that_does_not_do(address: str, issuer: Issuer, claims: dict[str, Any], why: str) -> None:
    answer = get(f"{address}/any", issuer.token(**claims))
    assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}')
    assert answer.headers["www-authenticate"] == f'Bearer scope="" error="invalid_token" error_description="{why}"'


def test_a_client_id_stands_for_an_audience_and_lists_have_many(address: str, issuer: Issuer) -> None:
    assert get(f"{address}/any", issuer.token(aud=None, client_id="shop")).status == 200
    assert get(f"{address}/any", issuer.token(aud=["another", "shop"])).status == 200


def test_a_route_wants_one_of_its_scopes(address: str, issuer: Issuer) -> None:
    assert get(f"{address}/orders", issuer.token(scp=["orders/write"])).status == 200
    answer = get(f"{address}/orders", issuer.token(scope="other"))
    assert (answer.status, answer.body) == (403, b'{"message":"Forbidden"}')
    assert 'scope="orders/read orders/write" error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_what_is_no_token(address: str, issuer: Issuer) -> None:
    assert ask("GET", f"{address}/any").headers["www-authenticate"] == "Bearer"
    other = RSAKey.generate_key(2048, parameters={"kid": "first"})
    claims = {"iss": issuer.url, "aud": "shop", "exp": int(time.time()) + 60}
    forged = jwt.encode({"alg": "RS256", "kid": "first"}, claims, other)
    secret = jwt.encode({"alg": "HS256", "kid": "first"}, claims, OctKey.generate_key(256))
    for token in ("x", "a.b.c", "Bearer", forged, secret, issuer.token() + "x"):
        answer = get(f"{address}/any", token)
        assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}'), token


def test_failures_to_reach_the_issuer_are_not_kept(address: str, issuer: Issuer) -> None:
    issuer.reachable = False
    refused = get(f"{address}/any", issuer.token())
    assert 'error_description="OIDC discovery endpoint communication error"' in refused.headers["www-authenticate"]
    issuer.reachable = True
    assert get(f"{address}/any", issuer.token()).status == 200


def test_tokens_expire_and_keys_are_looked_for_by_the_clock(timed: ServerThread, issuer: Issuer) -> None:
    address = api_of(client_factory(timed.endpoint, "444455556666"), issuer)
    end = timed.cloud.engine.clock.now() // 1000 + 3600
    assert get(f"{address}/any", issuer.token(exp=end)).status == 200
    issuer.keys.append(RSAKey.generate_key(2048, parameters={"kid": "second"}))
    assert get(f"{address}/any", issuer.token(exp=end)).status == 401  # an unknown key is looked for once a minute
    timed.advance(120_000)
    token = issuer.token(exp=end)
    assert get(f"{address}/any", token).status == 200
    timed.advance(3_600_000)
    assert "the token has expired" in get(f"{address}/any", token).headers["www-authenticate"]


def test_an_authorizer_is_checked_when_it_is_made(aws: Client) -> None:
    client = aws("apigatewayv2")
    api = client.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    common = {"ApiId": api, "Name": "t", "AuthorizerType": "JWT", "IdentitySource": ["$request.header.Authorization"]}
    for configuration in ({}, {"Issuer": "https://issuer"}, {"Issuer": "nonsense", "Audience": ["a"]}):
        with pytest.raises(client.exceptions.BadRequestException):
            client.create_authorizer(**common, JwtConfiguration=configuration)
    made = client.create_authorizer(**common, JwtConfiguration={"Issuer": "https://issuer", "Audience": ["a"]})
    assert client.get_authorizer(ApiId=api, AuthorizerId=made["AuthorizerId"])["JwtConfiguration"]["Audience"] == ["a"]
