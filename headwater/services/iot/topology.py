"""Topic rules on the map, and the broker that they listen to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from headwater.services.iot.broker.tables import COUNT_SESSIONS
from headwater.services.iot.shadows.tables import COUNT_SHADOWS
from headwater.services.iot.topic_rules.tables import RULES
from headwater.spine.arns import make_arn
from headwater.spine.operations import Call, Request, Result, operation
from headwater.spine.topology import link, resource, topology


@operation("iot", "Topology", internal=True, reads=True)
def map_broker(call: Call, request: Request) -> Result:
    """The broker stands for its topics; ``clients`` are connected ones."""
    scope = (call.account, call.region)
    broker = make_arn("iot", call.region, call.account, "topic")
    (clients, sessions) = call.store.one(COUNT_SESSIONS, scope) or (0, 0)
    (shadows,) = call.store.one(COUNT_SHADOWS, scope) or (0,)
    rules, links = [], []
    for name, text, disabled, _ in call.store.all(RULES, scope):
        arn = make_arn("iot", call.region, call.account, f"rule/{name}")
        document = orjson.loads(text)
        rules.append(resource(arn, "AWS::IoT::TopicRule", name, disabled=disabled))
        links.append(link(broker, arn, "rule", only=document.get("sql")))
        for kind, target in _targets(call, document):
            links.append(link(arn, target, "action", kind))
    nodes = [resource(broker, "AWS::IoT::Broker", "IoT Core", clients=clients, sessions=sessions, shadows=shadows)]
    return topology(call, nodes + rules if rules or sessions or shadows else [], links)


def _targets(call: Call, document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The kind and the ARN of what each action of a rule writes to."""
    for action in document.get("actions") or ():
        for kind, parameters in action.items():
            arn = _target(call, kind, parameters)
            if arn is not None:
                yield kind, arn


def _target(call: Call, kind: str, parameters: dict[str, Any]) -> str | None:
    here = (call.region, call.account)
    match kind:
        case "lambda":
            return str(parameters["functionArn"])
        case "sns":
            return str(parameters["targetArn"])
        case "sqs":
            return make_arn("sqs", *here, parameters["queueUrl"].rpartition("/")[2])
        case "s3":
            return f"arn:aws:s3:::{parameters['bucketName']}"
        case "dynamoDB":
            return make_arn("dynamodb", *here, f"table/{parameters['tableName']}")
        case "dynamoDBv2":
            return make_arn("dynamodb", *here, f"table/{parameters['putItem']['tableName']}")
        case "stepFunctions":
            return make_arn("states", *here, f"stateMachine:{parameters['stateMachineName']}")
        case "cloudwatchAlarm":
            return make_arn("cloudwatch", *here, f"alarm:{parameters['alarmName']}")
        case "kinesis":
            return make_arn("kinesis", *here, f"stream/{parameters['streamName']}")
        case "firehose":
            return make_arn("firehose", *here, f"deliverystream/{parameters['deliveryStreamName']}")
        case "republish":
            return make_arn("iot", *here, "topic")
        case _:
            return None
