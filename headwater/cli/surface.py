"""Talking to a running Headwater over its public surface."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import click


def ask(endpoint: str, path: str, method: str = "GET", body: Any = None, timeout: float = 30) -> Any:
    """The JSON that a page of the surface answers; a ClickException in words where it does not."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(endpoint.rstrip("/") + path, data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            raise click.ClickException(_reason(error)) from error
    except (urllib.error.URLError, OSError) as error:
        raise click.ClickException(
            f"No Headwater answers at {endpoint}. Start one with `headwater start`, or name it with --endpoint."
        ) from error


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError):
        return f"The server answered {error.code}."
