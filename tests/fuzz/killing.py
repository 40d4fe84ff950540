"""A walk at random over all operations, then kill -9: every description, list and read is afterwards as it was.

``python -m tests.fuzz.killing SEED ROUNDS`` (``scripts/fuzz.py`` does); exit code 1 where anything differs.
"""

from __future__ import annotations

import copy
import sys
import tempfile
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.crash.server import Server
from tests.fuzz.driver import Fuzzer, Log, read_whole
from tests.fuzz.test_operations import operations

_READS = ("Describe", "List", "Get", "Search", "BatchGet", "Query", "Scan", "Head", "Lookup")
# they give something new each time, or wait
_NEW_EACH_TIME = frozenset(
    (
        *(("sts", "GetSessionToken"), ("sts", "GetFederationToken"), ("kms", "GetParametersForImport")),
        *(("kinesis", "GetShardIterator"), ("kinesis", "GetRecords"), ("secretsmanager", "GetRandomPassword")),
        *(("dynamodbstreams", "GetShardIterator"), ("dynamodbstreams", "GetRecords"), ("states", "GetActivityTask")),
        *(("ecr", "GetAuthorizationToken"), ("xray", "GetServiceGraph"), ("iotdata", "ListNamedShadowsForThing")),
    )
)
Read = tuple[str, str, str]


class Walker(Fuzzer):
    """Remembers the reads that were answered."""

    def __init__(self, endpoint: str, seed: int) -> None:
        super().__init__(endpoint, operations(), Log(), seed)
        self._reads: dict[Read, dict[str, Any]] = {}

    def send(self, service: str, operation: str) -> None:
        before = self.accepted[f"{service}:{operation}"]
        super().send(service, operation)
        if self.accepted[f"{service}:{operation}"] > before and not self.bending and self.request is not None:
            self._remember(service, operation, self.request)

    def _remember(self, service: str, operation: str, request: dict[str, Any]) -> None:
        if operation.startswith(_READS) and (service, operation) not in _NEW_EACH_TIME:
            self._reads[service, operation, repr(request)] = copy.deepcopy(request)

    def remember_plain_reads(self) -> None:
        """Those that ask for nothing in particular."""
        for service, names in operations().items():
            for name in names:
                self._remember(service, name, {})

    def answers(self) -> dict[Read, Any]:
        self.bending = False
        return {read: self._answer(read[0], read[1], request) for read, request in self._reads.items()}

    def _answer(self, service: str, operation: str, request: dict[str, Any]) -> Any:
        try:
            answer = self.client(service)._make_api_call(operation, copy.deepcopy(request))
        except ClientError as error:
            return error.response["Error"]
        except Exception as error:  # noqa: BLE001 - one that the client cannot write is the same each time
            return repr(error)
        read_whole(answer)
        answer.pop("ResponseMetadata", None)
        return answer


def differences(seed: int, rounds: int, kills: int = 3) -> list[str]:
    """What was answered otherwise after a kill, though twice the same before it."""
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder) / "data")
        try:
            walker = Walker(server.endpoint, seed)
            for turn in range(kills):
                walker.set_scene(again=turn > 0)
                for _ in range(rounds):
                    for service, names in operations().items():
                        walker.run(service, len(names))
                walker.remember_plain_reads()
                server.settle()
                first, second = walker.answers(), walker.answers()
                server.kill()
                server.start()
                third = walker.answers()
                steady = [read for read in first if first[read] == second[read]]
                print(f"kill {turn + 1}: {len(steady)} of {len(first)} answers compared")
                found += [
                    f"{' '.join(read)[:300]}\n  before: {second[read]!r:.700}\n  after:  {third[read]!r:.700}"
                    for read in steady
                    if third[read] != second[read]
                ]
        finally:
            server.kill()
    return found


if __name__ == "__main__":
    told = differences(int(sys.argv[1]), int(sys.argv[2]))
    print("\n".join(told) or "After each kill all was as before.")
    sys.exit(1 if told else 0)
