// lambda, sfn and cloudwatch-logs by the AWS SDK for JavaScript.
import assert from "node:assert/strict";
import test from "node:test";
import * as lambda from "@aws-sdk/client-lambda";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as sfn from "@aws-sdk/client-sfn";
import { zip } from "./zip.mjs";

const functions = new lambda.LambdaClient({});
const states = new sfn.SFNClient({});
const Role = "arn:aws:iam::000000000000:role/function";
const CODE = `
export const handler = async (event, context) => {
  console.log("hello", event.name);
  if (event.fail) throw new TypeError("as asked");
  return { got: event.name, by: context.functionName };
};`;

async function makeFunction(FunctionName, code = CODE, more = {}) {
  const Code = { ZipFile: zip({ "index.mjs": code }) };
  const asked = { FunctionName, Runtime: "nodejs20.x", Handler: "index.handler", Role, Code, Timeout: 20, ...more };
  const made = await functions.send(new lambda.CreateFunctionCommand(asked));
  await lambda.waitUntilFunctionActiveV2({ client: functions, maxWaitTime: 20 }, { FunctionName });
  return made.FunctionArn;
}

const invoke = (FunctionName, event, more = {}) =>
  functions.send(new lambda.InvokeCommand({ FunctionName, Payload: JSON.stringify(event), ...more }));

test("lambda: create, invoke, fail, change", async () => {
  const arn = await makeFunction("hello");
  const answer = await invoke("hello", { name: "Ada" }, { LogType: "Tail" });
  assert.deepEqual(JSON.parse(answer.Payload.transformToString()), { got: "Ada", by: "hello" });
  assert.match(Buffer.from(answer.LogResult, "base64").toString(), /INFO\thello Ada/);
  const failed = await invoke(arn, { fail: true });
  assert.equal(failed.FunctionError, "Unhandled");
  assert.equal(JSON.parse(failed.Payload.transformToString()).errorType, "TypeError");
  assert.equal((await invoke("hello", {}, { InvocationType: "Event" })).StatusCode, 202);
  const ZipFile = zip({ "index.mjs": CODE.replace("got:", "now:") });
  await functions.send(new lambda.UpdateFunctionCodeCommand({ FunctionName: "hello", ZipFile, Publish: true }));
  await lambda.waitUntilFunctionUpdatedV2({ client: functions, maxWaitTime: 20 }, { FunctionName: "hello" });
  assert.deepEqual(JSON.parse((await invoke("hello:1", { name: "B" })).Payload.transformToString()).now, "B");
  const names = [];
  for await (const page of lambda.paginateListFunctions({ client: functions }, {})) names.push(...page.Functions);
  assert.deepEqual(names.map(({ FunctionName }) => FunctionName), ["hello"]);
});

test("lambda: errors", async () => {
  await assert.rejects(invoke("none", {}), (error) => {
    assert.ok(error instanceof lambda.ResourceNotFoundException);
    assert.equal(error.Type, "User");
    assert.match(error.message, /^Function not found: arn:aws:lambda:us-east-1:\d{12}:function:none$/);
    return true;
  });
  const bad = { FunctionName: "bad", Runtime: "nodejs20.x", Handler: "a.b", Role, Code: { ZipFile: Buffer.from("no zip") } };
  await assert.rejects(functions.send(new lambda.CreateFunctionCommand(bad)), { name: "InvalidParameterValueException" });
  await makeFunction("twice");
  await assert.rejects(makeFunction("twice"), { name: "ResourceConflictException", message: "Function already exist: twice" });
});

const machine = (States, type) =>
  states.send(
    new sfn.CreateStateMachineCommand({
      name: `m-${Object.keys(States)[0]}-${type}`,
      roleArn: Role,
      type,
      definition: JSON.stringify({ StartAt: Object.keys(States)[0], States }),
    }),
  );

test("sfn: an execution and its history", async () => {
  const { stateMachineArn } = await machine({ Double: { Type: "Pass", Parameters: { "twice.$": "$.n" }, End: true } }, "STANDARD");
  const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn, input: '{"n": 2}' }));
  let told;
  do told = await states.send(new sfn.DescribeExecutionCommand({ executionArn }));
  while (told.status === "RUNNING");
  assert.equal(told.output, '{"twice":2}');
  assert.ok(told.startDate instanceof Date);
  const types = [];
  const asked = { client: states, pageSize: 2 };
  for await (const { events } of sfn.paginateGetExecutionHistory(asked, { executionArn })) types.push(...events.map(({ type }) => type));
  assert.deepEqual(types, ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]);
  const missing = new sfn.DescribeExecutionCommand({ executionArn: `${executionArn}x` });
  await assert.rejects(states.send(missing), (error) => error instanceof sfn.ExecutionDoesNotExist);
  const invalid = machine({ Bad: { Type: "Nothing" } }, "STANDARD");
  await assert.rejects(invalid, (error) => error instanceof sfn.InvalidDefinition);
});

test("sfn: StartSyncExecution, whose host has a prefix", async () => {
  const { stateMachineArn } = await machine({ Quick: { Type: "Pass", Result: [1], End: true } }, "EXPRESS");
  const asked = new sfn.StartSyncExecutionCommand({ stateMachineArn, input: "{}" });
  const done = await states.send(asked);
  assert.deepEqual([done.status, done.output], ["SUCCEEDED", "[1]"]);
  assert.ok(done.billingDetails.billedDurationInMilliseconds >= 0);
  const without = new sfn.SFNClient({ disableHostPrefix: true });
  assert.equal((await without.send(asked)).status, "SUCCEEDED");
});

test("lambda: a function that calls StartSyncExecution through the SDK of its package", async () => {
  const { stateMachineArn } = await machine({ Inner: { Type: "Pass", Result: "inner", End: true } }, "EXPRESS");
  const code = `
import { createRequire } from "node:module";
const { SFNClient, StartSyncExecutionCommand } = createRequire(process.env.MODULES)("@aws-sdk/client-sfn");
export const handler = async ({ stateMachineArn }) =>
  (await new SFNClient({}).send(new StartSyncExecutionCommand({ stateMachineArn }))).output;`;
  await makeFunction("caller", code, { MemorySize: 512, Environment: { Variables: { MODULES: import.meta.filename } } });
  const answer = await invoke("caller", { stateMachineArn });
  assert.equal(answer.Payload.transformToString(), JSON.stringify('"inner"'));
});

test("cloudwatch-logs: write, read, filter", async () => {
  const client = new logs.CloudWatchLogsClient({});
  const names = { logGroupName: "/my/logs", logStreamName: "s" };
  await client.send(new logs.CreateLogGroupCommand({ logGroupName: "/my/logs", tags: { a: "b" } }));
  await client.send(new logs.CreateLogStreamCommand(names));
  const now = Date.now();
  const logEvents = [0, 1, 2].map((number) => ({ timestamp: now + number, message: JSON.stringify({ number }) }));
  await client.send(new logs.PutLogEventsCommand({ ...names, logEvents }));
  const { events } = await client.send(new logs.GetLogEventsCommand({ ...names, startFromHead: true }));
  assert.deepEqual(events.map(({ message }) => message), logEvents.map(({ message }) => message));
  const found = [];
  const filter = { logGroupName: "/my/logs", filterPattern: "{ $.number > 0 }" };
  for await (const page of logs.paginateFilterLogEvents({ client, pageSize: 1 }, filter)) found.push(...page.events);
  assert.equal(found.length, 2);
  const again = new logs.CreateLogGroupCommand({ logGroupName: "/my/logs" });
  await assert.rejects(client.send(again), {
    name: "ResourceAlreadyExistsException",
    message: "The specified log group already exists",
  });
});
