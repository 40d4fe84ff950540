"""Properties that have no effect are told in a stack's events.

The type is the test's own: which properties our types pass over changes whenever one of them learns more.
"""

from __future__ import annotations

import json
from typing import Any

from headwater.spine.operations import Call
from headwater.spine.resources import Change, Resource
from tests.conftest import Client
from tests.server import ServerThread
from tests.settling import wait_for

KIND = "Tests::Witness::Lamp"


class Lamp(Resource):
    """It looks at its brightness, and of each of its bulbs at the colour."""

    def create(self, call: Call, change: Change) -> None:
        change.physical_id = "lamp"
        self.update(call, change)

    def update(self, call: Call, change: Change) -> None:
        change.properties.get("Brightness")
        for bulb in change.properties.get("Bulbs", ()):
            bulb.get("Colour")

    def delete(self, call: Call, change: Change) -> None:
        """Nothing to do."""


def test_a_property_that_has_no_effect_is_told(server: ServerThread, aws: Client) -> None:
    server.cloud.engine.catalogue.resources[KIND] = Lamp()
    cloudformation = aws("cloudformation")
    properties: dict[str, Any] = {"Brightness": 1, "Weight": 2, "Bulbs": [{"Colour": "red", "Age": 1}], "Tags": []}

    def told(word: str) -> str | None:
        body = json.dumps({"Resources": {"Lamp": {"Type": KIND, "Properties": properties}}})
        getattr(cloudformation, f"{word}_stack")(StackName="shop", TemplateBody=body)
        wait_for(cloudformation, f"stack_{word}_complete", StackName="shop")
        events = cloudformation.describe_stack_events(StackName="shop")["StackEvents"]
        ended = [each for each in events if each["ResourceStatus"] == f"{word.upper()}_COMPLETE"]
        reasons = {each["LogicalResourceId"]: each.get("ResourceStatusReason") for each in reversed(ended)}
        assert not reasons["shop"]
        reason: str | None = reasons["Lamp"]
        return reason

    assert told("create") == f"Headwater ignores Bulbs.Age, Weight of {KIND}."
    properties["Weight"] = 3
    assert told("update") == f"Headwater ignores Weight of {KIND}."
    del properties["Weight"]
    properties["Brightness"] = 2
    assert told("update") is None
