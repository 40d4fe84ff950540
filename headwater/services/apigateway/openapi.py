"""Reading OpenAPI documents with API Gateway's extensions: both kinds of API are imported from them.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson
import yaml

from headwater.services.apigateway.errors import bad_request
from headwater.services.apigateway.openapi_shape import misfit

ANY = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"
_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch"})


class ImportedMethod(NamedTuple):
    """One method of one path; ``integration`` in the words of the extension."""

    method: str
    path: str
    integration: Mapping[str, Any] | None
    definition: Mapping[str, Any]
    security: str | None
    scopes: tuple[str, ...] = ()


def read_document(text: str | bytes) -> dict[str, Any]:
    """The document of a JSON or YAML text; AwsError where it is no OpenAPI document."""
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        try:
            document = yaml.load(text, Loader=yaml.CSafeLoader)
        except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that is none is a ValueError
            raise bad_request(f"Unable to parse API definition because of a malformed body: {error}") from None
    if not isinstance(document, dict) or not ("openapi" in document or "swagger" in document):
        raise bad_request("Invalid OpenAPI input.")
    if (place := misfit(document)) is not None:
        raise bad_request(f"Invalid OpenAPI input. The value at {place.removeprefix('.')} is of a wrong type.")
    return document


def title_of(document: Mapping[str, Any]) -> str:
    title = (document.get("info") or {}).get("title")
    if not title:
        raise bad_request("Invalid OpenAPI input. info.title is required.")
    return str(title)


def identity_sources(authorizer: Mapping[str, Any]) -> list[str]:
    """Separated by commas in one text, or a list, as AWS SAM writes it for HTTP APIs."""
    given = authorizer.get("identitySource") or ""
    texts = given.split(",") if isinstance(given, str) else given
    return [text for each in texts if (text := str(each).strip())]


def tags_of(document: Mapping[str, Any]) -> dict[str, str]:
    value = "x-amazon-apigateway-tag-value"
    return {tag["name"]: tag[value] for tag in document.get("tags") or () if value in tag}


def methods_of(document: Mapping[str, Any]) -> Iterator[ImportedMethod]:
    """All methods of all paths, ``ANY`` among them."""
    for path, item in (document.get("paths") or {}).items():
        for name, definition in (item or {}).items():
            if name in _METHODS or name == ANY:
                method, definition = "ANY" if name == ANY else name.upper(), definition or {}
                integration = _referred(document, definition.get(_INTEGRATION))
                yield ImportedMethod(method, path, integration, definition, *_security(document, definition))


def _referred(document: Mapping[str, Any], value: Any) -> Mapping[str, Any] | None:
    """Follow ``{"$ref": "#/components/…"}``."""
    if isinstance(value, Mapping) and (reference := value.get("$ref")):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found.get(step) if isinstance(found, Mapping) else None
        if found is None:
            raise bad_request(f"Invalid OpenAPI input. {reference} does not exist.")
        return _referred(document, found)
    return value if isinstance(value, Mapping) else None


def _security(document: Mapping[str, Any], definition: Mapping[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    """The first security scheme of a method that has an authorizer, and the scopes that it asks for."""
    requirements = definition.get("security", document.get("security")) or []
    for requirement in requirements:
        for name, scopes in requirement.items():
            if name in security_schemes(document):
                return str(name), tuple(scopes or ())
    return None, ()


def security_schemes(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Schemes that authorizers stand behind, by name."""
    schemes = (document.get("components") or {}).get("securitySchemes") or document.get("securityDefinitions") or {}
    return {name: scheme for name, scheme in schemes.items() if "x-amazon-apigateway-authorizer" in scheme}
