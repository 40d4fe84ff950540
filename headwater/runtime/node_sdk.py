"""The AWS SDK for JavaScript, which AWS's Node.js runtimes bring, so that functions import it without packing it: until
Node.js 16 version 2, then the packages of version 3.

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

# where something is imported; what a bundler packed names packages in other places too
_IMPORTED = re.compile(
    rb"""(?:\bfrom|\bimport|require[\w.]*)\s*\(?\s*["'`](@(?:aws-sdk|smithy)/[a-z0-9-]+|aws-sdk)(?=["'`/])"""
)
_SDK_2 = "aws-sdk"
_WITH_SDK_2 = re.compile(r"nodejs(4\.3|6\.10|8\.10|1[0-6]\.x)")
# names that are put together at run time, as the CDK's AwsCustomResource does: the client of any service may be meant
_PUT_TOGETHER = re.compile(rb"""@aws-sdk/client-(?:\$\{|["'`]\s*\+)""")
# what AWS's Node.js has not, and the SDK names in its own error messages
_ASKED_FOR = frozenset({"@aws-sdk/signature-v4-crt", "@aws-sdk/signature-v4a"})
_SERVICES = (
    *("api-gateway", "apigatewaymanagementapi", "apigatewayv2", "cloudformation", "cloudwatch", "cloudwatch-logs"),
    *("dynamodb", "eventbridge", "firehose", "iam", "iot", "iot-data-plane", "kinesis", "lambda", "pipes", "s3"),
    *("scheduler", "schemas", "secrets-manager", "sfn", "sns", "sqs", "ssm", "sts"),
)
_SOURCES = frozenset({".js", ".mjs", ".cjs"})
# whoever invokes the function waits: npm gives up where a request is not answered soon, and tells each that it makes
_OPTIONS = (
    "--no-audit",
    "--no-fund",
    "--no-package-lock",
    "--loglevel=http",
    "--fetch-retries=0",
    "--fetch-timeout=5000",
)
_PATIENCE = 15.0  # seconds without a word, after which npm is taken to hang
_LONGEST = 120.0  # seconds for all
_REST = 60.0  # seconds until what has failed is tried again
_WORD = re.compile(r"npm (?:error|ERR!) (.*)")
_OF_A_PACKAGE = frozenset({"code E404", "code ETARGET"})  # the registry itself is there
_ANY = ""


class NodeSdk:
    """Provides what is missing; ``folder`` is above all unpacked code, ``patience`` how long npm may say nothing."""

    def __init__(self, folder: Path, patience: float = _PATIENCE) -> None:
        self._folder = folder
        self._patience = patience
        self._installing = asyncio.Lock()
        self._complete: set[Path] = set()
        self._failed: dict[str, tuple[float, str]] = {}  # package, or any: until when in the loop's time, and why

    async def provide(self, function: FunctionVersion) -> str | None:
        """Install what the function's code lacks. Why that failed, if it did."""
        if function.code in self._complete:
            return None
        trouble = None
        if await self._missing(function):
            async with self._installing:
                missing = await self._missing(function)  # somebody else may have installed it meanwhile
                trouble = self._known(missing) or await self._install(missing)
        if trouble is None:
            self._complete.add(function.code)
        return trouble

    async def _missing(self, function: FunctionVersion) -> list[str]:
        return await asyncio.to_thread(_missing, function, self._folder / "node_modules")

    def _known(self, packages: list[str]) -> str | None:
        now = asyncio.get_running_loop().time()
        failed = [self._failed[name] for name in (*packages, _ANY) if name in self._failed]
        return next((why for until, why in failed if until > now), None)

    async def _install(self, packages: list[str]) -> str | None:
        if not packages:
            return None
        listed = ", ".join(packages)
        npm = shutil.which("npm")
        if npm is None:
            return f"{listed}: AWS's Node.js has it; to have it here, install npm or pack it"
        self._folder.mkdir(parents=True, exist_ok=True)
        patience = self._patience * (4 if _SDK_2 in packages else 1)  # it is large, and says nothing while it unpacks
        complaints = await _run([npm, "install", "--prefix", str(self._folder), *_OPTIONS, *packages], patience)
        if complaints is None:
            return None
        why = f"npm could not install {listed}, which AWS's Node.js has: {_reason(complaints)}"
        named = packages if _OF_A_PACKAGE.intersection(complaints) else [_ANY]
        self._failed |= dict.fromkeys(named, (asyncio.get_running_loop().time() + _REST, why))
        return why


async def _run(command: list[str], patience: float) -> list[str] | None:
    """What npm complains of; nothing where it succeeds."""
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command, stdin=nowhere, stdout=nowhere, stderr=asyncio.subprocess.PIPE, limit=1 << 20
    )
    assert process.stderr is not None
    complaints: list[str] = []
    try:
        async with asyncio.timeout(_LONGEST):
            while line := await asyncio.wait_for(process.stderr.readline(), patience):
                if word := _WORD.match(line.decode(errors="replace")):
                    complaints.append(word[1].strip())
            return complaints if await process.wait() else None
    except TimeoutError:
        return ["it hung, and was ended"]
    finally:
        if process.returncode is None:  # it took too long, or nobody waits any more
            process.kill()


def _reason(complaints: list[str]) -> str:
    """The line that says it, below the codes."""
    told = [line for line in complaints if line and not line.startswith(("code ", "syscall ", "errno "))]
    return told[0] if told else "it does not say why"


def _missing(function: FunctionVersion, shared: Path) -> list[str]:
    around = [folder / "node_modules" for folder in (function.code, *function.code.parents)]
    of_layers = [folder for layer in function.layers for folder in (layer / "nodejs").glob("**/node_modules")]
    places = (shared, *around, *of_layers)
    named: set[str] = set()
    for source in _sources(function.code):
        text = source.read_bytes()
        named |= {name.decode() for name in _IMPORTED.findall(text)}
        if _PUT_TOGETHER.search(text):
            named |= {f"@aws-sdk/client-{service}" for service in _SERVICES}
    if not _WITH_SDK_2.match(function.runtime):
        named.discard(_SDK_2)
    return sorted(name for name in named - _ASKED_FOR if not any((place / name).is_dir() for place in places))


def _sources(folder: Path) -> Iterator[Path]:
    """The function's own sources, without the packages that it has packed."""
    for path in folder.iterdir():
        if path.is_dir() and path.name != "node_modules":
            yield from _sources(path)
        elif path.suffix in _SOURCES and path.is_file():
            yield path
