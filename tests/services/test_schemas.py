"""EventBridge Schemas through boto3: registries, versions, discovery."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import settle

CONTENT = {"openapi": "3.0.0", "info": {"version": "1.0.0", "title": "Event"}, "paths": {}}


def document(**properties: Any) -> str:
    schema = {"type": "object", "properties": properties}
    return json.dumps(CONTENT | {"components": {"schemas": {"Event": schema}}})


def refused(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_registries(aws: Client) -> None:
    schemas = aws("schemas")
    made = schemas.create_registry(RegistryName="shop", Description="ours", Tags={"a": "1"})
    assert made["RegistryArn"].endswith(":registry/shop")
    assert refused(schemas.create_registry, RegistryName="shop")[0] == "ConflictException"
    assert refused(schemas.describe_registry, RegistryName="none") == (
        "NotFoundException",
        "Registry with name none does not exist.",
    )
    assert refused(schemas.describe_registry, RegistryName="aws.events")[0] == "NotImplemented"
    schemas.update_registry(RegistryName="shop", Description="theirs")
    assert schemas.describe_registry(RegistryName="shop")["Description"] == "theirs"
    schemas.tag_resource(ResourceArn=made["RegistryArn"], Tags={"b": "2"})
    schemas.untag_resource(ResourceArn=made["RegistryArn"], TagKeys=["a"])
    assert schemas.list_tags_for_resource(ResourceArn=made["RegistryArn"])["Tags"] == {"b": "2"}
    put = schemas.put_resource_policy(RegistryName="shop", Policy='{"Statement": []}')
    assert json.loads(schemas.get_resource_policy(RegistryName="shop")["Policy"]) == {"Statement": []}
    assert (
        refused(schemas.put_resource_policy, RegistryName="shop", Policy="{}", RevisionId="other")[0]
        == "PreconditionFailedException"
    )
    assert put["RevisionId"]
    assert [each["RegistryName"] for each in schemas.list_registries()["Registries"]] == ["shop"]
    schemas.delete_registry(RegistryName="shop")
    assert schemas.list_registries()["Registries"] == []


def test_schemas_have_versions(aws: Client) -> None:
    schemas = aws("schemas")
    schemas.create_registry(RegistryName="shop")
    named = {"RegistryName": "shop", "SchemaName": "order"}
    assert refused(schemas.create_schema, **named, Type="OpenApi3", Content="{}")[0] == "BadRequestException"
    first = schemas.create_schema(**named, Type="OpenApi3", Content=document(a={"type": "string", "nullable": True}))
    assert first["SchemaVersion"] == "1"
    assert (
        schemas.update_schema(**named, Content=document(a={"type": "string", "nullable": True}))["SchemaVersion"] == "1"
    )
    second = schemas.update_schema(**named, Content=document(needle={"type": "string"}))
    assert second["SchemaVersion"] == "2"
    versions = schemas.list_schema_versions(**named)["SchemaVersions"]
    assert [each["SchemaVersion"] for each in versions] == ["2", "1"]
    exported = schemas.export_schema(**named, SchemaVersion="1", Type="JSONSchemaDraft4")
    assert json.loads(exported["Content"])["properties"] == {"a": {"type": ["string", "null"]}}
    found = schemas.search_schemas(RegistryName="shop", Keywords="needle")["Schemas"]
    assert [each["SchemaVersion"] for each in found[0]["SchemaVersions"]] == ["2"]
    schemas.delete_schema_version(**named, SchemaVersion="2")
    assert schemas.describe_schema(**named)["SchemaVersion"] == "1"
    assert refused(schemas.delete_registry, RegistryName="shop")[0] == "BadRequestException"
    assert refused(schemas.put_code_binding, **named, Language="Python36")[0] == "NotImplemented"
    schemas.delete_schema(**named)
    assert schemas.list_schemas(RegistryName="shop")["Schemas"] == []


def test_a_schema_is_drafted_from_given_events(aws: Client) -> None:
    events = ['{"Source":"a","Resources":["x"]}', '{"Source":"b"}']
    answer = aws("schemas").get_discovered_schema(Type="OpenApi3", Events=events)
    assert json.loads(answer["Content"])["components"]["schemas"]["Event"]["required"] == ["Source"]
    other = aws("schemas").get_discovered_schema(Type="JSONSchemaDraft4", Events=events)
    assert json.loads(other["Content"])["properties"]["Source"] == {"type": "string"}


def test_a_discoverer_drafts_what_a_bus_has(aws: Client, account: str) -> None:
    schemas, events = aws("schemas"), aws("events")
    bus = events.create_event_bus(Name="orders")["EventBusArn"]
    made = schemas.create_discoverer(SourceArn=bus)
    assert (made["DiscovererId"], made["State"]) == ("events-event-bus-orders", "STARTED")
    named = {"RegistryName": "discovered-schemas", "SchemaName": "shop@OrderPlaced"}

    def put(detail: dict[str, Any]) -> None:
        entry = {"EventBusName": "orders", "Source": "shop", "DetailType": "Order Placed"}
        events.put_events(Entries=[entry | {"Detail": json.dumps(detail)}])
        settle(events)

    put({"total": 1})
    put({"total": 2})
    assert schemas.describe_schema(**named)["SchemaVersion"] == "1"
    put({"total": 2, "note": "x"})
    described = schemas.describe_schema(**named)
    assert described["SchemaVersion"] == "2"
    schema = json.loads(described["Content"])["components"]["schemas"]["OrderPlaced"]
    assert (schema["required"], sorted(schema["properties"])) == (["total"], ["note", "total"])
    schemas.stop_discoverer(DiscovererId=made["DiscovererId"])
    put({"other": True})
    assert schemas.describe_schema(**named)["SchemaVersion"] == "2"
    schemas.start_discoverer(DiscovererId=made["DiscovererId"])
    put({"other": True})
    assert schemas.describe_schema(**named)["SchemaVersion"] == "3"
    rule = events.list_rules(EventBusName="orders")["Rules"][0]
    assert rule["ManagedBy"] == "schemas.amazonaws.com"
    assert refused(
        events.put_targets,
        Rule=rule["Name"],
        EventBusName="orders",
        Targets=[{"Id": "1", "Arn": made["DiscovererArn"]}],
    )
    schemas.delete_discoverer(DiscovererId=made["DiscovererId"])
    assert events.list_rules(EventBusName="orders")["Rules"] == []
    assert schemas.list_discoverers()["Discoverers"] == []
