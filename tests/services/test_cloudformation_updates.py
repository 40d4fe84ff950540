"""What an update does to resources that the template itself leaves as they are."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Client
from tests.settling import wait_for


def template(delay: int = 0, **others: Any) -> str:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "work", "DelaySeconds": delay}}
    return json.dumps({"Resources": {"Queue": queue, **others}})


def test_the_stacks_tags_reach_its_resources_and_outlive_a_rollback(aws: Client) -> None:
    cloudformation, sqs = aws("cloudformation"), aws("sqs")

    def put(verb: str, waiter: str, team: str, body: str) -> dict[str, str]:
        tags = [{"Key": "team", "Value": team}]
        getattr(cloudformation, f"{verb}_stack")(StackName="shop", TemplateBody=body, Tags=tags)
        wait_for(cloudformation, f"stack_{waiter}_complete", StackName="shop")
        url = sqs.get_queue_url(QueueName="work")["QueueUrl"]
        found: dict[str, str] = sqs.list_queue_tags(QueueUrl=url)["Tags"]
        return found

    assert put("create", "create", "a", template()) == {"team": "a"}
    assert put("update", "update", "b", template()) == {"team": "b"}
    wrong = {"Type": "AWS::Events::Rule", "DependsOn": "Queue", "Properties": {"EventPattern": {"source": "x"}}}
    assert put("update", "rollback", "c", template(5, Wrong=wrong)) == {"team": "b"}
