"""Errors of a Python function in the shape in which callers get them.

``{"errorMessage", "errorType", "requestId", "stackTrace"}``:
https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any, Any], Any]


class Fault(Exception):
    """A fault that AWS's runtime names, not the function."""

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = trace or []


def describe(error: BaseException, request_id: str) -> dict[str, Any]:
    """The error as AWS gives it; our own frames are left out of the trace."""
    if isinstance(error, Fault):
        kind, message, trace = error.kind, error.message, error.trace
    else:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if "/headwater/runtime/guest/" not in f.filename and "<frozen" not in f.filename]
        while own and own[0].name == "import_module":
            own = own[1:]
        kind, message, trace = type(error).__name__, str(error), traceback.format_list(own)
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def load_handler(name: str) -> Handler:
    """The function that ``module.function`` or ``folder/module.function`` names."""
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        message = f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)"
        raise Fault("Runtime.MalformedHandlerName", message)
    if module_name.partition(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise Fault("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, trace) from error
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from None
    return handler
