"""Numbered schema changes: a folder from an older version opens."""

from __future__ import annotations

from headwater.spine.store.transaction import Store, Transaction

_VERSIONS = """
CREATE TABLE IF NOT EXISTS schema_versions (service TEXT PRIMARY KEY, version INTEGER NOT NULL)
"""
_VERSION = "SELECT version FROM schema_versions WHERE service = ?"
_SERVICES = "SELECT service FROM schema_versions ORDER BY service"
_SET_VERSION = """
INSERT INTO schema_versions (service, version) VALUES (?, ?)
ON CONFLICT (service) DO UPDATE SET version = excluded.version
"""


class FolderTooNew(Exception):
    """The data folder was written by a later Headwater than this one."""


def prepare(store: Transaction) -> None:
    """Make the table that keeps the versions."""
    store.run(_VERSIONS)


def migrate(store: Store, service: str, migrations: tuple[str, ...]) -> None:
    """Bring a service's tables to their newest form, inside the open transaction."""
    row = store.one(_VERSION, (service,))
    version = row[0] if row else 0
    if version > len(migrations):
        raise FolderTooNew(
            f"The data folder holds version {version} of {service}; this Headwater knows {len(migrations)}."
        )
    for migration in migrations[version:]:
        store.script(migration)
    if version < len(migrations):
        store.run(_SET_VERSION, (service, len(migrations)))


def migrated_services(store: Transaction) -> list[str]:
    """The services that have tables here."""
    return [service for (service,) in store.all(_SERVICES)]
