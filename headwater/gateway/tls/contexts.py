"""How handshakes are done: a certificate for the name that a client calls, and devices' certificates in return.

OpenSSL itself refuses a device whose certificate nobody vouches for; Python lets us not decide it anew for each
handshake. So each context holds those who vouch: IoT's authorities, and certificates that were registered alone.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from headwater.gateway.tls.authority import NAMES, Authority, is_host_name

_MOST_NAMES = 200
log = logging.getLogger(__name__)


class Contexts:
    """The contexts of one port. ``required``: a client without a certificate is refused."""

    def __init__(self, authority: Authority, names: Sequence[str], protocols: Sequence[str], required: bool) -> None:
        self._authority = authority
        self._names = (*NAMES, *names)
        self._protocols = list(protocols)
        self._mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        self._trusted: dict[str, None] = {}  # PEM, in order
        self._by_name: dict[str, ssl.SSLContext] = {}
        self._called: WeakKeyDictionary[ssl.SSLObject, str] = WeakKeyDictionary()
        self.default = self._make(())
        self.default.sni_callback = self._choose

    def called(self, connection: ssl.SSLObject) -> str:
        """The name by which a client has called; empty where it called an address."""
        return self._called.get(connection, "")

    def trust(self, pem: str) -> None:
        """From now on, let pass whomever a certificate vouches for."""
        if pem in self._trusted:
            return
        self._trusted[pem] = None
        for context in (self.default, *self._by_name.values()):
            _trust(context, pem)

    def forget(self) -> None:
        """Trust nobody: handshakes from now on are done by other contexts."""
        self._trusted.clear()
        self._by_name.clear()
        self._by_name[""] = self._make(())

    def _make(self, names: Sequence[str]) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._authority.issue((*self._names, *names)))
        context.verify_mode = self._mode
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.set_alpn_protocols(self._protocols)
        for pem in self._trusted:
            _trust(context, pem)
        return context

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        """OpenSSL asks in each handshake. A name that we were not called by before gets a certificate of its own."""
        name = (name or "").lower()
        if isinstance(connection, ssl.SSLObject):
            self._called[connection] = name
        context = self._by_name.get(name)
        if context is None:
            context = self._by_name.get("", self.default)
            if is_host_name(name) and name not in self._names and len(self._by_name) < _MOST_NAMES:
                context = self._by_name[name] = self._make((name,))
        connection.context = context


def _trust(context: ssl.SSLContext, pem: str) -> None:
    try:
        context.load_verify_locations(cadata=pem)
    except ssl.SSLError as error:
        log.warning("a registered certificate cannot be trusted", extra={"error": str(error)})
