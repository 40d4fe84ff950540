"""``BuildMethod: esbuild``: a Node.js function and what it imports, TypeScript too, made one file.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build-typescript.html
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from headwater.deploy.artifacts import Artifact
from headwater.deploy.dependencies import npm_install, run
from headwater.deploy.errors import DeploymentError

_SOURCES = (".ts", ".mts", ".tsx", ".js", ".mjs", ".jsx", ".cts", ".cjs")
_DEFAULTS = {"Minify": True, "Target": "es2020", "Format": "cjs"}
_SWITCHES = {"Minify": "minify", "Sourcemap": "sourcemap", "KeepNames": "keep-names"}
_VALUES = {"Target": "target", "Format": "format", "SourcesContent": "sources-content"}
_REPEATED = {
    "Alias": "alias",
    "Banner": "banner",
    "Define": "define",
    "External": "external",
    "Footer": "footer",
    "Inject": "inject",
    "Loader": "loader",
    "OutExtension": "out-extension",
}
_JOINED = {"MainFields": "main-fields", "Conditions": "conditions"}


def bundle(artifact: Artifact, modules: Path | None, cache: Path) -> Path:
    """A folder with what esbuild makes of a function; ``modules`` is where its dependencies are. DeploymentError."""
    source, properties = artifact.path, {**_DEFAULTS, **artifact.build_properties}
    target = cache / "bundles" / hashlib.sha256(f"{source}\0{artifact.logical_id}".encode()).hexdigest()[:32]
    shutil.rmtree(target, ignore_errors=True)
    entries = _entries(artifact, properties)
    command = [_esbuild(source, modules, cache), *entries, "--bundle", "--platform=node", "--log-level=error"]
    command += [f"--outdir={target}", *_options(artifact.logical_id, properties)]
    folders = [str(modules / "node_modules")] if modules is not None else []
    run(command, source, {**os.environ, "NODE_PATH": os.pathsep.join(folders)})
    return target


def _entries(artifact: Artifact, properties: Mapping[str, Any]) -> list[str]:
    """``EntryPoints``, or the file that the handler is in."""
    given = properties.get("EntryPoints")
    if given:
        return [str(entry) for entry in given]
    module = artifact.handler.rpartition(".")[0]
    for suffix in _SOURCES:
        if module and (artifact.path / f"{module}{suffix}").is_file():
            return [f"{module}{suffix}"]
    raise DeploymentError(
        f"{artifact.logical_id}: BuildProperties names no EntryPoints, and {artifact.handler} no file"
    )


def _options(logical_id: str, properties: Mapping[str, Any]) -> Iterator[str]:
    """SAM's properties as esbuild's own options."""
    known = {*_SWITCHES, *_VALUES, *_REPEATED, *_JOINED, "EntryPoints", "UseNpmCi"}
    if unknown := properties.keys() - known:
        raise DeploymentError(f"{logical_id}: {', '.join(sorted(unknown))} of BuildProperties is not implemented")
    for name, value in properties.items():
        if name in _SWITCHES and str(value).lower() == "true":
            yield f"--{_SWITCHES[name]}"
        elif name in _VALUES:
            yield f"--{_VALUES[name]}={str(value).lower() if isinstance(value, bool) else value}"
        elif name in _JOINED:
            yield f"--{_JOINED[name]}={value if isinstance(value, str) else ','.join(map(str, value))}"
        elif name in _REPEATED:
            yield from (f"--{_REPEATED[name]}:{each}" for each in value)


def _esbuild(source: Path, modules: Path | None, cache: Path) -> str:
    """The project's own esbuild, the PATH's, or one that npm installs once."""
    for folder in (source, *source.parents, *([modules] if modules is not None else [])):
        own = folder / "node_modules" / ".bin" / "esbuild"
        if own.exists():
            return str(own)
    if (found := shutil.which("esbuild")) is not None:
        return found
    folder = cache / "esbuild"
    if not (folder / "node_modules" / ".bin" / "esbuild").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(json.dumps({"dependencies": {"esbuild": "*"}}))
        npm_install(folder, "esbuild is needed")
    return str(folder / "node_modules" / ".bin" / "esbuild")
