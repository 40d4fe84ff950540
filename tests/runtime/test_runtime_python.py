"""Python functions: what they see, what they answer, how they fail."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from runtime_lab import OWN

if TYPE_CHECKING:
    from runtime_lab import Lab


def test_answers_with_what_the_handler_returns(lab: Lab) -> None:
    f = lab.function("def handler(event, context):\n    return {'got': event, 'text': 'é'}\n")
    assert lab.answer(f, {"a": [1, None]}) == {"got": {"a": [1, None]}, "text": "é"}


def test_state_is_kept_in_a_warm_environment_and_init_is_reported_once(lab: Lab) -> None:
    f = lab.function("n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n\n")
    first, second = lab.invoke(f), lab.invoke(f)
    assert (first.payload, second.payload) == (b"1", b"2")
    assert first.init_duration is not None and second.init_duration is None
    assert first.billed >= first.duration + first.init_duration


def test_sees_the_environment_that_aws_gives(lab: Lab) -> None:
    source = "import os\ndef handler(event, context):\n    return [dict(os.environ), os.getcwd(), open('d').read()]\n"
    f = lab.function(source, memory=256, environment={"MINE": "yes", "AWS_ENDPOINT_URL_S3": "x"})
    (f.code / "d").write_text("data")
    variables, folder, data = lab.answer(f, trace="Root=1-00000001-000000000000000000000002;Parent=03")
    assert (folder, data) == (str(f.code), "data")
    expected = {
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{OWN}",
        "AWS_LAMBDA_FUNCTION_NAME": f.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": f.log_group,
        "LAMBDA_TASK_ROOT": str(f.code),
        "TZ": ":UTC",
        "_HANDLER": "app.handler",
        "_X_AMZN_TRACE_ID": "Root=1-00000001-000000000000000000000002;Parent=03",
        "MINE": "yes",
        "AWS_ENDPOINT_URL_S3": "x",
    }
    assert {name: variables.get(name) for name in expected} == expected
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", variables["AWS_LAMBDA_LOG_STREAM_NAME"])
    assert Path(variables["TMPDIR"]).is_dir()


def test_the_context_object(lab: Lab) -> None:
    source = """
def handler(event, c):
    return [c.aws_request_id, c.invoked_function_arn, c.function_name, c.function_version, c.memory_limit_in_mb,
            c.log_group_name, c.get_remaining_time_in_millis(), c.client_context.custom, c.identity.cognito_identity_id]
"""
    f = lab.function(source, timeout=7)
    *fixed, remaining, custom, identity = lab.answer(f, request_id="abc", client_context='{"custom": {"k": 1}}')
    assert fixed == ["abc", f.arn, f.name, "$LATEST", "128", f.log_group]
    assert 6000 < remaining <= 7000
    assert (custom, identity) == ({"k": 1}, None)


def test_boto3_is_there_and_nothing_else_of_ours(lab: Lab) -> None:
    source = """
import importlib.util, sys
def handler(event, context):
    names = ("boto3", "botocore", "urllib3", "apsw", "orjson", "uvloop", "pytest")
    return [name for name in names if importlib.util.find_spec(name)]
"""
    assert lab.answer(lab.function(source)) == ["boto3", "botocore", "urllib3"]


def test_what_was_compiled_beside_the_code_is_no_package_that_the_function_brings(lab: Lab) -> None:
    """Else every cold start would load boto3 anew, of which it has a copy in memory."""
    lines = (
        "import sys",
        "was_loaded = 'boto3' in sys.modules",
        "def handler(event, context):",
        "    return was_loaded",
    )
    function = lab.function("\n".join(lines))
    for folder in (function.code, lab.folder / "runtime" / "python"):
        (folder / "__pycache__").mkdir(parents=True, exist_ok=True)
    assert lab.answer(function) is True


def test_a_package_that_the_function_brings_replaces_the_preinstalled_one(lab: Lab) -> None:
    f = lab.function("import boto3\ndef handler(event, context):\n    return boto3.OWN\n")
    (f.code / "boto3").mkdir()
    (f.code / "boto3" / "__init__.py").write_text("OWN = 'mine'\n")
    assert lab.answer(f) == "mine"


def test_layers_come_after_the_code_and_in_order(lab: Lab, tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name / "python"
        folder.mkdir(parents=True)
        (folder / "shared.py").write_text(f"NAME = {name!r}\n")
        (folder / f"only_{name}.py").write_text("X = 1\n")
    source = "import shared, only_one, only_two\ndef handler(event, context):\n    return shared.NAME\n"
    f = lab.function(source, layers=(tmp_path / "one", tmp_path / "two"))
    assert lab.answer(f) == "one"


def test_a_program_of_a_layer_is_run_by_its_path_on_aws(lab: Lab, tmp_path: Path) -> None:
    program = tmp_path / "layer/tools/tell"
    program.parent.mkdir(parents=True)
    program.write_text("#!/var/lang/bin/python\nimport sys\nprint('told', *sys.argv[1:])\n")
    source = (
        "import subprocess\ndef handler(event, context):\n"
        "    return subprocess.check_output(['/opt/tools/tell', 'me']).decode()\n"
    )
    assert lab.answer(lab.function(source, layers=(tmp_path / "layer",))) == "told me\n"


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        (
            "import nothing",
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'nothing'",
        ),
        ("", "gone.handler", "Runtime.ImportModuleError", "Unable to import module 'gone': No module named 'gone'"),
        ("x = 1", "app.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        (
            "x = (",
            "app.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app': '(' was never closed (app.py, line 1)",
        ),
        (
            "",
            "app",
            "Runtime.MalformedHandlerName",
            "Bad handler 'app': not enough values to unpack (expected 2, got 1)",
        ),
        ("", "sys.handler", "Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
        ("import os; os.environ['MISSING']", "app.handler", "KeyError", "'MISSING'"),
    ],
)
def test_errors_of_init(lab: Lab, source: str, handler: str, kind: str, message: str) -> None:
    f = lab.function(source + "\n", handler)
    error = lab.error(f)
    assert (error["errorType"], error["errorMessage"]) == (kind, message)
    assert lab.error(f) == error  # each invocation tries anew


def test_an_exception_has_type_message_and_trace(lab: Lab) -> None:
    f = lab.function("def deep():\n    raise ValueError('bad é')\ndef handler(event, context):\n    deep()\n")
    error = lab.error(f)
    assert list(error) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (error["errorMessage"], error["errorType"], error["requestId"]) == ("bad é", "ValueError", "r-1")
    assert [line.split(", ", 1)[1].split("\n")[0] for line in error["stackTrace"]] == [
        "line 4, in handler",
        "line 2, in deep",
    ]
    assert any(line.startswith("[ERROR] ValueError: bad é\nTraceback") for line in lab.lines)


def test_what_json_cannot_hold(lab: Lab) -> None:
    f = lab.function("from decimal import Decimal\ndef handler(e, c):\n    return Decimal('1.5') if e else {1, 2}\n")
    assert lab.answer(f, True) == 1.5
    error = lab.error(f, False)
    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


def test_a_response_over_six_megabytes(lab: Lab) -> None:
    f = lab.function("def handler(event, context):\n    return 'x' * event\n")
    assert len(lab.answer(f, 6 * 1024 * 1024)) == 6 * 1024 * 1024
    error = lab.error(f, 7_000_000)
    assert error["errorType"] == "Function.ResponseSizeTooLarge"
    assert "exceeded maximum allowed payload size (6291556 bytes)" in error["errorMessage"]
    assert lab.answer(f, 1) == "x"


def test_the_log_of_an_invocation(lab: Lab) -> None:
    source = """
import logging, sys, subprocess
def handler(event, context):
    print("one")
    print("two", file=sys.stderr)
    logging.getLogger("mine").warning("three\\nfour")
    logging.getLogger().info("not shown")
    subprocess.run(["echo", "five"])
    print("six", end="")
"""
    lab.lines.clear()
    result = lab.invoke(lab.function(source), request_id="r-log")
    start, one, two, three, five, six, end, report = lab.lines[1:]
    assert start == "START RequestId: r-log Version: $LATEST"
    assert (one, two, five, six, end) == ("one", "two", "five", "six", "END RequestId: r-log")
    assert re.fullmatch(r"\[WARNING\]\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\tr-log\tthree\nfour", three)
    pattern = (
        r"REPORT RequestId: r-log\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t"
    )
    assert re.fullmatch(pattern, report)
    assert result.log_tail.decode() == "\n".join(lab.lines[1:]) + "\n"


def test_the_tail_is_the_last_four_kilobytes(lab: Lab) -> None:
    f = lab.function("def handler(event, context):\n    for n in range(5000):\n        print('line', n)\n")
    tail = lab.invoke(f).log_tail
    assert len(tail) == 4096
    assert b"line 4999\nEND RequestId" in tail


def test_json_logs(lab: Lab) -> None:
    source = """
import logging
log = logging.getLogger("mine")
def handler(event, context):
    log.info("hello %s", "you", extra={"order": 7})
    log.debug("no")
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("bad")
"""
    lab.lines.clear()
    lab.invoke(lab.function(source, log_format="JSON", log_level="INFO"))
    begun, start, hello, bad, report = (json.loads(line) for line in lab.lines)
    assert [each["type"] for each in (begun, start, report)] == [
        "platform.initStart",
        "platform.start",
        "platform.report",
    ]
    assert report["record"]["status"] == "success"
    assert report["record"]["metrics"]["memorySizeMB"] == 128
    del hello["timestamp"]
    assert hello == {"level": "INFO", "message": "hello you", "logger": "mine", "requestId": "r-1", "order": 7}
    assert (bad["errorType"], bad["errorMessage"]) == ("ZeroDivisionError", "division by zero")


def test_another_version_runs_on_what_is_installed_and_says_so(lab: Lab) -> None:
    f = lab.function("import sys\ndef handler(e, c):\n    return sys.version_info[:2]\n", runtime="python3.999")
    lab.lines.clear()
    major, minor = lab.answer(f)
    warning = f"Headwater: python3.999 is not installed; running on Python {major}.{minor}."
    assert lab.lines[1] == f"[WARN] {warning}"
    lab.lines.clear()
    lab.invoke(lab.function("def handler(e, c):\n    pass\n", runtime="python3.999", log_format="JSON"))
    assert json.loads(lab.lines[1])["message"] == warning


def test_a_cold_start_takes_milliseconds(lab: Lab) -> None:
    """Of the processor, whatever else the machine does: what it has imported and started before is not done again."""
    source = "import boto3, time\ndef handler(event, context):\n    return time.process_time()\n"
    lab.answer(lab.function(source))
    assert min(lab.answer(lab.function(source)) for _ in range(5)) < 0.1  # measured: 0.006 to 0.008


def test_a_flood_of_output_does_not_stop_the_server(lab: Lab) -> None:
    source = """
import sys
def handler(event, context):
    sys.stdout.write("x" * 1_000_000)  # a line that does not end
    while event:
        print("flood")
"""
    f = lab.function(source, timeout=1)
    assert lab.invoke(f, True).error_type == "Sandbox.Timedout"
    lab.lines.clear()
    assert lab.answer(f, False) is None
    assert max(len(line) for line in lab.lines) < 1_000_000
