"""What ECR keeps: repositories. ``document`` is JSON, as ``repository.py`` has it."""

from __future__ import annotations

SCHEMA = (
    """
    CREATE TABLE ecr_repositories (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, created BIGINT NOT NULL,
        document TEXT NOT NULL, PRIMARY KEY (account, region, name)
    );
    """,
)

HERE = "WHERE account = ? AND region = ?"
INSERT = "INSERT INTO ecr_repositories (account, region, name, created, document) VALUES (?, ?, ?, ?, ?)"
SELECT = f"SELECT name, created, document FROM ecr_repositories {HERE} AND name = ?"
SELECT_PAGE = f"SELECT name, created, document FROM ecr_repositories {HERE} AND name > ? ORDER BY name LIMIT ?"
UPDATE = f"UPDATE ecr_repositories SET document = ? {HERE} AND name = ?"
DELETE = f"DELETE FROM ecr_repositories {HERE} AND name = ?"
