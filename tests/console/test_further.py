"""Kinds that are not drawn, WebSocket APIs with their connections, and distributed maps, each on its page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.console.pages import MARKS, findings, opened
from tests.orders.shop import Shop

pytestmark = [*MARKS, pytest.mark.xdist_group("orders")]

ROLE = "arn:aws:iam::000000000000:role/r"
# By the page: what is made, and what its description tells.
MADE: Mapping[str, tuple[str, str, dict[str, Any], str, str]] = {
    "connections": (
        "events", "create_connection",
        {"Name": "further", "AuthorizationType": "API_KEY",
         "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}},
        "further", "SecretArn",
    ),
    "secrets": (
        "secretsmanager", "create_secret", {"Name": "my-secret", "SecretString": "told"}, "my-secret", "CreatedDate",
    ),
    "parameters": (
        "ssm", "put_parameter", {"Name": "/further", "Value": "seven", "Type": "String"}, "/further", "seven",
    ),
    "api-keys": ("apigateway", "create_api_key", {"name": "further", "enabled": True}, "further", "createdDate"),
    "registries": ("schemas", "create_registry", {"RegistryName": "further"}, "further", "It has none."),
    "keys": ("kms", "create_key", {"Description": "further"}, "", "KeyUsage"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MADE)
def test_what_is_not_drawn_has_a_page(browser: Browser, console: str, busy_shop: Shop, kind: str) -> None:
    service, operation, request, name, told = MADE[kind]
    getattr(busy_shop.server.aws(service), operation)(**request)
    with opened(browser, f"{console}/console/resources") as page:
        page.get_by_role("navigation", name="Further kinds").locator(f'a[href$="/{kind}"]').click()
        page.locator("tbody a", has_text=name).first.click()
        expect(page.locator("main")).to_contain_text(told)
        if kind == "secrets":
            page.get_by_role("button", name="Show its value").click()
            expect(page.locator("pre")).to_have_text("told")
        assert findings(page) == []


def test_a_connection_of_a_websocket_api(browser: Browser, console: str, busy_shop: Shop) -> None:
    """One connects from the page, is listed, and hears what is sent to the connection."""
    gateway = busy_shop.server.aws("apigatewayv2")
    choice = "$request.body.action"
    api = gateway.create_api(Name="further-socket", ProtocolType="WEBSOCKET", RouteSelectionExpression=choice)["ApiId"]
    gateway.create_stage(ApiId=api, StageName="live")
    arn = quote(f"arn:aws:execute-api:us-east-1:000000000000:{api}", safe="")
    with opened(browser, f"{console}/console/resources/{arn}") as page:
        expect(page.locator("main .hint").first).to_contain_text("WebSocket API")
        page.get_by_role("button", name="Connect", exact=True).click()
        expect(page.get_by_text("connected", exact=True)).to_be_visible()
        listed = page.locator("tbody tr", has_text="live").first.locator("code")
        page.get_by_label("Connection", exact=True).fill(listed.inner_text())
        page.locator("form.action textarea").fill("hello over there")
        page.locator("form.action").get_by_role("button", name="Send").click()
        expect(page.locator("tr", has_text="the API")).to_contain_text("hello over there")
        assert findings(page) == []
        page.get_by_role("button", name="Disconnect").first.click()
        expect(page.get_by_text("not connected")).to_be_visible()


def test_a_distributed_map_leads_to_its_executions(browser: Browser, console: str, busy_shop: Shop) -> None:
    item = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Say",
            "States": {"Say": {"Type": "Pass", "End": True}}}  # fmt: skip
    definition = {"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": item, "End": True}}}
    states = busy_shop.server.aws("stepfunctions")
    arn = states.create_state_machine(name="further-map", roleArn=ROLE, definition=json.dumps(definition))
    states.start_execution(stateMachineArn=arn["stateMachineArn"], input="[1, 2, 3]")
    busy_shop.settle()
    with opened(browser, f"{console}/console/resources/{quote(arn['stateMachineArn'], safe='')}") as page:
        run = page.locator("section", has=page.get_by_role("heading", name=re.compile("^Map run")))
        expect(run).to_contain_text("3 of 3 items done")
        run.get_by_role("button").first.click()
        expect(page.locator("main")).to_contain_text("Say")
        expect(page).to_have_url(re.compile("execution="))
        assert findings(page) == []
