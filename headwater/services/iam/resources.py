"""IAM's CloudFormation types.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import orjson

from headwater.spine.errors import AwsError
from headwater.spine.operations import Call
from headwater.spine.resource_tags import Tagging, as_pairs, resource_tags
from headwater.spine.resources import Change, Replace, Resource, all_listed, resource
from headwater.spine.timestamps import iso8601

PRINCIPALS = {"Role": "Roles", "User": "Users", "Group": "Groups"}


def document_text(document: Any) -> str:
    return document if isinstance(document, str) else orjson.dumps(document).decode()


def forgiving(call: Call, name: str, request: dict[str, Any]) -> None:
    """An operation whose subject may be gone already."""
    try:
        call.operation("iam", name, request)
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise


def given(properties: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: properties[name] for name in names if name in properties}


class PrincipalResource(Resource):
    """What roles, users and groups have in common: a name, inline policies, attached policies, tags."""

    kind = ""
    longest = 64

    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        name = properties.get(f"{self.kind}Name") or change.physical_name(self.longest)
        request = {f"{self.kind}Name": name, **self.creation(change)}
        if self.kind != "Group":
            request["Tags"] = as_pairs(resource_tags(change))
        described = call.operation("iam", f"Create{self.kind}", request)[self.kind]
        change.physical_id = name
        change.attributes = {"Arn": described["Arn"], f"{self.kind}Id": described[f"{self.kind}Id"]}
        self.put_policies(call, change)

    def creation(self, change: Change) -> dict[str, Any]:
        return given(change.properties, "Path", "PermissionsBoundary")

    def put_policies(self, call: Call, change: Change) -> None:
        """Inline and attached policies as the properties now say, minus what they said before."""
        member = {f"{self.kind}Name": change.physical_id}
        inline = {each["PolicyName"]: each["PolicyDocument"] for each in change.properties.get("Policies", ())}
        attached = change.properties.get("ManagedPolicyArns", ())
        for former in change.previous.get("Policies", ()):
            if former["PolicyName"] not in inline:
                forgiving(call, f"Delete{self.kind}Policy", {**member, "PolicyName": former["PolicyName"]})
        for arn in change.previous.get("ManagedPolicyArns", ()):
            if arn not in attached:
                forgiving(call, f"Detach{self.kind}Policy", {**member, "PolicyArn": arn})
        for name, document in inline.items():
            call.operation(
                "iam",
                f"Put{self.kind}Policy",
                {**member, "PolicyName": name, "PolicyDocument": document_text(document)},
            )
        for arn in attached:
            call.operation("iam", f"Attach{self.kind}Policy", {**member, "PolicyArn": arn})

    def update(self, call: Call, change: Change) -> None:
        for member in (f"{self.kind}Name", "Path"):
            if change.properties.get(member) != change.previous.get(member):
                raise Replace
        self.put_policies(call, change)

    def delete(self, call: Call, change: Change) -> None:
        member = {f"{self.kind}Name": change.physical_id}
        for arn in change.properties.get("ManagedPolicyArns", ()):
            forgiving(call, f"Detach{self.kind}Policy", {**member, "PolicyArn": arn})
        for each in change.properties.get("Policies", ()):
            forgiving(call, f"Delete{self.kind}Policy", {**member, "PolicyName": each["PolicyName"]})
        forgiving(call, f"Delete{self.kind}", member)


@resource("AWS::IAM::Role")
class Role(PrincipalResource):
    """`Ref` is the name; attributes Arn, RoleId."""

    kind = "Role"

    def creation(self, change: Change) -> dict[str, Any]:
        wanted = given(change.properties, "Path", "Description", "MaxSessionDuration", "PermissionsBoundary")
        if "MaxSessionDuration" in wanted:
            wanted["MaxSessionDuration"] = int(wanted["MaxSessionDuration"])
        wanted["AssumeRolePolicyDocument"] = document_text(change.properties["AssumeRolePolicyDocument"])
        return wanted

    def update(self, call: Call, change: Change) -> None:
        super().update(call, change)
        wanted = self.creation(change)
        role = {"RoleName": change.physical_id}
        document = wanted["AssumeRolePolicyDocument"]
        call.operation("iam", "UpdateAssumeRolePolicy", {**role, "PolicyDocument": document})
        call.operation(
            "iam", "UpdateRole", {**role, "Description": "", **given(wanted, "Description", "MaxSessionDuration")}
        )
        if "PermissionsBoundary" in wanted:
            boundary = wanted["PermissionsBoundary"]
            call.operation("iam", "PutRolePermissionsBoundary", {**role, "PermissionsBoundary": boundary})
        else:
            call.operation("iam", "DeleteRolePermissionsBoundary", role)
        retag(call, "Role", change)

    def read(self, call: Call, change: Change) -> dict[str, Any]:
        """Without its policies: other resources of a stack give it some."""
        role = call.operation("iam", "GetRole", {"RoleName": change.physical_id})["Role"]
        change.attributes = {"Arn": role["Arn"], "RoleId": role["RoleId"]}
        boundary = (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        return {
            **{
                name: role.get(name) or None
                for name in ("RoleName", "Path", "Description", "MaxSessionDuration", "Tags")
            },
            "AssumeRolePolicyDocument": orjson.loads(unquote(role["AssumeRolePolicyDocument"])),
            "PermissionsBoundary": boundary,
        }

    def known(self, call: Call) -> list[str]:
        return [role["RoleName"] for role in all_listed(call, "iam", "ListRoles", "Roles", ("Marker", "Marker"))]


@resource("AWS::IAM::User")
class User(PrincipalResource):
    """`Ref` is the name; attribute Arn."""

    kind = "User"

    def put_policies(self, call: Call, change: Change) -> None:
        super().put_policies(call, change)
        groups = change.properties.get("Groups", ())
        for group in change.previous.get("Groups", ()):
            if group not in groups:
                forgiving(call, "RemoveUserFromGroup", {"GroupName": group, "UserName": change.physical_id})
        for group in groups:
            call.operation("iam", "AddUserToGroup", {"GroupName": group, "UserName": change.physical_id})

    def update(self, call: Call, change: Change) -> None:
        super().update(call, change)
        retag(call, "User", change)

    def delete(self, call: Call, change: Change) -> None:
        for group in change.properties.get("Groups", ()):
            forgiving(call, "RemoveUserFromGroup", {"GroupName": group, "UserName": change.physical_id})
        super().delete(call, change)


def retag(call: Call, kind: str, change: Change) -> None:
    tagging = Tagging("iam", operations=(f"List{kind}Tags", f"Tag{kind}", f"Untag{kind}"))
    tagging.update(call, {f"{kind}Name": change.physical_id}, change)


@resource("AWS::IAM::Group")
class Group(PrincipalResource):
    """`Ref` is the name; attribute Arn."""

    kind = "Group"
    longest = 128


@resource("AWS::IAM::AccessKey")
class AccessKey(Resource):
    """`Ref` is the key's id; attribute SecretAccessKey."""

    def create(self, call: Call, change: Change) -> None:
        user = {"UserName": change.properties["UserName"]}
        key = call.operation("iam", "CreateAccessKey", user)["AccessKey"]
        change.physical_id = key["AccessKeyId"]
        change.attributes = {"SecretAccessKey": key["SecretAccessKey"]}
        self.set_status(call, change)

    def set_status(self, call: Call, change: Change) -> None:
        status = change.properties.get("Status", "Active")
        key = {"UserName": change.properties["UserName"], "AccessKeyId": change.physical_id}
        call.operation("iam", "UpdateAccessKey", {**key, "Status": status})

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(n) != change.previous.get(n) for n in ("UserName", "Serial")):
            raise Replace
        self.set_status(call, change)

    def delete(self, call: Call, change: Change) -> None:
        user = change.properties["UserName"]
        forgiving(call, "DeleteAccessKey", {"UserName": user, "AccessKeyId": change.physical_id})


@resource("AWS::IAM::Policy")
class InlinePolicy(Resource):
    """One inline policy put into roles, users and groups."""

    def create(self, call: Call, change: Change) -> None:
        change.physical_id = change.physical_name(128)
        change.attributes = {"Id": change.physical_id}
        self.put(call, change.properties)

    def put(self, call: Call, properties: dict[str, Any]) -> None:
        document = document_text(properties["PolicyDocument"])
        for kind, member in PRINCIPALS.items():
            for name in properties.get(member, ()):
                call.operation(
                    "iam",
                    f"Put{kind}Policy",
                    {
                        f"{kind}Name": name,
                        "PolicyName": properties["PolicyName"],
                        "PolicyDocument": document,
                    },
                )

    def remove(self, call: Call, properties: dict[str, Any], kept: dict[str, Any]) -> None:
        """Take it from whoever is no longer named."""
        same = properties["PolicyName"] == kept.get("PolicyName")
        for kind, member in PRINCIPALS.items():
            for name in properties.get(member, ()):
                if not (same and name in kept.get(member, ())):
                    request = {f"{kind}Name": name, "PolicyName": properties["PolicyName"]}
                    forgiving(call, f"Delete{kind}Policy", request)

    def update(self, call: Call, change: Change) -> None:
        self.put(call, change.properties)
        self.remove(call, change.previous, change.properties)

    def delete(self, call: Call, change: Change) -> None:
        self.remove(call, change.properties, {})


@resource("AWS::IAM::RolePolicy")
class RolePolicy(InlinePolicy):
    """An inline policy of one role."""

    def properties_of(self, properties: dict[str, Any]) -> dict[str, Any]:
        return {**properties, "Roles": [properties["RoleName"]]} if properties else {}

    def put(self, call: Call, properties: dict[str, Any]) -> None:
        super().put(call, self.properties_of(properties))

    def remove(self, call: Call, properties: dict[str, Any], kept: dict[str, Any]) -> None:
        super().remove(call, self.properties_of(properties), self.properties_of(kept))


@resource("AWS::IAM::ManagedPolicy")
class ManagedPolicy(Resource):
    """`Ref` is the ARN; attributes are what GetPolicy tells."""

    def create(self, call: Call, change: Change) -> None:
        properties = change.properties
        policy = call.operation(
            "iam",
            "CreatePolicy",
            {
                "PolicyName": properties.get("ManagedPolicyName") or change.physical_name(128),
                "PolicyDocument": document_text(properties["PolicyDocument"]),
                **given(properties, "Path", "Description"),
            },
        )["Policy"]
        change.physical_id = policy["Arn"]
        self.attach(call, change)
        self.describe(call, change)

    def describe(self, call: Call, change: Change) -> None:
        policy = call.operation("iam", "GetPolicy", {"PolicyArn": change.physical_id})["Policy"]
        change.attributes = {
            "PolicyArn": policy["Arn"],
            **{name: policy[name] for name in ("PolicyId", "DefaultVersionId", "AttachmentCount", "IsAttachable")},
            "PermissionsBoundaryUsageCount": policy.get("PermissionsBoundaryUsageCount", 0),
            **{name: iso8601(policy[name]) for name in ("CreateDate", "UpdateDate")},
        }

    def attach(self, call: Call, change: Change) -> None:
        for kind, member in PRINCIPALS.items():
            wanted = change.properties.get(member, ())
            for name in change.previous.get(member, ()):
                if name not in wanted:
                    request = {f"{kind}Name": name, "PolicyArn": change.physical_id}
                    forgiving(call, f"Detach{kind}Policy", request)
            for name in wanted:
                call.operation("iam", f"Attach{kind}Policy", {f"{kind}Name": name, "PolicyArn": change.physical_id})

    def update(self, call: Call, change: Change) -> None:
        for member in ("ManagedPolicyName", "Path", "Description"):
            if change.properties.get(member) != change.previous.get(member):
                raise Replace
        if change.properties["PolicyDocument"] != change.previous["PolicyDocument"]:
            self.drop_old_versions(call, change.physical_id)
            call.operation(
                "iam",
                "CreatePolicyVersion",
                {
                    "PolicyArn": change.physical_id,
                    "PolicyDocument": document_text(change.properties["PolicyDocument"]),
                    "SetAsDefault": True,
                },
            )
        self.attach(call, change)
        self.describe(call, change)

    def drop_old_versions(self, call: Call, arn: str) -> None:
        """Room for a new version: all but the default one may go."""
        for version in call.operation("iam", "ListPolicyVersions", {"PolicyArn": arn})["Versions"]:
            if not version["IsDefaultVersion"]:
                request = {"PolicyArn": arn, "VersionId": version["VersionId"]}
                call.operation("iam", "DeletePolicyVersion", request)

    def delete(self, call: Call, change: Change) -> None:
        arn = change.physical_id
        for kind, member in PRINCIPALS.items():
            for name in change.properties.get(member, ()):
                forgiving(call, f"Detach{kind}Policy", {f"{kind}Name": name, "PolicyArn": arn})
        try:
            self.drop_old_versions(call, arn)
        except AwsError as error:
            if error.code != "NoSuchEntity":
                raise
        forgiving(call, "DeletePolicy", {"PolicyArn": arn})
