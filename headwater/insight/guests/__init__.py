"""Addresses by which scripts and tools know other emulators: ``/_localstack/…`` and ``/_aws/…`` of LocalStack,
``/moto-api/…`` of moto's server, ``/_ministack/…`` of MiniStack. Each family has a room; what makes no sense here is
refused by name.

https://docs.localstack.cloud/aws/configuration/networking/internal-endpoints/,
https://docs.getmoto.org/en/latest/docs/server_mode.html
"""

from headwater.insight.guests.host import Script, Startup, our_name

__all__ = ["PREFIXES", "Script", "Startup", "our_name"]

PREFIXES = ("/_localstack", "/_aws", "/moto-api", "/_ministack")
