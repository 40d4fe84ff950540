"""Variables that projects set for LocalStack, and the scripts that it runs for them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from headwater.cli import known_variables as known
from headwater.cli.main import main
from headwater.cli.ready import run_scripts, scripts_in
from headwater.cli.surroundings import surroundings
from headwater.insight.guests import Startup


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ({}, (None, None)),
        ({"GATEWAY_LISTEN": "0.0.0.0:4570,127.0.0.1:443"}, ("0.0.0.0", 4570)),
        ({"LOCALSTACK_GATEWAY_LISTEN": ":4571"}, (None, 4571)),
        ({"GATEWAY_LISTEN": "0.0.0.0"}, ("0.0.0.0", None)),
        ({"GATEWAY_LISTEN": "4572"}, (None, 4572)),
        ({"EDGE_PORT": "4573", "EDGE_BIND_HOST": "0.0.0.0"}, ("0.0.0.0", 4573)),
        ({"GATEWAY_PORT": "4574"}, (None, 4574)),
        ({"EDGE_PORT": "port"}, (None, None)),
    ],
)
def test_where_to_listen(said: dict[str, str], address: tuple[str | None, int | None]) -> None:
    assert known.address(said) == address


def test_what_is_kept_and_what_is_loaded() -> None:
    assert known.keeps_nothing({"PERSISTENCE": "0"}) and not known.keeps_nothing({"LOCALSTACK_PERSISTENCE": "1"})
    assert not known.keeps_nothing({})
    assert known.eager_services({"SERVICES": "s3"}) is None
    assert known.eager_services({"EAGER_SERVICE_LOADING": "1", "SERVICES": "s3, sqs"}) == ["s3", "sqs"]
    assert known.eager_services({"EAGER_SERVICE_LOADING": "1"}) == []


def test_what_changes_nothing_is_told() -> None:
    said = {"LAMBDA_EXECUTOR": "local", "LOCALSTACK_DEBUG": "1", "DEBUG": "1", "SERVICES": "s3", "LS_LOG": ""}
    assert known.without_effect(said) == [
        "LAMBDA_EXECUTOR has no effect here: functions are processes.",
        "LOCALSTACK_DEBUG has no effect here: headwater follow, headwater trace.",
    ]


def test_what_surrounds_a_command() -> None:
    given = {"PATH": "/bin", "AWS_PROFILE": "real", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "1"}
    made = surroundings("http://127.0.0.1:4570", given)
    assert (made["AWS_REGION"], made["AWS_ACCESS_KEY_ID"], made["EDGE_PORT"]) == ("eu-west-1", "1", "4570")
    assert made["PATH"].endswith(f"{os.pathsep}/bin")
    assert "AWS_PROFILE" not in made


def test_scripts_run_in_order_and_one_that_fails_stops_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    programs, scripts = tmp_path / "bin", tmp_path / "ready.d"
    (scripts / "later").mkdir(parents=True)
    programs.mkdir()
    cli = programs / "aws"
    cli.write_text('#!/bin/sh\necho "aws $*"\n')
    cli.chmod(0o755)
    (scripts / "1.sh").write_text("awslocal sqs list-queues\n")
    (scripts / "2.sh").write_text("#!/bin/sh\nexit 3\n")
    (scripts / "2.sh").chmod(0o755)
    (scripts / "later" / "3.py").write_text("import os; print(os.environ['AWS_ENDPOINT_URL'])\n")
    (scripts / "notes.txt").write_text("no script")
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    cloud: Any = SimpleNamespace(startup=Startup(), endpoint="http://127.0.0.1:9")
    asyncio.run(run_scripts(cloud, scripts_in([scripts])))
    told = capfd.readouterr().err
    assert told.index("aws --endpoint-url http://127.0.0.1:9 sqs list-queues") < told.rindex("http://127.0.0.1:9")
    assert "2.sh failed: exit code 3" in told
    states = [(script.name, script.state) for script in cloud.startup.scripts]
    assert states == [("1.sh", "SUCCESSFUL"), ("2.sh", "ERROR"), ("3.py", "SUCCESSFUL")]
    assert cloud.startup.ready


def test_what_is_no_script_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no script")
    for place in (tmp_path, tmp_path / "notes.txt"):
        result = CliRunner().invoke(main, ["start", "--ephemeral", "--port", "0", "--ready", str(place)])
        assert result.exit_code == 2 and "script" in result.output
