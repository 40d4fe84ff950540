"""MQTT's sockets: TCP, and WebSockets at `/mqtt` on the main port. The broker's state is the IoT service's."""

from headwater.gateway.mqtt.broker import MQTT_PATH, MqttBroker

__all__ = ["MQTT_PATH", "MqttBroker"]
