"""``headwater report``: one file, looked at in a browser that has no network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser

from headwater.cli.main import main
from headwater.client import Headwater
from headwater.testing.report import Report
from tests.conftest import client_factory
from tests.console.pages import MARKS, findings, keep, opened
from tests.server import ServerThread
from tests.settling import settle

pytestmark = MARKS


@pytest.fixture(scope="module")
def endpoint() -> str:
    """A server where an event was given up, one was taken by nobody, and one came through."""
    with ServerThread() as running:
        aws = client_factory(running.endpoint, "000000000000")
        events, sqs = aws("events"), aws("sqs")
        letters = sqs.create_queue(QueueName="letters")["QueueUrl"]
        sqs.create_queue(QueueName="orders")
        arn = "arn:aws:sqs:us-east-1:000000000000:"
        events.put_rule(
            Name="placed", EventPattern=json.dumps({"source": ["shop"], "detail": {"total": [{"numeric": [">", 5]}]}})
        )
        events.put_targets(Rule="placed", Targets=[
            {"Id": "orders", "Arn": f"{arn}orders"},
            {"Id": "gone", "Arn": f"{arn}gone", "DeadLetterConfig": {"Arn": f"{arn}letters"}},
        ])  # fmt: skip
        for total in (10, 1):
            detail = json.dumps({"total": total, "note": "<script>alert(1)</script>"})
            events.put_events(Entries=[{"Source": "shop", "DetailType": "Placed", "Detail": detail}])
        settle(running.endpoint)
        assert sqs.receive_message(QueueUrl=letters)["Messages"]
        yield running.endpoint


def _written(endpoint: str, file: Path, *more: str) -> str:
    result = CliRunner().invoke(main, ["report", "-o", str(file), "--endpoint", endpoint, *more])
    assert result.exit_code == 0, result.output
    return file.read_text()


@pytest.mark.parametrize("dark", [False, True])
def test_it_tells_all_in_one_file(browser: Browser, endpoint: str, tmp_path: Path, dark: bool) -> None:
    file = tmp_path / "report.html"
    html = _written(endpoint, file)
    assert "http://" not in html.replace(endpoint, "") and "https://" not in html
    with opened(browser, file.as_uri(), dark=dark) as page:
        page.route("**/*", lambda route: route.abort())
        assert page.locator("#dead tbody tr").count() == 1
        assert "orders" in (page.locator("#architecture svg").text_content() or "")
        miss = page.locator("#misses tbody tr").inner_text()
        assert "placed" in miss and "total" in miss
        trace = page.locator(".trace", has_text="events:PutEvents").first
        trace.locator("summary").first.click()
        assert trace.locator(".span").first.is_visible()
        page.locator("#dead a").click()
        assert page.locator("details.trace.bad[open]").count() == 1
        page.fill("#search", "no such thing")
        assert page.locator(".trace:visible").count() == 0
        page.fill("#search", "")
        assert findings(page) == []
        keep(page, f"report-{'dark' if dark else 'light'}")


def test_one_trace_alone(endpoint: str, tmp_path: Path) -> None:
    trace = Headwater(endpoint).trace()["trace"]
    html = _written(endpoint, tmp_path / "one.html", "--trace", trace)
    assert html.count('<details class="trace') == 1
    result = CliRunner().invoke(main, ["report", "--trace", "nothing", "--endpoint", endpoint])
    assert result.exit_code == 1 and "No such trace" in result.output


def test_a_sessions_report_names_the_tests(endpoint: str, tmp_path: Path) -> None:
    file = tmp_path / "session.html"
    report = Report(str(file), None)
    report.write("nothing")
    assert not file.exists()
    report.add("tests/test_a.py::test_one", Headwater(endpoint))
    client_factory(endpoint, "000000000000")("sqs").create_queue(QueueName="another")
    report.add("tests/test_a.py::test_two", Headwater(endpoint))
    report.write("Tests")
    html = file.read_text()
    assert html.count("tests/test_a.py::test_two") == 1
