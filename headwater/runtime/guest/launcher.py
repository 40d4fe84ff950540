"""The process that starts functions: small, single-threaded, warm.

The server sends requests over a socket (4 bytes of length, JSON, descriptors attached); each becomes
a child in a session of its own. Python functions are forks of this process, which has boto3 loaded
already, so that a cold start costs a few milliseconds; anything else is a fork and an exec. When the
server goes away, however it dies, the socket closes, and every function is killed.

Requests: ``{"launch": id, ...}``, ``{"kill": id}``. Replies: ``{"ready": version}``,
``{"launched": id, "pid": pid}``, ``{"exited": id, "status": exit code or minus signal}``.
"""

from __future__ import annotations

import copy
import gc
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from typing import Any

from headwater.runtime.guest import bootstrap
from headwater.runtime.guest.systems import System, prepare_to_fork

_USUAL = ("dynamodb", "events", "iot-data", "s3", "sns", "sqs", "stepfunctions")
_LENGTH = struct.Struct("!I")
_DONE = object()


class Launcher:
    """Serves the server's requests until its socket closes."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.children: dict[int, str] = {}  # process id to environment id
        self.wake, self._waker = socket.socketpair()
        self.wake.setblocking(False)
        self._waker.setblocking(False)
        self.pid = os.getpid()
        self.system = System()

    def run(self, preparation: Iterator[None]) -> None:
        """Take the first step of the preparation, which every function would have to take by itself;
        then serve until the server has gone, and prepare further while there is nothing to do."""
        preparing = next(preparation, _DONE) is not _DONE
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        selector = selectors.DefaultSelector()
        selector.register(self.control, selectors.EVENT_READ, self.serve)
        selector.register(self.wake, selectors.EVENT_READ, self.reap)
        self.reply({"ready": sys.version.split()[0]})
        alive = True
        while alive:
            events = selector.select(0 if preparing else None)
            alive = all(key.data() for key, _ in events)
            if preparing and not events:
                preparing = next(preparation, _DONE) is not _DONE
        for pid in self.children:
            kill_group(pid)

    def serve(self) -> bool:
        """One request; False once the server has gone."""
        try:
            head, descriptors, _, _ = socket.recv_fds(self.control, _LENGTH.size, 2)
            request = json.loads(receive(self.control, _LENGTH.unpack(head)[0]))
        except (OSError, EOFError, struct.error):
            return False
        if "launch" in request:
            self.launch(request, descriptors)
        else:
            for pid, identity in self.children.items():
                if identity == request["kill"]:
                    kill_group(pid)
        return True

    def launch(self, request: dict[str, Any], descriptors: list[int]) -> None:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                self.become(request, descriptors)
                status = bootstrap.run(request["path"], descriptors[1])
            finally:
                os._exit(status)
        for descriptor in descriptors:
            os.close(descriptor)
        self.children[pid] = request["launch"]
        self.reply({"launched": request["launch"], "pid": pid})

    def become(self, request: dict[str, Any], descriptors: list[int]) -> None:
        """In the child: a process of the function's own; returns only for Python."""
        os.setsid()
        self.system.die_with_parent()
        if os.getppid() != self.pid:
            os._exit(1)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for owned in (self.control, self.wake, self._waker):
            owned.close()
        os.dup2(descriptors[0], 1)
        os.dup2(descriptors[0], 2)
        os.close(descriptors[0])
        self.system.limit(request["memory"])
        os.chdir(request["folder"])
        environment = request["environment"]
        if request["command"]:
            os.execve(request["command"][0], request["command"], environment)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()

    def reap(self) -> bool:
        """Tell of the children that have ended, and kill what they left behind."""
        self.wake.recv(4096)
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            kill_group(pid)
            self.reply({"exited": self.children.pop(pid), "status": os.waitstatus_to_exitcode(status)})
        return True

    def reply(self, message: dict[str, Any]) -> None:
        data = json.dumps(message).encode()
        try:
            self.control.sendall(_LENGTH.pack(len(data)) + data)
        except OSError:
            pass  # the server has gone: the next read says so


def kill_group(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # before it has called setsid it leads no group; macOS refuses for groups of zombies
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def receive(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        if not chunk:
            raise EOFError
        data += chunk
    return data


def preload(folder: str) -> Iterator[None]:
    """Load boto3, then what clients of the usual services load, so that forks share it."""
    sys.path.append(folder)
    try:
        import boto3.session
        import botocore.session
    except ImportError:
        return  # an interpreter too old for it; the function's own import will say so
    share_models(botocore.session)
    share_handlers(botocore.session)
    session = boto3.session.Session("none", "none", region_name="us-east-1")
    for service in _USUAL:
        session.client(service, endpoint_url="http://127.0.0.1:9")
        gc.freeze()  # what is shared is not touched by the children's collections
        yield
    session.resource("dynamodb", endpoint_url="http://127.0.0.1:9")
    gc.collect()
    gc.freeze()


def share_models(botocore_session: Any) -> None:
    """Have all sessions read each service's model once: parsing them is most of a client's making."""
    create = botocore_session.create_loader
    shared = vars(create()).get("_cache")

    def create_loader(search_path_string: str | None = None) -> Any:
        loader = create(search_path_string)
        if search_path_string is None and shared is not None:
            loader._cache = shared
        return loader

    botocore_session.create_loader = create_loader


def share_handlers(botocore_session: Any) -> None:
    """Have all sessions copy the handlers of botocore's own: registering them is most of a session's making."""
    session_class = botocore_session.Session
    hooks = botocore_session.HierarchicalEmitter()
    session_class(event_hooks=hooks)

    def get_session(env_vars: Any = None) -> Any:
        return session_class(env_vars, copy.copy(hooks), include_builtin_handlers=False)

    botocore_session.get_session = get_session


def main(descriptor: int, folder: str) -> None:
    prepare_to_fork()
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    Launcher(socket.socket(fileno=descriptor)).run(preload(folder))
