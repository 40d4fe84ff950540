"""An HTTP endpoint for tests of what SNS sends: it keeps what it gets, and answers as it is told."""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any
from urllib.request import urlopen

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


class Listener:
    """``answers``: the statuses of the next requests; 200 once there are none."""

    def __init__(self) -> None:
        self.received: Queue[tuple[dict[str, str], str]] = Queue()
        self.answers: Queue[int] = Queue()
        received, answers = self.received, self.answers

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                received.put(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(200 if answers.empty() else answers.get())
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?a=b"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def next(self) -> tuple[dict[str, str], str]:
        return self.received.get(timeout=60)

    def confirm(self) -> None:
        """Visit the link of the next request, which asks for it."""
        with urlopen(json.loads(self.next()[1])["SubscribeURL"]):
            pass

    def count(self) -> int:
        """How many requests have come since somebody last asked."""
        number = 0
        while not self.received.empty():
            self.received.get()
            number += 1
        return number

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def verify(message: dict[str, Any]) -> None:
    """As AWS publishes it, by the certificate that the message names. InvalidSignature where it does not hold.
    https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message-verify-message-signature.html"""
    with urlopen(message["SigningCertURL"]) as answer:
        key = load_pem_x509_certificate(answer.read()).public_key()
    assert isinstance(key, RSAPublicKey)
    names = [name for name in _SIGNED[message["Type"]] if name in message]
    text = "".join(f"{name}\n{message[name]}\n" for name in names)
    hashed = SHA1() if message["SignatureVersion"] == "1" else SHA256()
    key.verify(b64decode(message["Signature"]), text.encode(), PKCS1v15(), hashed)
