"""Resource policies of streams and consumers: kept and shown. Who may do what is not checked against them.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutResourcePolicy.html
"""

from __future__ import annotations

import orjson

from headwater.services.kinesis.consumer import consumer_of_arn, is_consumer, save
from headwater.services.kinesis.errors import invalid_argument, resource_not_found
from headwater.services.kinesis.stream import Settings, change_settings, find_stream
from headwater.spine.operations import Call, Request, Result, operation


@operation("kinesis", "PutResourcePolicy")
def put_resource_policy(call: Call, request: Request) -> Result:
    text = request["Policy"]
    try:
        policy = orjson.loads(text)
    except orjson.JSONDecodeError:
        policy = None
    if not isinstance(policy, dict) or not policy.get("Statement"):
        raise invalid_argument("The policy is not a valid JSON policy document.")
    return _set(call, request["ResourceARN"], text)


@operation("kinesis", "GetResourcePolicy", reads=True)
def get_resource_policy(call: Call, request: Request) -> Result:
    policy = _get(call, request["ResourceARN"])
    return {"Policy": "{}" if policy is None else policy}


@operation("kinesis", "DeleteResourcePolicy")
def delete_resource_policy(call: Call, request: Request) -> Result:
    arn = request["ResourceARN"]
    if _get(call, arn) is None:
        raise resource_not_found(f"No resource policy found for resource ARN {arn}")
    return _set(call, arn, None)


def _get(call: Call, arn: str) -> str | None:
    if is_consumer(arn):
        return consumer_of_arn(call, arn).document.get("policy")
    return find_stream(call, {"StreamARN": arn}).settings.policy


def _set(call: Call, arn: str, text: str | None) -> Result:
    if is_consumer(arn):
        consumer = consumer_of_arn(call, arn)
        consumer.document["policy"] = text
        return save(call, consumer)

    def change(settings: Settings) -> None:
        settings.policy = text

    change_settings(call, find_stream(call, {"StreamARN": arn}), change)
    return {}
