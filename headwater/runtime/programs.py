"""From a runtime's name to the program that runs it, and its environment variables.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from headwater.runtime.failures import Failure, invalid_entrypoint
from headwater.runtime.guest.opt import LAYERS
from headwater.runtime.guest.preloaded import PRELOADED
from headwater.spine.functions import FunctionVersion

_NODE_BOOTSTRAP = Path(__file__).parent / "guest" / "bootstrap.mjs"


class CannotRun(Exception):
    """There is no program for a function; ``failure`` is what its caller gets."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


def python_for(runtime: str) -> str:
    """The interpreter for ``python3.12``: that very version where it is installed, else our own."""
    own = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if runtime == own or not runtime.startswith("python"):
        return sys.executable
    return shutil.which(runtime) or sys.executable


def command_for(function: FunctionVersion) -> list[str]:
    """What to execute; nothing for Python, which is forked. Raises CannotRun."""
    runtime = function.runtime
    if runtime.startswith("python"):
        return []
    if runtime.startswith("nodejs"):
        node = shutil.which("node")
        if node is None:
            raise CannotRun(invalid_entrypoint(f"{runtime} needs Node.js, and no node is on the PATH"))
        # room for what is not the heap, as AWS leaves it
        heap = max(64, function.memory * 9 // 10)
        return [node, f"--max-old-space-size={heap}", str(_NODE_BOOTSTRAP)]
    if runtime.startswith("provided"):
        candidates = [folder / "bootstrap" for folder in (function.code, *function.layers)]
        for candidate in candidates:
            if os.access(candidate, os.X_OK):
                return [str(candidate)]
        listed = " ".join(map(str, candidates))
        raise CannotRun(invalid_entrypoint(f"Couldn't find valid bootstrap(s): [{listed}]"))
    raise CannotRun(invalid_entrypoint(f"Headwater has no program for the runtime {runtime}"))


def python_path(function: FunctionVersion, preinstalled: Path) -> list[str]:
    """Where a Python function imports from, first to last, before the standard library."""
    folders = [function.code]
    for layer in function.layers:
        folders += [layer / "python" / "lib" / function.runtime / "site-packages", layer / "python"]
    return [str(folder) for folder in (*folders, preinstalled)]


def node_path(function: FunctionVersion) -> list[str]:
    major = function.runtime.removeprefix("nodejs").removesuffix(".x")
    folders = []
    for layer in function.layers:
        folders += [layer / "nodejs" / f"node{major}" / "node_modules", layer / "nodejs" / "node_modules"]
    return [str(folder) for folder in folders]


def variables(function: FunctionVersion, log_stream: str, temporary: Path, preinstalled: Path) -> dict[str, str]:
    """The environment variables of a process: AWS's, then the function's own."""
    layers_bin = [str(layer / "bin") for layer in function.layers]
    layers_lib = [str(layer / "lib") for layer in function.layers]
    made = {
        "AWS_ACCESS_KEY_ID": function.account,
        "AWS_SECRET_ACCESS_KEY": function.secret,
        "AWS_SESSION_TOKEN": function.session_token,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_REGION": function.region,
        "AWS_ENDPOINT_URL": function.endpoint,
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",  # sync-127.0.0.1 exists nowhere
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": function.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": function.endpoint.rpartition("/")[2],
        "LAMBDA_TASK_ROOT": str(function.code),
        "LAMBDA_RUNTIME_DIR": str(preinstalled),
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": os.pathsep.join([str(function.code), str(function.code / "lib"), *layers_lib]),
        "PATH": os.pathsep.join([*layers_bin, os.environ.get("PATH", os.defpath)]),
        "TMPDIR": str(temporary),
        "TZ": ":UTC",
        "_HANDLER": function.handler,
    }
    if function.log_level:
        made["AWS_LAMBDA_LOG_LEVEL"] = function.log_level
    if function.layers:
        made[LAYERS] = os.pathsep.join(map(str, function.layers))
    if function.runtime.startswith("python"):
        made["PYTHONPATH"] = str(preinstalled)
    elif function.runtime.startswith("nodejs"):
        made["NODE_PATH"] = os.pathsep.join(node_path(function))
    return {**made, **function.environment}


def gather_preinstalled(folder: Path) -> None:
    """Link what AWS's Python runtimes bring (boto3 and what it needs) into a folder of its own, so
    that functions see these packages, and no others of ours."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PRELOADED:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        link = folder / source.name
        if not link.is_symlink() or link.readlink() != source:
            link.unlink(missing_ok=True)
            link.symlink_to(source)
