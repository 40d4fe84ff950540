"""The AWS SDK for JavaScript, which AWS's Node.js runtimes bring, so that functions import it without packing it.

What a function names and nothing around it has is installed by npm, once, into a ``node_modules`` above all unpacked
code, where Node.js looks by itself.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-sdk-included
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from headwater.spine.functions import FunctionVersion

_NAMED = re.compile(rb"""["'](@(?:aws-sdk|smithy)/[a-z0-9-]+)""")
# names that are put together at run time, as the CDK's AwsCustomResource does: the client of any service may be meant
_PUT_TOGETHER = re.compile(rb"""@aws-sdk/client-(?:\$\{|["'`]\s*\+)""")
_SERVICES = (
    *("api-gateway", "apigatewaymanagementapi", "apigatewayv2", "cloudformation", "cloudwatch", "cloudwatch-logs"),
    *("dynamodb", "eventbridge", "firehose", "iam", "iot", "iot-data-plane", "kinesis", "lambda", "pipes", "s3"),
    *("scheduler", "schemas", "secrets-manager", "sfn", "sns", "sqs", "ssm", "sts"),
)
_SOURCES = frozenset({".js", ".mjs", ".cjs"})
_LONGEST = 120.0  # seconds for npm


class NodeSdk:
    """Provides what is missing; ``folder`` is above all unpacked code."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._installing = asyncio.Lock()
        self._seen: set[Path] = set()

    async def provide(self, function: FunctionVersion) -> str | None:
        """Install what the function's code lacks. Why that failed, if it did, to be told once."""
        if function.code in self._seen:
            return None
        async with self._installing:
            missing = await asyncio.to_thread(_missing, function, self._folder / "node_modules")
            trouble = await self._install(missing) if missing else None
            self._seen.add(function.code)
            return trouble

    async def _install(self, packages: list[str]) -> str | None:
        npm = shutil.which("npm")
        if npm is None:
            return f"{', '.join(packages)}: AWS's Node.js has it; to have it here, install npm or pack it"
        self._folder.mkdir(parents=True, exist_ok=True)
        options = ("--prefix", str(self._folder), "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
        process = await asyncio.create_subprocess_exec(
            npm, "install", *options, *packages,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(_LONGEST):
                _, errors = await process.communicate()
        except TimeoutError:
            return f"npm took more than {_LONGEST:.0f} seconds to install {', '.join(packages)}"
        finally:
            if process.returncode is None:  # it took too long, or nobody waits any more
                process.kill()
        lines = errors.decode(errors="replace").splitlines() or [""]
        return None if process.returncode == 0 else f"npm could not install {', '.join(packages)}: {lines[-1]}"


def _missing(function: FunctionVersion, shared: Path) -> list[str]:
    around = [folder / "node_modules" for folder in (function.code, *function.code.parents)]
    of_layers = [folder for layer in function.layers for folder in (layer / "nodejs").glob("**/node_modules")]
    places = (shared, *around, *of_layers)
    named: set[str] = set()
    for source in _sources(function.code):
        text = source.read_bytes()
        named |= {name.decode() for name in _NAMED.findall(text)}
        if _PUT_TOGETHER.search(text):
            named |= {f"@aws-sdk/client-{service}" for service in _SERVICES}
    return sorted(name for name in named if not any((place / name).is_dir() for place in places))


def _sources(folder: Path) -> Iterator[Path]:
    """The function's own sources, without the packages that it has packed."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != "node_modules":
            yield from _sources(path)
        elif path.suffix in _SOURCES and path.is_file():
            yield path
