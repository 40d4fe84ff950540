"""Sends made-up requests to a running server through botocore, and notes whatever is a fault of ours."""

from __future__ import annotations

import copy
import logging
import random
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.model import OperationModel

from headwater.services import SERVICES
from headwater.spine.models import load_model
from tests.fuzz.answers import lacking
from tests.fuzz.scene import steps
from tests.fuzz.seeds import ACCOUNT
from tests.fuzz.values import Requests, Vocabulary
from tests.fuzz.wire import Wire, bent, target_of

_SECONDS = 60
_ONCE = {"total_max_attempts": 1}
# they wait for what nobody does
_WAITING = frozenset((("states", "GetActivityTask"),))


class Finding(NamedTuple):
    """A request whose outcome is a fault of ours. ``what``: in a few words; ``details``: a traceback, or the answer."""

    operation: str
    what: str
    details: str
    request: Any

    def shown(self) -> str:
        return f"{self.operation}: {self.what}\n{self.details}\n  request: {self.request!r:.1500}"


class Log(logging.Handler):
    """The errors that Headwater and the event loop log: in our house style each is a fault of ours."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        trace = "" if error is None else "".join(traceback.format_exception(error, limit=-6))
        self.errors.append(f"{record.name}: {record.getMessage()}\n{trace}")

    @contextmanager
    def listening(self) -> Iterator[Log]:
        loggers = [logging.getLogger(name) for name in ("headwater", "asyncio")]
        for logger in loggers:
            logger.addHandler(self)
        try:
            yield self
        finally:
            for logger in loggers:
                logger.removeHandler(self)


class Fuzzer:
    """One seeded run against one server."""

    def __init__(self, endpoint: str, operations: dict[str, list[str]], log: Log, seed: int) -> None:
        self.findings: list[Finding] = []
        self.asked: Counter[str] = Counter()
        self.accepted: Counter[str] = Counter()
        self._log = log
        self._source = random.Random(seed)
        self._vocabulary = Vocabulary()
        self._session = botocore.session.Session()
        self._session.set_credentials(ACCOUNT, "secret")
        self._endpoint = endpoint
        self._clients: dict[str, Any] = {}
        self._requests: dict[str, Requests] = {}
        self._operations = operations
        self.bending = False
        self.request: dict[str, Any] | None = None
        self._sent: Any = None

    def set_scene(self, again: bool = False) -> None:
        """Make something of everything. ``again``: some of it may still be there, or what it needs may not."""
        last: dict[str, Any] = {}
        for service, operation, request in steps(lambda member: last.get(member, "none")):
            if service not in self._operations:
                continue
            try:
                answer = self.client(service)._make_api_call(operation, request)
            except ClientError:
                if not again:
                    raise
                continue
            last.update(answer)
            self._vocabulary.learn(service, {**request, **answer, "ResponseMetadata": {}})

    def run(self, service: str, count: int) -> None:
        """Send so many requests to a service, in rounds: each operation comes in every round."""
        left = count
        while left > 0:
            round_ = self._source.sample(self._operations[service], len(self._operations[service]))
            round_.sort(key=lambda name: name.startswith("Delete"))
            for operation in round_[:left]:
                if (service, operation) not in _WAITING:
                    self.send(service, operation)
            left -= len(round_)

    def send(self, service: str, operation: str) -> None:
        client = self.client(service)
        self.bending = self._source.random() < 0.3
        request = self._requests[service].make(operation)
        self._sent, self.request = None, copy.deepcopy(request)
        self.asked[f"{service}:{operation}"] += 1
        error_before = len(self._log.errors)
        what = details = ""
        try:
            answer = client._make_api_call(operation, request)
            read_whole(answer)
            self.accepted[f"{service}:{operation}"] += 1
            lacks = lacking(_model(client, operation), answer) if self._is_whole(client, operation, request) else ()
            if told := sorted(set(lacks)):
                what, details = f"the answer lacks {', '.join(told)}", repr(answer)[:1000]
            self._vocabulary.learn(service, {**request, **answer, "ResponseMetadata": {}})
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            code = error.response["Error"].get("Code", "")
            # botocore makes a 500 without a code of an answer of S3's that is no XML: another operation's
            if status >= 500 and code not in ("NotImplemented", "501") and (service, code) != ("s3", "500"):
                what, details = f"answered {status} {code}", str(error)
            elif code == str(status) and service != "s3" and not _is_no_request(error):
                what, details = f"answered {status} without a code", str(error.response)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            # else the client could not write it, or it is a control character, which S3 has in its XML as well
            written = self._sent is not None and type(error) is not HTTPClientError
            if written and "&#x" not in str(error):
                what, details = f"no answer that can be read: {error!r}", traceback.format_exc(limit=-3)
        if logged := self._log.errors[error_before:]:
            what, details = what or "logged an error", "\n".join([*logged, details])
        if what:
            self.findings.append(Finding(f"{service}:{operation}", what, details, self._sent or request))

    def _is_whole(self, client: Any, operation: str, request: dict[str, Any]) -> bool:
        """Whether it surely was the request of this operation: by path and query another may have been meant."""
        shape = _model(client, operation).input_shape
        return not self.bending and (shape is None or all(request.get(name) for name in shape.required_members))

    def client(self, service: str) -> Any:
        client = self._clients.get(service)
        if client is None:
            model = SERVICES[service].model
            assert model is not None
            client = self._session.create_client(
                model, "us-east-1", endpoint_url=self._endpoint,
                config=Config(
                    read_timeout=_SECONDS, retries=_ONCE, parameter_validation=False, inject_host_prefix=False,
                    s3={"addressing_style": "path"},
                ),
            )  # fmt: skip
            client.meta.events.register("before-send", self._bend)
            self._clients[service] = client
            self._requests[service] = Requests(service, load_model(model), self._vocabulary, self._source)
        return client

    def _bend(self, request: Any, **_: Any) -> None:
        """Before it is sent, some requests are made what no client library writes."""
        if self.bending and isinstance(request.body, bytes | bytearray | str | None):
            body = request.body or b""
            sent = Wire(
                request.method,
                target_of(request.url),
                {name: _text(value) for name, value in request.headers.items()},
                body.encode() if isinstance(body, str) else bytes(body),
            )
            made = bent(sent, self._source)
            request.url = f"{self._endpoint}{made.target}"
            request.body = made.body
            for name in list(request.headers):
                del request.headers[name]
            for name, value in {**made.headers, "Content-Length": str(len(made.body))}.items():
                request.headers[name] = value
        self._sent = (request.method, request.url, request.headers, request.body)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _model(client: Any, operation: str) -> OperationModel:
    found: OperationModel = client.meta.service_model.operation_model(operation)
    return found


def read_whole(answer: dict[str, Any]) -> None:
    """Take in what streams, so that the connection is free for what comes next."""
    for name, value in answer.items():
        if hasattr(value, "read"):
            answer[name] = value.read()[:1000]
        elif hasattr(value, "close"):
            value.close()


def _is_no_request(error: ClientError) -> bool:
    """A header's name that none is: nobody can tell what was asked for, and the connection is closed."""
    return bool(error.response["ResponseMetadata"]["HTTPHeaders"].get("connection") == "close")
