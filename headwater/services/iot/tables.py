"""Schema of IoT Core, and the statements of tags. Every other statement stands in the `tables.py` of its room."""

SCHEMA = (
    """
    CREATE TABLE iot_sessions (
        id BIGINT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, client TEXT NOT NULL,
        connection TEXT, expiry BIGINT NOT NULL, will TEXT, principal TEXT NOT NULL, policy TEXT, source TEXT,
        version BIGINT NOT NULL, timer BIGINT, will_timer BIGINT, UNIQUE (account, region, client)
    );
    CREATE INDEX iot_sessions_by_connection ON iot_sessions (connection) WHERE connection IS NOT NULL;
    CREATE TABLE iot_subscriptions (
        session BIGINT NOT NULL, filter TEXT NOT NULL, qos INTEGER NOT NULL,
        no_local INTEGER NOT NULL, retain_as_published INTEGER NOT NULL, PRIMARY KEY (session, filter)
    );
    CREATE TABLE iot_inbox (
        id BIGINT PRIMARY KEY, session BIGINT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
        retain INTEGER NOT NULL, properties TEXT, expires BIGINT
    );
    CREATE INDEX iot_inbox_by_session ON iot_inbox (session, id);
    CREATE TABLE iot_retained (
        account TEXT NOT NULL, region TEXT NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL,
        qos INTEGER NOT NULL, properties TEXT, modified BIGINT NOT NULL, expires BIGINT,
        PRIMARY KEY (account, region, topic)
    );
    CREATE TABLE iot_rules (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
        disabled INTEGER NOT NULL, created BIGINT NOT NULL,
        PRIMARY KEY (account, region, name)
    );
    CREATE TABLE iot_authorizers (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
        status TEXT NOT NULL, is_default INTEGER NOT NULL, created BIGINT NOT NULL, modified BIGINT NOT NULL,
        PRIMARY KEY (account, region, name)
    );
    CREATE TABLE iot_policies (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
        document TEXT NOT NULL, is_default INTEGER NOT NULL, created BIGINT NOT NULL,
        PRIMARY KEY (account, region, name, version)
    );
    CREATE TABLE iot_tags (arn TEXT PRIMARY KEY, tags TEXT NOT NULL);
    CREATE TABLE iot_things (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL,
        attributes TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (account, region, name)
    );
    """,
    """
    CREATE TABLE iot_shadows (
        account TEXT NOT NULL, region TEXT NOT NULL, thing TEXT NOT NULL, name TEXT NOT NULL,
        state TEXT NOT NULL, metadata TEXT NOT NULL, version BIGINT NOT NULL, deleted BIGINT,
        PRIMARY KEY (account, region, thing, name)
    );
    """,
    """
    CREATE TABLE iot_authority (
        name TEXT PRIMARY KEY, private_key TEXT NOT NULL, certificate TEXT NOT NULL
    );
    CREATE TABLE iot_certificates (
        sequence BIGINT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL,
        status TEXT NOT NULL, mode TEXT NOT NULL, pem TEXT NOT NULL, ca TEXT, issued_here INTEGER NOT NULL,
        created BIGINT NOT NULL, modified BIGINT NOT NULL, version INTEGER NOT NULL, UNIQUE (account, region, id)
    );
    CREATE INDEX iot_certificates_by_id ON iot_certificates (id);
    CREATE TABLE iot_ca_certificates (
        sequence BIGINT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL,
        status TEXT NOT NULL, mode TEXT NOT NULL, pem TEXT NOT NULL, auto_registration TEXT NOT NULL,
        created BIGINT NOT NULL, modified BIGINT NOT NULL, version INTEGER NOT NULL, UNIQUE (account, region, id)
    );
    CREATE TABLE iot_registration_codes (
        account TEXT NOT NULL, region TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (account, region)
    );
    CREATE TABLE iot_attached_policies (
        account TEXT NOT NULL, region TEXT NOT NULL, target TEXT NOT NULL, policy TEXT NOT NULL,
        PRIMARY KEY (account, region, target, policy)
    );
    CREATE INDEX iot_attached_policies_by_policy ON iot_attached_policies (account, region, policy, target);
    CREATE TABLE iot_thing_principals (
        account TEXT NOT NULL, region TEXT NOT NULL, thing TEXT NOT NULL, principal TEXT NOT NULL, kind TEXT NOT NULL,
        PRIMARY KEY (account, region, thing, principal)
    );
    CREATE INDEX iot_thing_principals_by_principal ON iot_thing_principals (account, region, principal, thing);
    """,
    """
    CREATE TABLE iot_thing_types (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, properties TEXT NOT NULL,
        deprecated BIGINT, created BIGINT NOT NULL, PRIMARY KEY (account, region, name)
    );
    CREATE TABLE iot_thing_groups (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, id TEXT NOT NULL, parent TEXT,
        properties TEXT NOT NULL, version BIGINT NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (account, region, name)
    );
    CREATE TABLE iot_group_members (
        account TEXT NOT NULL, region TEXT NOT NULL, group_name TEXT NOT NULL, thing TEXT NOT NULL,
        PRIMARY KEY (account, region, group_name, thing)
    );
    CREATE INDEX iot_group_members_by_thing ON iot_group_members (account, region, thing, group_name);
    ALTER TABLE iot_things ADD COLUMN type TEXT;
    """,
    """
    CREATE TABLE iot_destinations (
        account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, url TEXT NOT NULL, status TEXT NOT NULL,
        reason TEXT, token TEXT NOT NULL, created BIGINT NOT NULL, modified BIGINT NOT NULL,
        PRIMARY KEY (account, region, id), UNIQUE (account, region, url)
    );
    CREATE INDEX iot_destinations_by_token ON iot_destinations (token);
    """,
    """
    CREATE TABLE iot_provisioning_templates (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
        version INTEGER NOT NULL, created BIGINT NOT NULL, modified BIGINT NOT NULL,
        PRIMARY KEY (account, region, name)
    );
    CREATE TABLE iot_provisioning_versions (
        account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL,
        body TEXT NOT NULL, created BIGINT NOT NULL, PRIMARY KEY (account, region, name, version)
    );
    CREATE TABLE iot_ownership_tokens (
        account TEXT NOT NULL, region TEXT NOT NULL, token TEXT NOT NULL, certificate TEXT NOT NULL,
        PRIMARY KEY (account, region, token)
    );
    """,
    "ALTER TABLE iot_ca_certificates ADD COLUMN registration TEXT",
)

TAGS = "SELECT tags FROM iot_tags WHERE arn = ?"
SET_TAGS = """
INSERT INTO iot_tags (arn, tags) VALUES (?, ?) ON CONFLICT (arn) DO UPDATE SET tags = excluded.tags
"""
DELETE_TAGS = "DELETE FROM iot_tags WHERE arn = ?"
