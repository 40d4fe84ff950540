"""CloudFormation's type of custom authorizers.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IoT.html
"""

from __future__ import annotations

from typing import Any

from headwater.services.iot.properties import attempt, members, replaced, resource_arn, retag, tags_of
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Resource, resource


@resource("AWS::IoT::Authorizer")
class AuthorizerResource(Resource):
    def create(self, call: Call, change: Change) -> None:
        name = change.properties.get("AuthorizerName") or change.physical_name(128)
        members = self._members(change) | {"tags": tags_of(change)}
        call.operation("iot", "CreateAuthorizer", {"authorizerName": name, **members})
        self._describe(call, change, name)

    def update(self, call: Call, change: Change) -> None:
        replaced(change, "AuthorizerName", "SigningDisabled")
        call.operation("iot", "UpdateAuthorizer", {"authorizerName": change.physical_id, **self._members(change)})
        self._describe(call, change, change.physical_id)
        retag(call, change)

    def delete(self, call: Call, change: Change) -> None:
        name = {"authorizerName": change.physical_id}
        attempt(call, "UpdateAuthorizer", name | {"status": "INACTIVE"})
        attempt(call, "DeleteAuthorizer", name)

    def _members(self, change: Change) -> dict[str, Any]:
        """Members of the API; the names of the signing keys are the template's own."""
        given = {name: value for name, value in change.properties.items() if name not in ("AuthorizerName", "Tags")}
        made = members(given)
        for name in ("signingDisabled", "enableCachingForHttp"):
            if isinstance(made.get(name), str):
                made[name] = made[name].lower() == "true"
        return made | {"status": made.get("status") or "ACTIVE"}

    def _describe(self, call: Call, change: Change, name: str) -> None:
        change.physical_id = name
        change.attributes = {"Arn": resource_arn(call, "authorizer", name)}
