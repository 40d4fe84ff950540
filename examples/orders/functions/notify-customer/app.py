"""Tell whoever watches an order what became of it, on the MQTT topic orders/{orderId}.

Messages may overtake each other and arrive twice, so each says when its step happened. An order ends
once: its outcome is retained for a while, so that a page that comes late is told at once.
"""

import json

import boto3

OUTCOMES = ("COMPLETED", "REJECTED")
OUTCOME_SECONDS = 3600

iot = boto3.client("iot-data")


def handler(event, context):
    order = event["detail"]
    told = {name: order[name] for name in ("orderId", "status", "at", "reason") if name in order}
    outcome = {"retain": True, "messageExpiry": OUTCOME_SECONDS} if order["status"] in OUTCOMES else {}
    iot.publish(topic=f"orders/{order['orderId']}", qos=1, payload=json.dumps(told), **outcome)
