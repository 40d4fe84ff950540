"""The stacks that `sam deploy --resolve-s3` and `cdk bootstrap` make for themselves: the same kinds of resources, with
the same properties."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Client
from tests.services.test_cloudformation import create, outputs
from tests.services.test_s3_objects import s3  # noqa: F401 - fixture
from tests.settling import wait_for

SAM = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Description: Managed Stack for AWS SAM CLI
Metadata: {SamCliInfo: "1.140.0"}
Resources:
  SamCliSourceBucket:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: {Status: Enabled}
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault: {SSEAlgorithm: "aws:kms"}
            BucketKeyEnabled: "true"
      PublicAccessBlockConfiguration:
        {BlockPublicAcls: "true", BlockPublicPolicy: "true", IgnorePublicAcls: "true", RestrictPublicBuckets: "true"}
      Tags: [{Key: ManagedStackSource, Value: AwsSamCli}]
  SamCliSourceBucketBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: {Ref: SamCliSourceBucket}
      PolicyDocument:
        Statement:
          - Action: ["s3:GetObject"]
            Effect: Allow
            Resource: {"Fn::Join": ["", ["arn:", {Ref: "AWS::Partition"}, ":s3:::", {Ref: SamCliSourceBucket}, "/*"]]}
            Principal: {Service: serverlessrepo.amazonaws.com}
            Condition: {StringEquals: {"aws:SourceAccount": {Ref: "AWS::AccountId"}}}
          - Action: ["s3:*"]
            Effect: Deny
            Resource:
              - {"Fn::Join": ["", ["arn:", {Ref: "AWS::Partition"}, ":s3:::", {Ref: SamCliSourceBucket}]]}
            Principal: "*"
            Condition: {Bool: {"aws:SecureTransport": "false"}}
Outputs:
  SourceBucket: {Value: {Ref: SamCliSourceBucket}}
"""

CDK = """
Description: The CDK Toolkit Stack
Parameters:
  FileAssetsBucketName: {Type: String, Default: ""}
  FileAssetsBucketKmsKeyId: {Type: String, Default: AWS_MANAGED_KEY}
  PublicAccessBlockConfiguration: {Type: String, Default: "true", AllowedValues: ["true", "false"]}
  Qualifier: {Type: String, Default: hnb659fds, AllowedPattern: "[A-Za-z0-9_-]{1,10}"}
  TrustedAccounts: {Type: CommaDelimitedList, Default: ""}
Conditions:
  HasCustomFileAssetsBucketName: {"Fn::Not": [{"Fn::Equals": ["", {Ref: FileAssetsBucketName}]}]}
  CreateNewKey: {"Fn::Equals": ["", {Ref: FileAssetsBucketKmsKeyId}]}
  UseAwsManagedKey: {"Fn::Equals": [AWS_MANAGED_KEY, {Ref: FileAssetsBucketKmsKeyId}]}
  UsePublicAccessBlockConfiguration: {"Fn::Equals": ["true", {Ref: PublicAccessBlockConfiguration}]}
  HasTrustedAccounts:
    "Fn::Not": [{"Fn::Equals": ["", {"Fn::Join": ["", {Ref: TrustedAccounts}]}]}]
Resources:
  FileAssetsBucketEncryptionKey:
    Type: AWS::KMS::Key
    Condition: CreateNewKey
    Properties:
      KeyPolicy:
        Statement:
          - Action: ["kms:Create*", "kms:Describe*", "kms:Put*", "kms:ScheduleKeyDeletion", "kms:GenerateDataKey"]
            Effect: Allow
            Principal: {AWS: {Ref: "AWS::AccountId"}}
            Resource: "*"
          - Action: ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"]
            Effect: Allow
            Principal: {AWS: "*"}
            Resource: "*"
            Condition:
              StringEquals:
                "kms:CallerAccount": {Ref: "AWS::AccountId"}
                "kms:ViaService": [{"Fn::Sub": "s3.${AWS::Region}.amazonaws.com"}]
  FileAssetsBucketEncryptionKeyAlias:
    Type: AWS::KMS::Alias
    Condition: CreateNewKey
    Properties: {AliasName: alias/cdk-assets-key, TargetKeyId: {Ref: FileAssetsBucketEncryptionKey}}
  StagingBucket:
    Type: AWS::S3::Bucket
    UpdateReplacePolicy: Retain
    DeletionPolicy: Retain
    Properties:
      BucketName:
        "Fn::If":
          - HasCustomFileAssetsBucketName
          - {"Fn::Sub": "${FileAssetsBucketName}"}
          - {"Fn::Sub": "cdk-${Qualifier}-assets-${AWS::AccountId}-${AWS::Region}"}
      AccessControl: Private
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault:
              SSEAlgorithm: aws:kms
              KMSMasterKeyID:
                "Fn::If":
                  - CreateNewKey
                  - {"Fn::Sub": "${FileAssetsBucketEncryptionKey.Arn}"}
                  - "Fn::If": [UseAwsManagedKey, {Ref: "AWS::NoValue"}, {Ref: FileAssetsBucketKmsKeyId}]
      PublicAccessBlockConfiguration:
        "Fn::If":
          - UsePublicAccessBlockConfiguration
          - {BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true}
          - {Ref: "AWS::NoValue"}
      VersioningConfiguration: {Status: Enabled}
      LifecycleConfiguration:
        Rules:
          - {Id: CleanupOldVersions, Status: Enabled, NoncurrentVersionExpiration: {NoncurrentDays: 30}}
          - Id: AbortIncompleteMultipartUploads
            Status: Enabled
            AbortIncompleteMultipartUpload: {DaysAfterInitiation: 1}
  StagingBucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: {Ref: StagingBucket}
      PolicyDocument:
        Id: AccessControl
        Version: "2012-10-17"
        Statement:
          - Sid: AllowSSLRequestsOnly
            Action: s3:*
            Effect: Deny
            Resource: [{"Fn::Sub": "${StagingBucket.Arn}"}, {"Fn::Sub": "${StagingBucket.Arn}/*"}]
            Condition: {Bool: {"aws:SecureTransport": "false"}}
            Principal: "*"
  FilePublishingRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: {"Fn::Sub": "cdk-${Qualifier}-file-publishing-role-${AWS::AccountId}-${AWS::Region}"}
      AssumeRolePolicyDocument:
        Statement:
          - {Action: sts:TagSession, Effect: Allow, Principal: {AWS: {Ref: "AWS::AccountId"}}}
          - "Fn::If":
              - HasTrustedAccounts
              - {Action: sts:AssumeRole, Effect: Allow, Principal: {AWS: {Ref: TrustedAccounts}}}
              - {Ref: "AWS::NoValue"}
      Tags: [{Key: "aws-cdk:bootstrap-role", Value: file-publishing}]
  FilePublishingRoleDefaultPolicy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: {"Fn::Sub": "cdk-${Qualifier}-file-publishing-role-default-policy-${AWS::AccountId}-${AWS::Region}"}
      Roles: [{Ref: FilePublishingRole}]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Action: ["s3:GetObject*", "s3:PutObject*"], Resource: ["*"], Effect: Allow}
  CdkBootstrapVersion:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Name: {"Fn::Sub": "/cdk-bootstrap/${Qualifier}/version"}, Value: "29"}
Outputs:
  BucketName: {Value: {"Fn::Sub": "${StagingBucket}"}, Export: {Name: {"Fn::Sub": "CdkBootstrap-${Qualifier}-Bucket"}}}
  BootstrapVersion: {Value: {"Fn::GetAtt": [CdkBootstrapVersion, Value]}}
"""


def test_sams_bucket(aws: Client, s3: Any) -> None:  # noqa: F811
    create(aws("cloudformation"), SAM, "aws-sam-cli-managed-default", Capabilities=["CAPABILITY_AUTO_EXPAND"])
    bucket = outputs(aws("cloudformation"), "aws-sam-cli-managed-default")["SourceBucket"]
    put = s3.put_object(Bucket=bucket, Key="code.zip", Body=b"PK")
    assert put["ServerSideEncryption"] == "aws:kms" and put["BucketKeyEnabled"] is True and put["VersionId"]
    statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    assert [statement["Effect"] for statement in statements] == ["Allow", "Deny"]


def test_cdks_bucket(aws: Client, s3: Any, account: str) -> None:  # noqa: F811
    create(aws("cloudformation"), CDK, "CDKToolkit", Capabilities=["CAPABILITY_NAMED_IAM"])
    told, bucket = outputs(aws("cloudformation"), "CDKToolkit"), f"cdk-hnb659fds-assets-{account}-us-east-1"
    assert told == {"BucketName": bucket, "BootstrapVersion": "29"}
    put = s3.put_object(Bucket=bucket, Key="asset.zip", Body=b"PK")
    assert put["ServerSideEncryption"] == "aws:kms" and put["SSEKMSKeyId"].startswith("arn:aws:kms:")
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    everything = {"Status": "Enabled", "Filter": {"Prefix": ""}}
    assert rules == [
        {"ID": "CleanupOldVersions", **everything, "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
        {
            "ID": "AbortIncompleteMultipartUploads",
            **everything,
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
    ]
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}


def test_cdks_bucket_with_a_key_of_its_own(aws: Client, s3: Any, account: str) -> None:  # noqa: F811
    own_key = [{"ParameterKey": "FileAssetsBucketKmsKeyId", "ParameterValue": ""}]
    create(aws("cloudformation"), CDK, "CDKToolkit", Parameters=own_key, Capabilities=["CAPABILITY_NAMED_IAM"])
    key = aws("kms").describe_key(KeyId="alias/cdk-assets-key")["KeyMetadata"]["Arn"]
    put = s3.put_object(Bucket=f"cdk-hnb659fds-assets-{account}-us-east-1", Key="asset.zip", Body=b"PK")
    assert put["SSEKMSKeyId"] == key


LIFECYCLE = [
    ({"ExpirationInDays": 7}, {"Expiration": {"Days": 7}, "Filter": {"Prefix": ""}}),
    (
        {"Prefix": "logs/", "ExpirationInDays": "7", "ObjectSizeGreaterThan": "10"},
        {"Expiration": {"Days": 7}, "Filter": {"And": {"Prefix": "logs/", "ObjectSizeGreaterThan": 10}}},
    ),
    (
        {"TagFilters": [{"Key": "a", "Value": "b"}], "ExpiredObjectDeleteMarker": "true"},
        {"Expiration": {"ExpiredObjectDeleteMarker": True}, "Filter": {"Tag": {"Key": "a", "Value": "b"}}},
    ),
    (
        {"NoncurrentVersionExpirationInDays": 3, "Prefix": "x"},
        {"NoncurrentVersionExpiration": {"NoncurrentDays": 3}, "Filter": {"Prefix": "x"}},
    ),
]


def test_lifecycle_rules_of_templates(aws: Client, s3: Any) -> None:  # noqa: F811
    cloudformation = aws("cloudformation")
    rules = [{"Id": f"r{number}", "Status": "Enabled", **rule} for number, (rule, _) in enumerate(LIFECYCLE)]
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"LifecycleConfiguration": {"Rules": rules}}}
    template = {"Resources": {"Bucket": bucket}, "Outputs": {"Bucket": {"Value": {"Ref": "Bucket"}}}}
    create(cloudformation, json.dumps(template))
    name = outputs(cloudformation)["Bucket"]
    kept = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert kept == [
        {"ID": f"r{number}", "Status": "Enabled", **expected} for number, (_, expected) in enumerate(LIFECYCLE)
    ]
    bucket["Properties"] = {"LifecycleConfiguration": {"Rules": rules[:1]}, "Tags": [{"Key": "a", "Value": "b"}]}
    cloudformation.update_stack(StackName="shop", TemplateBody=json.dumps(template))
    wait_for(cloudformation, "stack_update_complete", StackName="shop")
    assert len(s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]) == 1
