"""Every page of the console, against the order application."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Browser, expect

from tests.console.pages import MARKS, findings, keep, opened
from tests.orders.shop import Shop

pytestmark = [*MARKS, pytest.mark.xdist_group("orders")]

PAGES = {
    "map": "/",
    "traces": "/console/traces",
    "deliveries": "/console/deliveries",
    "resources": "/console/resources",
    "permissions": "/console/permissions",
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("look", ["light", "dark-phone"])
def test_every_page_opens_and_is_accessible(browser: Browser, console: str, name: str, look: str) -> None:
    with opened(browser, console + PAGES[name], phone=look != "light", dark=look != "light") as page:
        expect(page.locator("main")).not_to_have_attribute("aria-busy", "true")
        expect(page.locator(".node" if name == "map" else "main h1").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert findings(page) == []
        keep(page, f"{name}-{look}")


def test_the_map_draws_what_is_deployed_and_its_filters(browser: Browser, console: str, busy_shop: Shop) -> None:
    with opened(browser, console + "/?stack=orders") as page:
        for name in ("OrdersHttpApi", "PlaceOrder", "Bus", "FulfilmentRule", "FulfilmentQueue", "StartFulfilment"):
            expect(page.locator(".node", has_text=name).first).to_be_visible()
        rule = page.locator(".node", has_text="FulfilmentRule").get_attribute("data-id")
        page.locator(f'.edge[data-to="{rule}"] .grip').dispatch_event("pointerenter")
        expect(page.get_by_role("status").filter(has_text="CustomerVerified")).to_be_visible()
        page.locator(".node a", has_text="FulfilmentQueue").click()
        expect(page.locator("h1")).to_contain_text("FulfilmentQueue")
        expect(page.locator("main")).to_contain_text("StartFulfilment")
        page.go_back()
        expect(page.locator(".node").first).to_be_visible()


def test_an_event_is_seen_on_the_map(browser: Browser, console: str, busy_shop: Shop) -> None:
    bus = f"arn:aws:events:us-east-1:000000000000:event-bus/{busy_shop.outputs['BusName']}"
    with opened(browser, console + "/") as page:
        tally = page.locator(f'.node[data-id="{bus}"] .tally')
        expect(page.locator(".lamp")).to_have_text("live")
        entry = {"Source": "test", "DetailType": "Seen", "Detail": "{}", "EventBusName": busy_shop.outputs["BusName"]}
        busy_shop.server.aws("events").put_events(Entries=[entry])
        expect(tally).not_to_have_text("")


def test_a_row_that_is_drawn_elsewhere_meanwhile_keeps_its_click(browser: Browser, console: str) -> None:
    """As rows are when the list is scrolled: the browser tells of no click then."""
    with opened(browser, console + "/console/traces?text=ReserveShipment") as page:
        page.locator("tbody a").first.click()
        row = page.locator(".span", has_text="lambda:Invoke").first
        row.hover()
        page.mouse.down()
        row.evaluate("row => row.parentElement.appendChild(row)")
        page.mouse.up()
        expect(page.get_by_role("complementary", name="Span")).to_contain_text("lambda:Invoke")


def test_a_trace_is_found_by_a_text_and_read_by_keyboard(browser: Browser, console: str) -> None:
    with opened(browser, console + "/console/traces") as page:
        page.get_by_label("Search traces").fill("ReserveShipment")
        expect(page).to_have_url(f"{console}/console/traces?text=ReserveShipment")
        page.reload()  # the address says what is looked for, and nothing else is listed meanwhile
        page.locator("tbody tr", has_text="POST /orders").first.locator("a").click()
        rows = page.locator(".span")
        expect(rows.first).to_contain_text("execute-api:Invoke")
        rows.first.focus()
        page.keyboard.press("ArrowDown")
        expect(rows.nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        detail = page.get_by_role("complementary", name="Span")
        expect(detail).to_contain_text("lambda:Invoke")
        keep(page, "trace")
        address = page.url
    with opened(browser, address) as page:  # what was looked at can be shared
        expect(page.get_by_role("complementary", name="Span")).to_contain_text("lambda:Invoke")


def test_an_event_is_explained_and_delivered_again_to_one(browser: Browser, console: str, busy_shop: Shop) -> None:
    with opened(browser, console + "/console/traces?text=OrderPlaced") as page:
        page.locator("tbody tr", has_text="POST /orders").first.locator("a").click()
        page.locator(".span", has_text="events:PutEvents").first.click()
        detail = page.get_by_role("complementary", name="Span")
        detail.get_by_role("button", name="What became of it?").click()
        expect(detail).to_contain_text('detail-type is "OrderPlaced", wanted')
        before = len(busy_shop.table("OrdersTable"))
        detail.get_by_role("button", name="Deliver it again to").first.click()
        expect(detail.locator("section [role=status]")).to_have_text("Sent again.")
        assert len(busy_shop.table("OrdersTable")) == before  # it is idempotent
        keep(page, "explained")


def test_what_was_given_up_is_delivered_again(browser: Browser, console: str, busy_shop: Shop) -> None:
    events, sqs = busy_shop.server.aws("events"), busy_shop.server.aws("sqs")
    events.put_rule(Name="to-nowhere", EventPattern='{"source": ["of-the-console"]}')
    arn = "arn:aws:sqs:us-east-1:000000000000:not-there-yet"
    target = {"Id": "1", "Arn": arn, "RetryPolicy": {"MaximumRetryAttempts": 0}}
    events.put_targets(Rule="to-nowhere", Targets=[target])
    events.put_events(Entries=[{"Source": "of-the-console", "DetailType": "Lost", "Detail": "{}"}])
    with opened(browser, console + "/console/deliveries?state=dead") as page:
        row = page.locator("tbody tr", has_text="not-there-yet")
        row.get_by_text("Attempts").click()
        expect(row.locator("details p")).to_contain_text("NO_RESOURCE")
        allow = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "*", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        url = sqs.create_queue(QueueName="not-there-yet", Attributes={"Policy": policy})["QueueUrl"]
        row.get_by_role("button", name="Redeliver").click()
        expect(page.get_by_role("status").filter(has_text="delivered again")).to_be_visible()
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
    assert json.loads(message["Body"])["detail-type"] == "Lost"


def test_a_trace_that_is_not_there_is_said_so(browser: Browser, console: str) -> None:
    page = browser.new_page()
    page.goto(console + "/console/traces/1-00000000-000000000000000000000000")
    expect(page.locator("main")).to_contain_text("No such trace")
    page.close()


def test_the_clock_is_moved_from_the_header(browser: Browser, console: str) -> None:
    with opened(browser, console + "/console/deliveries") as page:
        page.locator(".clock").click()
        page.get_by_role("button", name="+1m").click()
        expect(page.get_by_role("dialog")).to_contain_text("came due")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_fault_is_set_and_cleared_from_the_header(browser: Browser, console: str, busy_shop: Shop) -> None:
    dynamodb = busy_shop.server.aws("dynamodb")
    with opened(browser, console + "/console/resources") as page:
        page.get_by_role("button", name="Faults").click()
        page.get_by_label("service").fill("dynamodb")
        page.get_by_label("operation").fill("DescribeLimits")
        page.get_by_role("button", name="Set", exact=True).click()
        expect(page.get_by_role("button", name="1 fault set")).to_be_visible()
        assert dynamodb.describe_limits()  # boto3 tries again what was throttled
        assert findings(page) == []
        page.get_by_role("button", name="Clear them all").click()
        expect(page.get_by_role("button", name="Faults")).to_be_visible()


def test_the_theme_can_be_chosen_and_stays(browser: Browser, console: str) -> None:
    with opened(browser, console + "/console/traces", apart=True) as page:
        page.get_by_role("button", name="Dark theme").click()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.reload()
        expect(page.get_by_role("button", name="Light theme")).to_be_visible()


def test_the_first_page_is_small(browser: Browser, console: str) -> None:
    sizes: dict[str, int] = {}
    page = browser.new_page()
    page.on("requestfinished", lambda request: sizes.__setitem__(request.url, request.sizes()["responseBodySize"]))
    page.goto(console + "/")
    expect(page.locator(".node").first).to_be_visible()
    page.close()
    static = sum(size for url, size in sizes.items() if "/static/" in url or url.endswith("/_headwater/"))
    assert 10_000 < static < 150_000, sizes


def test_files_are_not_sent_again_and_lead_nowhere_else(console: str) -> None:
    with urllib.request.urlopen(console + "/static/app.js") as answer:
        tag, policy = answer.headers["ETag"], answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    again = urllib.request.Request(console + "/static/app.js", headers={"If-None-Match": tag})
    assert _refusal(again) == 304
    for path in ("/static/../../cloud.py", "/static/..%2f..%2fcloud.py", "/static/nothing.js", "/static/"):
        assert _refusal(console + path) == 404, path


def _refusal(request: urllib.request.Request | str) -> int:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    with refused.value:
        return refused.value.code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:5173"}, 200),
        ({"Origin": "http://shop.localhost:8080"}, 200),
        ({"Origin": "https://example.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_pages_from_elsewhere_may_not_steer(console: str, headers: dict[str, str], status: int) -> None:
    body = json.dumps({"service": "sqs", "operation": "ListQueues"}).encode()
    request = urllib.request.Request(console + "/operations", body, headers, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            assert (answer.status, status) == (200, 200)
            assert "QueueUrls" in json.load(answer)["result"]
    except urllib.error.HTTPError as refused:
        with refused:
            assert refused.code == status


def test_a_page_whose_script_does_not_come_says_so(browser: Browser, console: str) -> None:
    """As where the server is gone while one goes on to a page that was not open before."""
    page = browser.new_page()
    page.goto(console + "/")
    page.route("**/static/deliveries.js", lambda route: route.abort())
    page.locator(".place", has_text="Deliveries").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    page.unroute("**/static/deliveries.js")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Deliveries")).to_be_visible()
    page.locator("tbody a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()  # where the next Tab goes on
    page.close()
