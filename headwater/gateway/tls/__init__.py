"""TLS: HTTPS and MQTT with certificates, on ports of their own. Off unless asked for."""

from headwater.gateway.tls.authority_site import AUTHORITY_PATH, AuthoritySite
from headwater.gateway.tls.listeners import CannotListen, TlsListeners

__all__ = ["AUTHORITY_PATH", "AuthoritySite", "CannotListen", "TlsListeners"]
