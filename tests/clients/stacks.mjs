// cloudformation, sts, iam, ssm, cloudwatch, iot and apigatewayv2 by the AWS SDK for JavaScript.
import assert from "node:assert/strict";
import test from "node:test";
import * as apis from "@aws-sdk/client-apigatewayv2";
import * as cloudformation from "@aws-sdk/client-cloudformation";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as iam from "@aws-sdk/client-iam";
import * as iot from "@aws-sdk/client-iot";
import * as iotData from "@aws-sdk/client-iot-data-plane";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";

const account = process.env.AWS_ACCESS_KEY_ID;
const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" }] };

test("cloudformation: a stack, made, changed and deleted", async () => {
  const client = new cloudformation.CloudFormationClient({});
  const template = (delay) =>
    JSON.stringify({
      Resources: { Queue: { Type: "AWS::SQS::Queue", Properties: { DelaySeconds: delay } } },
      Outputs: { Url: { Value: { Ref: "Queue" } } },
    });
  const wait = { client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 };
  const StackName = "stack";
  await client.send(new cloudformation.CreateStackCommand({ StackName, TemplateBody: template(1) }));
  await cloudformation.waitUntilStackCreateComplete(wait, { StackName });
  const { Stacks } = await client.send(new cloudformation.DescribeStacksCommand({ StackName }));
  assert.match(Stacks[0].Outputs[0].OutputValue, new RegExp(`/${account}/stack-Queue-`));
  assert.ok(Stacks[0].CreationTime instanceof Date);
  const changes = { StackName, ChangeSetName: "slower", TemplateBody: template(2) };
  await client.send(new cloudformation.CreateChangeSetCommand(changes));
  await cloudformation.waitUntilChangeSetCreateComplete(wait, { StackName, ChangeSetName: "slower" });
  await client.send(new cloudformation.ExecuteChangeSetCommand({ StackName, ChangeSetName: "slower" }));
  await cloudformation.waitUntilStackUpdateComplete(wait, { StackName });
  const none = new cloudformation.UpdateStackCommand({ StackName, TemplateBody: template(2) });
  await assert.rejects(client.send(none), { name: "ValidationError", message: "No updates are to be performed." });
  const types = [];
  for await (const page of cloudformation.paginateDescribeStackEvents({ client }, { StackName }))
    types.push(...page.StackEvents.map(({ ResourceStatus }) => ResourceStatus));
  assert.deepEqual([types[0], types.at(-1)], ["UPDATE_COMPLETE", "CREATE_IN_PROGRESS"]);
  await client.send(new cloudformation.DeleteStackCommand({ StackName }));
  await cloudformation.waitUntilStackDeleteComplete(wait, { StackName });
  await assert.rejects(client.send(new cloudformation.DescribeStacksCommand({ StackName })), {
    name: "ValidationError",
    message: "Stack with id stack does not exist",
  });
});

test("sts and iam", async () => {
  const client = new iam.IAMClient({});
  const role = { RoleName: "role", AssumeRolePolicyDocument: JSON.stringify(trust) };
  const { Role } = await client.send(new iam.CreateRoleCommand(role));
  assert.equal(Role.Arn, `arn:aws:iam::${account}:role/role`);
  assert.ok(Role.CreateDate instanceof Date);
  await assert.rejects(client.send(new iam.CreateRoleCommand(role)), (error) => {
    assert.ok(error instanceof iam.EntityAlreadyExistsException);
    assert.equal(error.message, "Role with name role already exists.");
    return true;
  });
  await assert.rejects(client.send(new iam.GetRoleCommand({ RoleName: "none" })), (error) => error instanceof iam.NoSuchEntityException);
  const bad = new iam.CreateRoleCommand({ RoleName: "bad", AssumeRolePolicyDocument: "{" });
  await assert.rejects(client.send(bad), (error) => error instanceof iam.MalformedPolicyDocumentException);
  const identities = new sts.STSClient({});
  const me = await identities.send(new sts.GetCallerIdentityCommand({}));
  assert.equal(me.Account, account);
  const { Credentials } = await identities.send(new sts.AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName: "me" }));
  assert.ok(Credentials.Expiration > new Date());
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = Credentials;
  const assumed = new sts.STSClient({ credentials: { accessKeyId, secretAccessKey, sessionToken } });
  assert.equal((await assumed.send(new sts.GetCallerIdentityCommand({}))).Account, account);
});

test("ssm", async () => {
  const client = new ssm.SSMClient({});
  const put = (Name, more = {}) => client.send(new ssm.PutParameterCommand({ Name, Value: "v", Type: "String", ...more }));
  await Promise.all(["/a/1", "/a/b/2", "/a/b/3"].map((name) => put(name)));
  const names = [];
  const asked = { client, pageSize: 2 };
  for await (const { Parameters } of ssm.paginateGetParametersByPath(asked, { Path: "/a", Recursive: true }))
    names.push(...Parameters.map(({ Name }) => Name));
  assert.deepEqual(names.sort(), ["/a/1", "/a/b/2", "/a/b/3"]);
  const { Parameter } = await client.send(new ssm.GetParameterCommand({ Name: "/a/1" }));
  assert.deepEqual([Parameter.Value, Parameter.Version, Parameter.LastModifiedDate instanceof Date], ["v", 1, true]);
  await assert.rejects(client.send(new ssm.GetParameterCommand({ Name: "none" })), (error) => {
    assert.ok(error instanceof ssm.ParameterNotFound);
    assert.equal(error.name, "ParameterNotFound");
    return true;
  });
  await assert.rejects(put("/a/1"), { name: "ParameterAlreadyExists" });
});

test("cloudwatch, in the protocol that the SDK chooses", async () => {
  const client = new cloudwatch.CloudWatchClient({});
  const alarm = {
    ...{ AlarmName: "busy", Namespace: "Shop", MetricName: "Orders", Statistic: "Sum", Period: 60 },
    ...{ EvaluationPeriods: 1, Threshold: 10.5, ComparisonOperator: "GreaterThanThreshold" },
  };
  await client.send(new cloudwatch.PutMetricAlarmCommand(alarm));
  const datum = { MetricName: "Orders", Value: 1.5, Timestamp: new Date(), Dimensions: [{ Name: "a", Value: "b" }] };
  await client.send(new cloudwatch.PutMetricDataCommand({ Namespace: "Shop", MetricData: [datum] }));
  const state = { AlarmName: "busy", StateValue: "ALARM", StateReason: "by hand" };
  await client.send(new cloudwatch.SetAlarmStateCommand(state));
  const { MetricAlarms } = await client.send(new cloudwatch.DescribeAlarmsCommand({ StateValue: "ALARM" }));
  const [{ Threshold, StateReason, StateUpdatedTimestamp }] = MetricAlarms;
  assert.deepEqual([Threshold, StateReason, StateUpdatedTimestamp instanceof Date], [10.5, "by hand", true]);
  await assert.rejects(client.send(new cloudwatch.SetAlarmStateCommand({ ...state, AlarmName: "none" })), (error) => {
    assert.ok(error instanceof cloudwatch.ResourceNotFound, error.name);
    return true;
  });
  await assert.rejects(client.send(new cloudwatch.ListMetricStreamsCommand({})), { name: "NotImplemented" });
});

test("iot", async () => {
  const client = new iot.IoTClient({});
  const { endpointAddress } = await client.send(new iot.DescribeEndpointCommand({ endpointType: "iot:Data-ATS" }));
  assert.equal(endpointAddress, new URL(process.env.AWS_ENDPOINT_URL).host);
  await client.send(new iot.CreateThingCommand({ thingName: "lamp" }));
  await assert.rejects(client.send(new iot.DescribeThingCommand({ thingName: "none" })), (error) => error instanceof iot.ResourceNotFoundException);
  const data = new iotData.IoTDataPlaneClient({});
  const payload = new TextEncoder().encode('{"on": true}');
  await data.send(new iotData.PublishCommand({ topic: "lamps/ä lamp", qos: 1, retain: true, payload }));
  const kept = await data.send(new iotData.GetRetainedMessageCommand({ topic: "lamps/ä lamp" }));
  assert.deepEqual(Buffer.from(kept.payload).toString(), '{"on": true}');
  const bad = data.send(new iotData.PublishCommand({ topic: "a/#", payload }));
  await assert.rejects(bad, (error) => error instanceof iotData.InvalidRequestException);
});

test("apigatewayv2", async () => {
  const client = new apis.ApiGatewayV2Client({});
  const made = await client.send(new apis.CreateApiCommand({ Name: "api", ProtocolType: "HTTP", Tags: { a: "b" } }));
  assert.ok(made.CreatedDate instanceof Date);
  assert.deepEqual(made.Tags, { a: "b" });
  await client.send(new apis.CreateStageCommand({ ApiId: made.ApiId, StageName: "$default", AutoDeploy: true }));
  const answer = await fetch(`${made.ApiEndpoint}/none`);
  assert.deepEqual([answer.status, await answer.json()], [404, { message: "Not Found" }]);
  const { Items } = await client.send(new apis.GetApisCommand({}));
  assert.deepEqual(Items.map(({ ApiId }) => ApiId), [made.ApiId]);
  await assert.rejects(client.send(new apis.GetApiCommand({ ApiId: "none" })), (error) => error instanceof apis.NotFoundException);
  const twice = new apis.CreateStageCommand({ ApiId: made.ApiId, StageName: "$default" });
  await assert.rejects(client.send(twice), (error) => error instanceof apis.ConflictException);
});
