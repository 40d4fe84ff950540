"""The examples that the AWS CLI brings with it: commands, the files that they read, and what AWS answered.

Commands run as they are printed, but for the account, the region, and what only AWS knew (handles, tokens). Answers are
held against those printed, field by field: names and types always, values where they are not of one occasion.
"""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from tests.wire.aws_cli import Cli

_ACCOUNTS = re.compile(r"80398EXAMPLE|12345EXAMPLE|\b(?:123456789012|379642911888|0123456789012|1234567890)\b")
_QUEUES = re.compile(r"https://(?:sqs\.[a-z0-9-]+|queue)\.amazonaws\.com/")
_BLOCK = re.compile(r"^(?P<label>\S.*)?::[ \t]*\n\s*\n(?P<body>(?:[ \t]+\S.*\n|\s*\n)+)", re.MULTILINE)
_FILE = re.compile(r"([\w-]+\.(?:json|txt))")
# What is another each time: identifiers, times, sums.
_OF_ONE_OCCASION = re.compile(
    r"Id$|Handle$|Timestamp$|^MD5|Token$|Reason$|Attributes?Count$|^ApproximateNumber|Count$|^EndpointArn$"
)


class Example(NamedTuple):
    """``output`` None: the example shows none."""

    command: str
    output: Any


def examples(service: str, name: str, account: str, endpoint: str) -> tuple[list[Example], dict[str, str]]:
    """Those of one operation, in order, and the files that they read, by name."""
    spec = importlib.util.find_spec("awscli")
    assert spec is not None and spec.origin is not None
    text = (Path(spec.origin).parent / "examples" / service / f"{name}.rst").read_text()
    text = _QUEUES.sub(f"{endpoint}/", _ACCOUNTS.sub(account, text)).replace("us-west-2", "us-east-1") + "\n"
    found: list[Example] = []
    files: dict[str, str] = {}
    for block in _BLOCK.finditer(text):
        body, label = block["body"].strip(), block["label"] or ""
        if body.startswith("aws "):
            command = " ".join(body.replace("\\\n", " ").split("\n")[0].split(" ")) if "\\\n" not in body else body
            found.append(Example(command.replace("\\\n", " ").strip().removeprefix("aws "), None))
        elif label.startswith("Output") and found:
            found[-1] = found[-1]._replace(output=_parsed(body))
        elif file := _FILE.search(label):
            files[file[1]] = body
    return found, files


def _parsed(text: str) -> Any:
    """None where it is no JSON: nothing, or with a slip of the pen."""
    try:
        return json.loads(text.replace("\t", " "))
    except json.JSONDecodeError:
        return None


class Guide:
    """Runs the examples of one service in an account."""

    def __init__(self, cli: Cli, service: str) -> None:
        self._cli = cli
        self._service = service

    def __call__(self, name: str, number: int = 0, *more: str, known: dict[str, str] | None = None) -> Any:
        """The answer to an example of an operation. ``known``: what stands here in place of what the example has."""
        found, files = examples(self._service, name, self._cli.account, self._cli.endpoint)
        command, output = found[number]
        for there, here in (known or {}).items():
            command = command.replace(there, here)
            files = {file: text.replace(there, here) for file, text in files.items()}
        for file, text in files.items():
            self._cli.write(file, text.replace("\t", " "))
        answer = self._cli(command, *more)
        if output is not None:
            hold_against(output, answer, f"{self._service} {name}")
        return answer


def hold_against(shown: Any, answer: Any, where: str) -> None:
    """AssertionError where an answer lacks what AWS's has, or has it otherwise."""
    assert type(shown) is type(answer), f"{where}: {answer!r} is not as {shown!r}"
    if isinstance(shown, dict):
        for name, value in shown.items():
            if name == "ResponseMetadata":  # of an older CLI
                continue
            assert name in answer, f"{where}.{name} is lacking in {answer}"
            if name.endswith("Time"):
                continue  # a later CLI prints times as texts
            if _OF_ONE_OCCASION.search(name):
                assert type(value) is type(answer[name]), f"{where}.{name}: {answer[name]!r} is not as {value!r}"
            else:
                hold_against(value, answer[name], f"{where}.{name}")
    elif isinstance(shown, list):
        assert len(shown) == len(answer), f"{where}: {answer} is not as {shown}"
        key = json.dumps
        for value, given in zip(sorted(shown, key=key), sorted(answer, key=key), strict=True):
            hold_against(value, given, where)
    elif isinstance(shown, str) and not ("..." in shown or "EXAMPLE" in shown or shown.startswith(("{", "arn:"))):
        assert shown == answer, f"{where}: {answer!r} is not {shown!r}"
