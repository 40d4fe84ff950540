"""RollbackStack: what was left as it failed is taken back, as `cdk rollback` asks for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.services.test_cloudformation import create, stack
from tests.settling import settle


def queue(seconds: int = 30, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": seconds}, **more}


def body(**resources: Any) -> str:
    return json.dumps({"Resources": resources})


BAD = queue(999_999, DependsOn="Kept")


def test_failed_updates_are_taken_back_to_what_was_whole(aws: Client) -> None:
    stacks, sqs = aws("cloudformation"), aws("sqs")
    create(stacks, body(Kept=queue(10)))
    with pytest.raises(ClientError, match="is in CREATE_COMPLETE state and can not be rolled back"):
        stacks.rollback_stack(StackName="shop")
    retained = queue(DeletionPolicy="Retain", DependsOn="Kept")
    for seconds in (20, 30):
        failing = body(Kept=queue(seconds), New=retained, Bad={**BAD, "DependsOn": "New"})
        stacks.update_stack(StackName="shop", TemplateBody=failing, DisableRollback=True)
        settle(stacks)
        assert stack(stacks)["StackStatus"] == "UPDATE_FAILED"
    assert len(sqs.list_queues()["QueueUrls"]) == 2
    stacks.rollback_stack(StackName="shop", RetainExceptOnCreate=True)
    settle(stacks)
    assert stack(stacks)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    (url,) = sqs.list_queues()["QueueUrls"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"] == "10"
    assert list(stacks.get_template(StackName="shop")["TemplateBody"]["Resources"]) == ["Kept"]
    stacks.update_stack(StackName="shop", TemplateBody=body(Kept=queue(40)))
    settle(stacks)
    assert stack(stacks)["StackStatus"] == "UPDATE_COMPLETE"


@pytest.mark.parametrize(("given", "left"), [({}, 1), ({"RetainExceptOnCreate": True}, 0)])
def test_a_failed_creation_is_taken_back(aws: Client, given: dict[str, Any], left: int) -> None:
    stacks = aws("cloudformation")
    failing = body(Kept=queue(DeletionPolicy="Retain"), Bad=BAD)
    stacks.create_stack(StackName="shop", TemplateBody=failing, DisableRollback=True)
    settle(stacks)
    assert stack(stacks)["StackStatus"] == "CREATE_FAILED"
    stacks.rollback_stack(StackName="shop", **given)
    settle(stacks)
    assert stack(stacks)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert len(aws("sqs").list_queues().get("QueueUrls", ())) == left
