"""On AWS layers lie in ``/opt``, and some functions run programs there by that path (the CDK's BucketDeployment runs
``/opt/awscli/aws``). Here such a program is looked for in the function's layers, wherever they lie.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

LAYERS = "_HEADWATER_LAYERS"
_OPT = "/opt/"
_PYTHON = b"#!/var/lang/bin/python"


def install() -> None:
    """Nothing for functions without layers."""
    layers = [Path(layer) for layer in os.environ.get(LAYERS, "").split(os.pathsep) if layer]
    if not layers:
        return
    begin = subprocess.Popen.__init__

    def begin_here(self: Any, args: Any, *rest: Any, **more: Any) -> None:
        begin(self, found(args, layers), *rest, **more)

    subprocess.Popen.__init__ = begin_here  # type: ignore[method-assign]


def found(args: Any, layers: list[Path]) -> Any:
    """The command with its program's true path; one of AWS's own Python is run by ours."""
    if not isinstance(args, list | tuple) or not args or not str(args[0]).startswith(_OPT) or os.path.exists(args[0]):  # noqa: PTH110
        return args
    for layer in reversed(layers):
        program = layer / str(args[0]).removeprefix(_OPT)
        if program.is_file():
            with program.open("rb") as file:
                python = file.read(len(_PYTHON)) == _PYTHON
            return [*([sys.executable] if python else []), str(program), *args[1:]]
    return args
