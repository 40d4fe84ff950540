"""TLS: HTTPS and MQTT with certificates, on ports of their own. Off unless asked for, and loaded only then."""


class CannotListen(Exception):
    """A port is taken; the text has which."""
