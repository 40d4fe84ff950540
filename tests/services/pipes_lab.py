"""What tests of pipes share: queues, pipes that run, and express state machines as enrichments and targets."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Client, client_factory
from tests.server import ServerThread

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipe"


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


class Lab:
    """A cloud whose clock stands still, with the queues ``in`` and ``out``."""

    def __init__(self, server: ServerThread) -> None:
        self.server = server
        self.aws: Client = client_factory(server.endpoint, ACCOUNT)
        self.source, self.target = self.queue("in", VisibilityTimeout="30"), self.queue("out")

    def queue(self, name: str, **attributes: str) -> str:
        url: str = self.aws("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url

    def pipe(self, name: str = "p", **changes: Any) -> str:
        """A pipe that runs, from ``in`` to ``out`` unless it is said otherwise."""
        request = {"Name": name, "RoleArn": ROLE, "Source": queue_arn("in"), "Target": queue_arn("out")} | changes
        arn: str = self.aws("pipes").create_pipe(**request)["Arn"]
        self.server.advance(100)
        described = self.aws("pipes").describe_pipe(Name=name)
        assert described["CurrentState"] == "RUNNING", described.get("StateReason")
        return arn

    def send(self, *bodies: Any, url: str | None = None, **more: Any) -> None:
        for body in bodies:
            text = body if isinstance(body, str) else json.dumps(body)
            self.aws("sqs").send_message(QueueUrl=url or self.source, MessageBody=text, **more)
        self.server.advance(10)

    def messages(self, url: str | None = None) -> list[dict[str, Any]]:
        """What is in a queue, taken out."""
        sqs, found = self.aws("sqs"), []
        wanted = {"AttributeNames": ["All"], "MaxNumberOfMessages": 10}
        while batch := sqs.receive_message(QueueUrl=url or self.target, **wanted).get("Messages"):
            for message in batch:
                sqs.delete_message(QueueUrl=url or self.target, ReceiptHandle=message["ReceiptHandle"])
            found += batch
        return found

    def bodies(self, url: str | None = None) -> list[Any]:
        return [_parsed(message["Body"]) for message in self.messages(url)]

    def left(self, url: str | None = None) -> int:
        """Messages that are in a queue or in somebody's hands."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.aws("sqs").get_queue_attributes(QueueUrl=url or self.source, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def machine(self, name: str, states: dict[str, Any], kind: str = "EXPRESS") -> str:
        definition = json.dumps({"StartAt": next(iter(states)), "States": states})
        arn: str = self.aws("stepfunctions").create_state_machine(
            name=name, definition=definition, roleArn=ROLE, type=kind
        )["stateMachineArn"]
        return arn

    def table(self) -> str:
        """The ARN of the stream of the table ``orders``."""
        made = self.aws("dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        self.server.advance(1000)
        arn: str = made["TableDescription"]["LatestStreamArn"]
        return arn

    def put(self, *names: str) -> None:
        for name in names:
            self.aws("dynamodb").put_item(TableName="orders", Item={"id": {"S": name}})
        self.server.advance(10)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
