"""Doing again what a trace tells of: for one consumer, as a command, as a test."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.pages import MARKS, opened
from tests.orders.shop import HEADWATER, Shop
from tests.settling import wait_for

pytestmark = [*MARKS, pytest.mark.xdist_group("orders")]

HERE = "us-east-1:000000000000"
ROLE = "arn:aws:iam::000000000000:role/r"
COPIED = ("execute-api:Invoke", "events:PutEvents", "sqs:SendMessage", "s3:PutObject")
CODE = "def handler(event, context):\n    print(event)\n"
_TOPICS = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": "*"}
FOR_TOPICS = json.dumps({"Version": "2012-10-17", "Statement": [_TOPICS]})  # the shop enforces policies
COPY = """async (button) => {
    await navigator.clipboard.writeText("");
    button.click();
    for (;;) {
        const text = await navigator.clipboard.readText();
        if (text) return text;
        await new Promise(requestAnimationFrame);
    }
}"""


@pytest.fixture(scope="session")
def echo(busy_shop: Shop) -> str:
    """A function's name."""
    packed, aws = io.BytesIO(), busy_shop.server.aws("lambda")
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", CODE)
    code = {"ZipFile": packed.getvalue()}
    aws.create_function(FunctionName="again", Runtime="python3.11", Role=ROLE, Handler="app.handler", Code=code)
    wait_for(aws, "function_active_v2", FunctionName="again")
    return "again"


def _bodies(shop: Shop, name: str, wanted: int) -> list[str]:
    """Taken away, lest they come again while a browser is slow."""
    sqs, url, found = shop.server.aws("sqs"), f"{shop.server.endpoint}/000000000000/{name}", list[str]()
    while len(found) < wanted:
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MaxNumberOfMessages=10)
        assert "Messages" in answer, found
        for each in answer["Messages"]:
            found.append(each["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
    return found


def _span(page: Page, console: str, text: str, root: str, name: str) -> Any:
    """The span of a name, opened, in the newest trace with a text that began so."""
    page.goto(f"{console}/console/traces?text={text}")
    page.locator("tbody tr", has_text=root).first.locator("a").click()
    page.locator(".span", has=page.locator("b", has_text=re.compile(f"^{name}"))).first.click()
    detail = page.get_by_role("complementary", name="Span")
    expect(detail.get_by_role("heading", level=1)).to_contain_text(name)
    return detail


def _again(detail: Any, label: str) -> None:
    detail.get_by_role("button", name=label).first.click()
    expect(detail.locator(".doings [role=status]")).to_have_text("Sent again.")


def test_a_message_goes_to_one_subscription_again(browser: Browser, console: str, busy_shop: Shop) -> None:
    aws = busy_shop.server.aws
    aws("sqs").create_queue(QueueName="again-subscribed", Attributes={"Policy": FOR_TOPICS})
    topic = aws("sns").create_topic(Name="again-topic")["TopicArn"]
    aws("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=f"arn:aws:sqs:{HERE}:again-subscribed",
        Attributes={"RawMessageDelivery": "true"},
    )
    aws("sns").publish(TopicArn=topic, Message="to be said twice", Subject="s")
    with opened(browser, "about:blank") as page:
        _again(
            _span(page, console, "again-topic", "sns:Publish", "sns.subscription"),
            "Deliver it to this subscription again",
        )
        detail = _span(page, console, "again-topic", "sns:Publish", "sns:Publish")
        detail.get_by_role("button", name="What became of it?").click()
        detail.get_by_role("button", name="Deliver it again to again-subscribed").click()
        expect(detail.locator("section [role=status]")).to_have_text("Sent again.")
    assert _bodies(busy_shop, "again-subscribed", 3) == ["to be said twice"] * 3


def test_a_message_that_nobody_has_taken_is_sent_again(browser: Browser, console: str, busy_shop: Shop) -> None:
    url = busy_shop.server.aws("sqs").create_queue(QueueName="again-untaken")["QueueUrl"]
    mood = {
        "mood": {"DataType": "String", "StringValue": "calm"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\xff"},
    }
    busy_shop.server.aws("sqs").send_message(QueueUrl=url, MessageBody="waits", MessageAttributes=mood)
    with opened(browser, "about:blank") as page:
        _again(_span(page, console, "again-untaken", "sqs:SendMessage", "sqs:SendMessage"), "Send it again")
    found = busy_shop.server.aws("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )["Messages"]
    assert [(each["Body"], each["MessageAttributes"]) for each in found] == [("waits", mood)] * 2


def test_records_go_through_a_function_and_a_pipe_again(
    browser: Browser, console: str, busy_shop: Shop, echo: str
) -> None:
    aws, shop = busy_shop.server.aws, busy_shop
    for name in ("again-piped", "again-out", "again-work"):
        aws("sqs").create_queue(QueueName=name)
    source, target = f"arn:aws:sqs:{HERE}:again-piped", f"arn:aws:sqs:{HERE}:again-out"
    template = {"InputTemplate": "<$.body>"}
    aws("pipes").create_pipe(Name="again-pipe", RoleArn=ROLE, Source=source, Target=target, TargetParameters=template)
    aws("lambda").create_event_source_mapping(EventSourceArn=f"arn:aws:sqs:{HERE}:again-work", FunctionName=echo)
    for name in ("again-piped", "again-work"):
        aws("sqs").send_message(QueueUrl=f"{shop.server.endpoint}/000000000000/{name}", MessageBody='{"n": 7}')
    aws("lambda").invoke(FunctionName=echo, InvocationType="Event", Payload=b'{"later": 1}')
    assert [json.loads(body) for body in _bodies(shop, "again-out", 1)] == [{"n": 7}]
    shop.settle()
    with opened(browser, "about:blank") as page:
        detail = _span(page, console, "again-piped", "sqs:SendMessage", "sqs:SendMessage")
        detail.get_by_role("button", name="What became of it?").click()
        detail.get_by_role("button", name="Deliver it again to").click()
        expect(detail.locator("section [role=status]")).to_have_text("Sent again.")
        for text, root, name in (
            ("again-work", "sqs:SendMessage", "lambda:Invoke"),
            ("later", "lambda:", "lambda.event"),
        ):
            _again(_span(page, console, text, root, name), "Invoke again with it again")
    assert [json.loads(body) for body in _bodies(shop, "again-out", 1)] == [{"n": 7}]
    shop.settle()
    for text in ("later", "again-work"):
        found = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{echo}", filterPattern=f'"{text}"')
        assert len(found["events"]) == 2, found


def test_a_schedule_is_fired_from_its_span(browser: Browser, console: str, busy_shop: Shop, echo: str) -> None:
    aws = busy_shop.server.aws
    aws("sqs").create_queue(QueueName="again-fired")
    target = {"Arn": f"arn:aws:sqs:{HERE}:again-fired", "RoleArn": ROLE, "Input": "fired"}
    aws("scheduler").create_schedule(
        Name="again-schedule", ScheduleExpression="rate(30 days)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
    )
    assert _bodies(busy_shop, "again-fired", 1) == ["fired"]
    with opened(browser, "about:blank") as page:
        _again(
            _span(page, console, "again-schedule", "scheduler:CreateSchedule", "scheduler.invoke"),
            "Fire the schedule now",
        )
    assert _bodies(busy_shop, "again-fired", 1) == ["fired"]


def test_what_is_long_is_sent_again_whole(browser: Browser, console: str, busy_shop: Shop, echo: str) -> None:
    """Traces tell the first 8,192 characters; what is longer than an event may be is not kept, and that is said."""
    aws, body = busy_shop.server.aws, "long-body " + "x" * 20_000
    aws("sqs").create_queue(QueueName="again-long", Attributes={"Policy": FOR_TOPICS})
    topic = aws("sns").create_topic(Name="again-long")["TopicArn"]
    queue, raw = f"arn:aws:sqs:{HERE}:again-long", {"RawMessageDelivery": "true"}
    aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=raw)
    aws("sns").publish(TopicArn=topic, Message=body)
    for name, length in (("long-run", 20_000), ("longest-run", 300_000)):
        aws("lambda").invoke(FunctionName=echo, Payload=json.dumps({"name": name, "text": "y" * length}))
    with opened(browser, "about:blank") as page:
        _again(_span(page, console, "again-long", "sns:Publish", "sns:Publish"), "Publish it again")
        again = "Deliver it to this subscription again"
        _again(_span(page, console, "again-long", "sns:Publish", "sns.subscription"), again)
        detail = _span(page, console, "long-run", "lambda:Invoke", "lambda:Invoke")
        _again(detail, "Invoke again with it again")
        detail = _span(page, console, "longest-run", "lambda:Invoke", "lambda:Invoke")
        expect(detail).to_contain_text("too long to be kept whole")
        expect(detail.get_by_role("button", name="Invoke again with it again")).to_have_count(0)
    assert _bodies(busy_shop, "again-long", 3) == [body] * 3
    busy_shop.settle()
    found = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{echo}", filterPattern='"long-run"')
    assert [len(each["message"]) > 20_000 for each in found["events"]] == [True, True]


def _copied(detail: Any, label: str | re.Pattern[str]) -> str:
    return str(detail.get_by_role("button", name=label).evaluate(COPY))


def test_a_copied_test_says_what_it_lacks(browser: Browser, console: str, busy_shop: Shop) -> None:
    """A stack that another tool deployed: its parameters are known, its template's path is not."""
    aws = busy_shop.server.aws
    template = {
        "Parameters": {"Size": {"Type": "String", "Default": "small"}, "Owner": {"Type": "String"}},
        "Resources": {"Said": {"Type": "AWS::SNS::Topic"}},
    }
    owner = {"ParameterKey": "Owner", "ParameterValue": "me"}
    aws("cloudformation").create_stack(StackName="elsewhere", TemplateBody=json.dumps(template), Parameters=[owner])
    wait_for(aws("cloudformation"), "stack_create_complete", StackName="elsewhere")
    found = aws("cloudformation").describe_stack_resources(StackName="elsewhere")["StackResources"]
    aws("sns").publish(TopicArn=found[0]["PhysicalResourceId"], Message="from elsewhere")
    page = browser.new_page(viewport={"width": 1400, "height": 860})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copied = _copied(_span(page, console, "elsewhere-Said", "sns:Publish", "sns:Publish"), "Copy as pytest")
    page.close()
    assert 'app = stack("template.yaml", Owner="me")' in copied
    assert "its template is not known: say here where it is" in copied


def test_what_is_copied_runs(browser: Browser, console: str, busy_shop: Shop, tmp_path: Path) -> None:
    """Commands against the very cloud; tests in a session of their own, which know where the template is."""
    busy_shop.outcome(busy_shop.place("c-standard", ("A1", 1, 9.5)))
    busy_shop.settle()  # a trace that still grows moves its rows from under the mouse
    page = browser.new_page(viewport={"width": 1400, "height": 860})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    commands = []
    for number, name in enumerate(COPIED):
        detail = _span(page, console, "ReserveShipment", "POST /orders", name)
        (tmp_path / f"test_copied_{number}.py").write_text(_copied(detail, "Copy as pytest"))
        if name != "s3:PutObject":
            commands.append(_copied(detail, re.compile("Copy as (aws|curl) command")))
    detail = _span(page, console, "ReserveShipment", "POST /orders", "lambda:Invoke")
    commands.append(_copied(detail, "Copy as aws command"))
    page.close()
    environment = {**os.environ, "PATH": f"{HEADWATER.parent}:{os.environ['PATH']}"}
    for command in commands:
        done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=500)
        assert done.returncode == 0, (command, done.stderr)
        assert re.search('"(EventId|MessageId|StatusCode|orderId)"', done.stdout), (command, done.stdout)
    busy_shop.settle()
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(run, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=500)
    assert f"{len(COPIED)} passed" in done.stdout, done.stdout[-4000:]
