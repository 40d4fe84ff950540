"""The life of a Python function's process: load the handler, then event after event."""

from __future__ import annotations

import decimal
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headwater.runtime.guest import apis, clock, endpoints, headers, opt, signing, transport
from headwater.runtime.guest.client import Event, RuntimeClient
from headwater.runtime.guest.context import LambdaContext
from headwater.runtime.guest.faults import Fault, Handler, describe, load_handler
from headwater.runtime.guest.logs import LogHandler, log_fault, log_warning, set_up


def run(path: list[str], descriptor: int) -> int:
    """Serve the Runtime API on a socket until it closes; gives the exit status."""
    client = RuntimeClient(socket.socket(fileno=descriptor))
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.argv = [""]
    use_path(path)
    transport.install()
    signing.install()
    headers.install()
    endpoints.install()
    logs = set_up()
    warn_of_other_version()
    show_time = clock.install()
    opt.install()
    try:
        handler = load_handler(os.environ["_HANDLER"])
        apis.install()
        Function(client, handler, logs, show_time).serve()
    except SystemExit as error:
        return exit_status(error)
    except BaseException as error:  # noqa: BLE001 - whatever the module raised is reported
        fault = describe(error, "")
        log_fault(fault)
        client.fail_init(fault["errorType"], json.dumps(fault).encode())
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def use_path(path: list[str]) -> None:
    """Put the function's folders first; a package that it brings itself replaces the loaded one."""
    *brought, preinstalled = path
    # plain names, fast; compiled files, which every folder has, are no package
    names = [name for name in os.listdir(preinstalled) if name != "__pycache__"]  # noqa: PTH208
    if any(os.path.exists(os.path.join(f, n)) for f in brought for n in names):  # noqa: PTH110, PTH118
        roots = {Path(name).stem for name in names}
        for loaded in [m for m in sys.modules if m.partition(".")[0] in roots]:
            del sys.modules[loaded]
    sys.path[:] = [*path, *(p for p in sys.path if p != preinstalled)]


def warn_of_other_version() -> None:
    wanted = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("_python")[2]
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if wanted != running:
        log_warning(f"Headwater: python{wanted} is not installed; running on Python {running}.")


def exit_status(error: SystemExit) -> int:
    """The status that the interpreter would end with."""
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    sys.stderr.write(f"{error.code}\n")
    return 1


class Encoder(json.JSONEncoder):
    """JSON as AWS's runtime writes it: numbers of DynamoDB's resource API become floats."""

    def default(self, o: Any) -> Any:
        if isinstance(o, decimal.Decimal):
            return float(o)
        return super().default(o)


class Function:
    """A loaded handler and its conversation with the server."""

    def __init__(
        self, client: RuntimeClient, handler: Handler, logs: LogHandler, show_time: Callable[[str], None] | None = None
    ) -> None:
        self.client = client
        self.handler = handler
        self.logs = logs
        self.show_time = show_time
        self.encode = Encoder(ensure_ascii=False).encode

    def serve(self) -> None:
        while (event := self.client.next()) is not None:
            self.handle(event)

    def handle(self, event: Event) -> None:
        if self.show_time is not None:
            self.show_time(event.headers[clock.HEADER])
        context = LambdaContext(event.headers)
        request_id = self.logs.request_id = context.aws_request_id
        os.environ["_X_AMZN_TRACE_ID"] = event.headers.get("lambda-runtime-trace-id", "")
        try:
            payload = self.run(event.body, context)
        except Exception as error:  # noqa: BLE001 - whatever the handler raised is the answer
            fault = describe(error, request_id)
            log_fault(fault)
            sys.stdout.flush()
            self.client.fail(request_id, fault["errorType"], json.dumps(fault, ensure_ascii=False).encode())
        else:
            sys.stdout.flush()
            self.client.respond(request_id, payload)
        sys.stderr.flush()

    def run(self, body: bytes, context: LambdaContext) -> bytes:
        try:
            value = json.loads(body)
        except ValueError as error:
            raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error
        result = self.handler(value, context)
        try:
            return self.encode(result).encode("utf-8")
        except (TypeError, ValueError) as error:
            raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error
