"""What a role lacks, on its page."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Browser, expect

from tests.conftest import client_factory
from tests.console.pages import MARKS, findings, keep, opened
from tests.orders.shop import Shop

pytestmark = [*MARKS, pytest.mark.xdist_group("orders")]

EVERYBODY = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


def test_what_a_role_lacks_and_what_would_allow_it(browser: Browser, console: str, busy_shop: Shop) -> None:
    aws = busy_shop.server.aws
    trust = json.dumps({"Version": "2012-10-17", "Statement": [EVERYBODY]})
    role = aws("iam").create_role(RoleName="lacking", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    given = aws("sts").assume_role(RoleArn=role, RoleSessionName="console")["Credentials"]
    session = client_factory(
        busy_shop.server.endpoint, given["AccessKeyId"], token=given["SessionToken"], secret=given["SecretAccessKey"]
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        session("sqs").create_queue(QueueName="never")
    with opened(browser, f"{console}/console/permissions") as page:
        lacks = page.locator("section", has=page.get_by_role("heading", name="lacking"))
        expect(lacks).to_contain_text("sqs:CreateQueue")
        expect(lacks.locator(".tag")).to_have_text("refused")
        lacks.get_by_text("A policy that allows it").click()
        granted = json.loads(lacks.locator("pre").inner_text())["Statement"]
        arn = "arn:aws:sqs:us-east-1:000000000000:never"
        assert granted == [{"Effect": "Allow", "Action": ["sqs:CreateQueue"], "Resource": arn}]
        assert findings(page) == []
        keep(page, "lacking")
        lacks.locator("td a").click()
        expect(page.locator("main")).to_contain_text("sqs:CreateQueue")
