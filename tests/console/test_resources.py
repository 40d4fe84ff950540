"""The pages of resources, against the order application: what they show, and what they do."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.console.pages import MARKS, findings, keep, opened
from tests.orders.shop import Shop
from tests.settling import wait_for

pytestmark = [*MARKS, pytest.mark.xdist_group("orders")]

# What each page shows of its own, once it is there.
SHOWN = {
    "OperationsQueue": "waiting",
    "OperationsTopic": "OperationsQueue",
    "Bus": "FulfilmentRule",
    "OutcomeRule": "events on this bus match",
    "OrdersTable": "COMPLETED",
    "ReceiptsBucket": "receipts/",
    "PlaceOrder": "python3",
    "FulfilOrder": "ExecutionSucceeded",
    "OrdersHttpApi": "POST /orders",
}


def address(shop: Shop, console: str, logical: str) -> str:
    resource = shop.server.aws("cloudformation").describe_stack_resource(StackName="orders", LogicalResourceId=logical)
    kind, physical = (resource["StackResourceDetail"][name] for name in ("ResourceType", "PhysicalResourceId"))
    here = "us-east-1:000000000000"
    arn = {
        "AWS::SQS::Queue": f"arn:aws:sqs:{here}:{physical.rpartition('/')[2]}",
        "AWS::Events::EventBus": f"arn:aws:events:{here}:event-bus/{physical}",
        "AWS::Events::Rule": f"arn:aws:events:{here}:rule/{physical.replace('|', '/')}",
        "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{here}:table/{physical}",
        "AWS::S3::Bucket": f"arn:aws:s3:::{physical}",
        "AWS::Lambda::Function": f"arn:aws:lambda:{here}:function:{physical}",
        "AWS::ApiGatewayV2::Api": f"arn:aws:execute-api:{here}:{physical}",
    }.get(kind, physical)
    return f"{console}/console/resources/{quote(arn, safe='')}"


@pytest.mark.parametrize("logical", SHOWN)
def test_each_kind_has_a_page(browser: Browser, console: str, busy_shop: Shop, logical: str) -> None:
    with opened(browser, address(busy_shop, console, logical)) as page:
        expect(page.locator("main")).to_contain_text(f"{logical} of orders")
        expect(page.locator("main")).to_contain_text(SHOWN[logical])
        assert findings(page) == []
        keep(page, f"resource-{logical}")


def test_pipes_streams_and_schedules_have_pages(browser: Browser, console: str, busy_shop: Shop) -> None:
    aws, here, role = busy_shop.server.aws, "us-east-1:000000000000", "arn:aws:iam::000000000000:role/r"
    for name in ("pipe-source", "pipe-target"):
        aws("sqs").create_queue(QueueName=name)
    source, target = (f"arn:aws:sqs:{here}:pipe-{end}" for end in ("source", "target"))
    aws("pipes").create_pipe(Name="of-the-console", RoleArn=role, Source=source, Target=target)
    aws("kinesis").create_stream(StreamName="of-the-console", ShardCount=1)
    wait_for(aws("kinesis"), "stream_exists", StreamName="of-the-console")
    schedule = {"Name": "of-the-console", "ScheduleExpression": "rate(7 days)", "FlexibleTimeWindow": {"Mode": "OFF"}}
    aws("scheduler").create_schedule(**schedule, Target={"Arn": target, "RoleArn": role, "Input": "fired"})

    def at(arn: str) -> str:
        return f"{console}/console/resources/{quote(arn, safe='')}"

    with opened(browser, at(f"arn:aws:pipes:{here}:pipe/of-the-console")) as page:
        expect(page.locator("main")).to_contain_text("Everything passes.")
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        assert findings(page) == []
    with opened(browser, at(f"arn:aws:kinesis:{here}:stream/of-the-console")) as page:
        page.get_by_label("Data").fill("a record")
        page.get_by_role("button", name="Put", exact=True).click()
        expect(page.locator("td code", has_text="a record")).to_be_visible()
        assert findings(page) == []
    with opened(browser, at(f"arn:aws:scheduler:{here}:schedule/default/of-the-console")) as page:
        expect(page.locator("section", has_text="Fires next").locator("tbody tr")).to_have_count(10)
        page.get_by_role("button", name="Fire now").click()
        expect(page.get_by_role("status").filter(has_text="It fired.")).to_be_visible()
        assert findings(page) == []
    answer = aws("sqs").receive_message(
        QueueUrl=f"{busy_shop.server.endpoint}/000000000000/pipe-target", WaitTimeSeconds=20
    )
    assert [message["Body"] for message in answer["Messages"]] == ["fired"]


def test_logs_have_a_page(browser: Browser, console: str) -> None:
    with opened(browser, console + "/console/logs") as page:
        page.get_by_role("link", name="orders-FunctionLogs").click()
        expect(page.locator("pre.log")).to_contain_text("requestId")
        assert findings(page) == []


def test_stacks_have_a_page(browser: Browser, console: str) -> None:
    with opened(browser, console + "/console/stacks?stack=orders") as page:
        expect(page.locator("main")).to_contain_text("ReceiptsBucket")
        assert findings(page) == []


def test_a_message_is_sent_and_seen_without_being_received(browser: Browser, console: str, busy_shop: Shop) -> None:
    sqs = busy_shop.server.aws("sqs")
    url = sqs.create_queue(QueueName="of-the-console")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:of-the-console"
    with opened(browser, f"{console}/console/resources/{quote(arn, safe='')}") as page:
        page.get_by_label("Body").fill("hello")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("tbody code").first).to_have_text("hello")
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert (message["Body"], message["Attributes"]["ApproximateReceiveCount"]) == ("hello", "1")


def test_a_pattern_is_tried_as_one_types_and_saved(browser: Browser, console: str, busy_shop: Shop) -> None:
    events = busy_shop.server.aws("events")
    bus = busy_shop.outputs["BusName"]
    events.put_rule(Name="of-the-console", EventBusName=bus, EventPattern='{"source": ["nobody"]}')
    arn = f"arn:aws:events:us-east-1:000000000000:rule/{bus}/of-the-console"
    with opened(browser, f"{console}/console/resources/{quote(arn, safe='')}") as page:
        said = page.locator("[aria-live=polite]")
        expect(said).to_contain_text("0 of the last")
        expect(said).to_contain_text('source is "orders"')
        page.get_by_label("Event pattern").fill('{"source": ["orders"], "detail-type": ["OrderRejected"')
        expect(said).to_contain_text("no JSON")
        page.get_by_label("Event pattern").fill('{"source": ["orders"], "detail-type": ["OrderRejected"]}')
        expect(said).not_to_contain_text("0 of the last")
        page.get_by_role("button", name="Save the rule").click()
        expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert "OrderRejected" in events.describe_rule(Name="of-the-console", EventBusName=bus)["EventPattern"]
    events.delete_rule(Name="of-the-console", EventBusName=bus)


def test_a_function_is_invoked_and_its_code_read(browser: Browser, console: str, busy_shop: Shop) -> None:
    with opened(browser, address(busy_shop, console, "GetOrder")) as page:
        page.get_by_label("Event", exact=True).fill('{"pathParameters": {"orderId": "no-such-order"}}')
        page.get_by_role("button", name="Invoke").click()
        expect(page.get_by_role("status").filter(has_text="statusCode")).to_contain_text("404")
        page.get_by_role("button", name="Take the last event").click()
        expect(page.get_by_label("Event", exact=True)).to_have_value(re.compile("no-such-order"))
        page.get_by_role("button", name="app.py").click()
        expect(page.locator("pre.code")).to_contain_text("def handler")


def test_an_execution_is_started_and_drawn(browser: Browser, console: str, busy_shop: Shop) -> None:
    with opened(browser, address(busy_shop, console, "DetermineCustomerStatus")) as page:
        state = page.locator(".state.done[role=button]").first
        expect(state).to_be_visible()
        page.get_by_role("button", name="Replay on the present definition").click()
        expect(page.get_by_role("status").filter(has_text="the recorded way")).to_be_visible()
        state.press("Enter")  # its visits, with what they were given
        expect(page.get_by_role("columnheader", name="Attempts")).to_be_visible()
        before = page.locator("td button[aria-pressed]").count()
        page.get_by_role("button", name="Start an execution").click()
        expect(page.locator("td button[aria-pressed]")).to_have_count(before + 1)
        expect(page.locator("main")).to_contain_text("EvaluationFailed")  # for it was given no customer


def test_what_is_published_is_heard(browser: Browser, console: str, busy_shop: Shop) -> None:
    broker = quote("arn:aws:iot:us-east-1:000000000000:topic", safe="")
    with busy_shop.listener() as listener:  # somebody is there, so that the broker is drawn
        listener.subscribe("orders/none")
        with opened(browser, f"{console}/console/resources/{broker}") as page:
            page.get_by_label("Topic filter").fill("console/#")
            page.get_by_role("button", name="Listen").click()
            expect(page.get_by_role("status").filter(has_text="listening to")).to_be_visible()
            page.get_by_label("Topic", exact=True).fill("console/hello")
            page.get_by_role("button", name="Publish").click()
            expect(page.locator("td code", has_text="console/hello")).to_be_visible()
            page.get_by_label("Topic", exact=True).fill("$aws/things/lamp/shadow/update")
            page.get_by_label("Payload", exact=True).fill('{"state": {"desired": {"light": "on"}}}')
            page.get_by_role("button", name="Publish").click()
            shadow = page.get_by_role("row").filter(has_text="lamp")
            expect(shadow).to_contain_text('"delta"')
