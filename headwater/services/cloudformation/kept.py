"""Types that are kept and not acted upon, so that templates with them deploy: each says so in the stack's events.

Nothing here needs to be scaled, and an alias takes all traffic at once. Their APIs are not there: they answer 501.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApplicationAutoScaling.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_CodeDeploy.html
"""

from __future__ import annotations

from headwater.services.cloudformation.types import ResourceFailed
from headwater.spine.operations import Call
from headwater.spine.resources import Change, Replace, Resource, resource

_KEPT = "Headwater keeps this without acting upon it: "
_NOT_SCALED = f"{_KEPT}capacity is not scaled here, and never short."
_AT_ONCE = f"{_KEPT}an alias takes all traffic at once, no hook is called and no alarm rolls back."


class Kept(Resource):
    """``identity``: the properties of which AWS makes a new resource when they change."""

    identity: tuple[str, ...] = ()

    def create(self, call: Call, change: Change) -> None:
        self.name(call, change)

    def name(self, call: Call, change: Change) -> None:
        """Check it, and set what ``Ref`` and ``Fn::GetAtt`` give."""
        raise NotImplementedError

    def update(self, call: Call, change: Change) -> None:
        if any(change.properties.get(each) != change.previous.get(each) for each in self.identity):
            raise Replace

    def delete(self, call: Call, change: Change) -> None:
        """There is nothing but the stack's own row."""


@resource("AWS::ApplicationAutoScaling::ScalableTarget")
class ScalableTargetResource(Kept):
    told = _NOT_SCALED
    identity = ("ResourceId", "ScalableDimension", "ServiceNamespace")

    def name(self, call: Call, change: Change) -> None:
        _check_capacity(change)
        change.physical_id = "|".join(str(change.properties[each]) for each in self.identity)
        change.attributes = {"Id": change.physical_id}

    def update(self, call: Call, change: Change) -> None:
        _check_capacity(change)
        super().update(call, change)


def _check_capacity(change: Change) -> None:
    least, most = (int(float(change.properties[name])) for name in ("MinCapacity", "MaxCapacity"))
    if most < least:
        raise ResourceFailed("Maximum capacity cannot be less than minimum capacity")


@resource("AWS::ApplicationAutoScaling::ScalingPolicy")
class ScalingPolicyResource(Kept):
    told = _NOT_SCALED
    identity = ("PolicyName", "ResourceId", "ScalableDimension", "ScalingTargetId", "ServiceNamespace")

    def name(self, call: Call, change: Change) -> None:
        name, target = change.properties["PolicyName"], change.properties.get("ScalingTargetId")
        if target is not None:
            resource_id, _, service = str(target).split("|") if target.count("|") == 2 else (target, "", "")
        else:
            resource_id, service = change.properties["ResourceId"], change.properties["ServiceNamespace"]
        policy = f"scalingPolicy:{call.ids.uuid()}:resource/{service}/{resource_id}:policyName/{name}"
        change.physical_id = f"arn:aws:autoscaling:{call.region}:{call.account}:{policy}"
        change.attributes = {"Arn": change.physical_id}


@resource("AWS::CodeDeploy::Application")
class ApplicationResource(Kept):
    told = _AT_ONCE
    identity = ("ApplicationName", "ComputePlatform")

    def name(self, call: Call, change: Change) -> None:
        change.physical_id = change.properties.get("ApplicationName") or change.physical_name(100)


@resource("AWS::CodeDeploy::DeploymentGroup")
class DeploymentGroupResource(Kept):
    told = _AT_ONCE
    identity = ("ApplicationName", "DeploymentGroupName")

    def name(self, call: Call, change: Change) -> None:
        for required in ("ApplicationName", "ServiceRoleArn"):
            change.properties[required]
        change.physical_id = change.properties.get("DeploymentGroupName") or change.physical_name(100)


@resource("AWS::CodeDeploy::DeploymentConfig")
class DeploymentConfigResource(Kept):
    told = _AT_ONCE
    identity = ("ComputePlatform", "DeploymentConfigName", "MinimumHealthyHosts", "TrafficRoutingConfig", "ZonalConfig")

    def name(self, call: Call, change: Change) -> None:
        change.physical_id = change.properties.get("DeploymentConfigName") or change.physical_name(100)
