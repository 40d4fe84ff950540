"""ECR's repositories, as the CDK and people who look at them use them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Client
from tests.settling import wait_for

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:*"}]}
SELECTION = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}
RULES = {"rules": [{"rulePriority": 1, "selection": SELECTION, "action": {"type": "expire"}}]}


@pytest.fixture
def ecr(aws: Client) -> Any:
    return aws("ecr")


def refused(operation: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        operation(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_repository(ecr: Any, account: str) -> None:
    made = ecr.create_repository(repositoryName="team/app", tags=[{"Key": "a", "Value": "b"}])["repository"]
    created = made.pop("createdAt")
    assert made == {
        "repositoryArn": f"arn:aws:ecr:us-east-1:{account}:repository/team/app",
        "registryId": account,
        "repositoryName": "team/app",
        "repositoryUri": f"{account}.dkr.ecr.us-east-1.amazonaws.com/team/app",
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }
    assert ecr.describe_repositories(repositoryNames=["team/app"])["repositories"] == [made | {"createdAt": created}]
    assert refused(ecr.create_repository, repositoryName="team/app") == (
        "RepositoryAlreadyExistsException",
        f"The repository with name 'team/app' already exists in the registry with id '{account}'",
    )
    ecr.put_image_tag_mutability(repositoryName="team/app", imageTagMutability="IMMUTABLE")
    ecr.put_image_scanning_configuration(
        repositoryName="team/app", imageScanningConfiguration={"scanOnPush": True}, registryId=account
    )
    (changed,) = ecr.describe_repositories()["repositories"]
    assert (changed["imageTagMutability"], changed["imageScanningConfiguration"]) == ("IMMUTABLE", {"scanOnPush": True})
    ecr.delete_repository(repositoryName="team/app", force=True)
    assert refused(ecr.delete_repository, repositoryName="team/app") == (
        "RepositoryNotFoundException",
        f"The repository with name 'team/app' does not exist in the registry with id '{account}'",
    )


def test_policies(ecr: Any) -> None:
    ecr.create_repository(repositoryName="app")
    assert refused(ecr.get_repository_policy, repositoryName="app")[0] == "RepositoryPolicyNotFoundException"
    assert refused(ecr.set_repository_policy, repositoryName="app", policyText="{")[0] == "InvalidParameterException"
    ecr.set_repository_policy(repositoryName="app", policyText=json.dumps(POLICY))
    assert json.loads(ecr.get_repository_policy(repositoryName="app")["policyText"]) == POLICY
    ecr.delete_repository_policy(repositoryName="app")
    assert refused(ecr.get_repository_policy, repositoryName="app")[0] == "RepositoryPolicyNotFoundException"
    ecr.put_lifecycle_policy(repositoryName="app", lifecyclePolicyText=json.dumps(RULES))
    assert json.loads(ecr.get_lifecycle_policy(repositoryName="app")["lifecyclePolicyText"]) == RULES
    ecr.delete_lifecycle_policy(repositoryName="app")
    assert refused(ecr.get_lifecycle_policy, repositoryName="app")[0] == "LifecyclePolicyNotFoundException"


def test_tags_and_pages(ecr: Any) -> None:
    arns = [ecr.create_repository(repositoryName=f"r{n}")["repository"]["repositoryArn"] for n in range(3)]
    pages = ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["repositories"]) for page in pages] == [2, 1]
    ecr.tag_resource(resourceArn=arns[0], tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    ecr.untag_resource(resourceArn=arns[0], tagKeys=["a"])
    assert ecr.list_tags_for_resource(resourceArn=arns[0])["tags"] == [{"Key": "b", "Value": "2"}]
    assert refused(ecr.describe_repositories, nextToken="?")[0] == "InvalidParameterException"
    assert "must satisfy regular expression" in refused(ecr.create_repository, repositoryName="Upper")[1].lower()


def test_images_are_not_taken(ecr: Any) -> None:
    assert refused(ecr.initiate_layer_upload, repositoryName="app")[0] == "NotImplemented"


def test_the_resource(aws: Client, ecr: Any, account: str) -> None:
    stacks = aws("cloudformation")

    def template(**properties: Any) -> str:
        repository = {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "images", **properties}}
        outputs = {"Arn": {"Value": {"Fn::GetAtt": "Repository.Arn"}}, "Ref": {"Value": {"Ref": "Repository"}}}
        return json.dumps({"Resources": {"Repository": repository}, "Outputs": outputs})

    policies = {"RepositoryPolicyText": POLICY, "LifecyclePolicy": {"LifecyclePolicyText": json.dumps(RULES)}}
    stacks.create_stack(StackName="s", TemplateBody=template(ImageTagMutability="IMMUTABLE", **policies))
    wait_for(stacks, "stack_create_complete", StackName="s")
    told = {each["OutputKey"]: each["OutputValue"] for each in stacks.describe_stacks()["Stacks"][0]["Outputs"]}
    assert told == {"Arn": f"arn:aws:ecr:us-east-1:{account}:repository/images", "Ref": "images"}
    assert json.loads(ecr.get_repository_policy(repositoryName="images")["policyText"]) == POLICY
    changed = template(ImageScanningConfiguration={"ScanOnPush": True}, Tags=[{"Key": "a", "Value": "b"}])
    stacks.update_stack(StackName="s", TemplateBody=changed)
    wait_for(stacks, "stack_update_complete", StackName="s")
    (repository,) = ecr.describe_repositories()["repositories"]
    assert (repository["imageTagMutability"], repository["imageScanningConfiguration"]["scanOnPush"]) == (
        "MUTABLE",
        True,
    )
    assert refused(ecr.get_lifecycle_policy, repositoryName="images")[0] == "LifecyclePolicyNotFoundException"
    stacks.delete_stack(StackName="s")
    wait_for(stacks, "stack_delete_complete", StackName="s")
    assert ecr.describe_repositories()["repositories"] == []


def test_a_repository_holds_no_images(ecr: Any, account: str) -> None:
    ecr.create_repository(repositoryName="app")
    assert ecr.list_images(repositoryName="app")["imageIds"] == []
    assert ecr.describe_images(repositoryName="app")["imageDetails"] == []
    latest: dict[str, Any] = {"repositoryName": "app", "imageIds": [{"imageTag": "latest"}]}
    assert refused(ecr.describe_images, **latest) == (
        "ImageNotFoundException",
        "The image with imageId {imageDigest:'null', imageTag:'latest'} does not exist within the repository with name "
        f"'app' in the registry with id '{account}'",
    )
    for operation in (ecr.batch_get_image, ecr.batch_delete_image):
        (failure,) = operation(**latest)["failures"]
        assert failure["failureCode"] == "ImageNotFound"
    assert refused(ecr.list_images, repositoryName="none")[0] == "RepositoryNotFoundException"
