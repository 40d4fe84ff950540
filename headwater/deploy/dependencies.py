"""What functions need besides their own code: installed once for each list of requirements, then kept.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-using-build.html
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from headwater.deploy.errors import DeploymentError

# What the Lambda runtimes bring along.
PROVIDED_BY_PYTHON = frozenset(("boto3", "botocore", "s3transfer", "jmespath"))
_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
Install = Callable[[Path, Path], None]


def python_packages(source: Path, cache: Path) -> Path | None:
    """A folder with what ``requirements.txt`` asks for, None where that is nothing."""
    requirements = source / "requirements.txt"
    if not requirements.is_file() or not _asks_for_more(requirements.read_text()):
        return None
    key = f"{sys.version_info.major}.{sys.version_info.minor}\0".encode() + requirements.read_bytes()
    return _installed(key, source, cache / "python", _install_python)


def _asks_for_more(text: str) -> bool:
    for line in text.splitlines():
        plain = line.partition("#")[0].strip()
        name = _REQUIREMENT.match(plain)
        if plain and (name is None or name[0].lower().replace("_", "-") not in PROVIDED_BY_PYTHON):
            return True
    return False


def node_packages(source: Path, cache: Path) -> Path | None:
    """A folder with ``node_modules`` as ``package.json`` asks for, None where that is nothing."""
    package = source / "package.json"
    if not package.is_file():
        return None
    try:
        wanted = json.loads(package.read_text()).get("dependencies")
    except (ValueError, AttributeError) as error:
        raise DeploymentError(f"{package} is not a JSON object: {error}") from error
    if not wanted:
        return None
    lock = source / "package-lock.json"
    key = package.read_bytes() + (lock.read_bytes() if lock.is_file() else b"")
    return _installed(key, source, cache / "node", _install_node)


def _installed(key: bytes, source: Path, cache: Path, install: Install) -> Path:
    """The folder of what was installed for a key; made in a folder beside, so that it is whole or not there."""
    target = cache / hashlib.sha256(key).hexdigest()[:32]
    if not target.is_dir():
        partial = target.with_name(target.name + ".part")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        install(source, partial)
        partial.replace(target)
    return target


def _install_python(source: Path, target: Path) -> None:
    arguments = ["-r", str(source / "requirements.txt"), "--target", str(target)]
    if importlib.util.find_spec("pip") is not None:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    elif (uv := shutil.which("uv")) is not None:
        command = [uv, "pip", "install", "--quiet", "--python", sys.executable, *arguments]
    else:
        raise DeploymentError(f"{source / 'requirements.txt'} needs pip or uv, and neither is installed.")
    run(command, source)


def _install_node(source: Path, target: Path) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        if (source / name).is_file():
            shutil.copy(source / name, target)
    npm_install(target, f"{source / 'package.json'} is there")


def npm_install(folder: Path, why: str) -> None:
    """Install what a folder's ``package.json`` asks for; ``why`` npm is needed, where there is none."""
    npm = shutil.which("npm")
    if npm is None:
        raise DeploymentError(f"{why}, and npm is not installed.")
    verb = "ci" if (folder / "package-lock.json").is_file() else "install"
    run([npm, verb, "--omit=dev", "--no-audit", "--no-fund", "--silent"], folder)


def run(command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> None:
    """A command in a folder; DeploymentError with what it said where it fails."""
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    if finished.returncode:
        said = (finished.stderr.strip() or finished.stdout.strip())[-2000:]
        raise DeploymentError(f"{' '.join(command[:4])} failed for {folder}:\n{said}")
