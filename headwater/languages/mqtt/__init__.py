"""MQTT 3.1.1 and 5 without sockets: packets, their bytes, topics, and the broker's side of a connection.

Sources: OASIS MQTT Version 3.1.1 and 5.0; AWS IoT Core developer guide, "MQTT" and "AWS IoT Core message
broker and protocol limits and quotas" for what the broker does otherwise than the specification.
"""

from headwater.languages.mqtt.connection import Connection
from headwater.languages.mqtt.decoding import Decoder
from headwater.languages.mqtt.encoding import encode
from headwater.languages.mqtt.reasons import ProtocolError, Reason
from headwater.languages.mqtt.subscriptions import SubscriptionTree

__all__ = ["Connection", "Decoder", "ProtocolError", "Reason", "SubscriptionTree", "encode"]
