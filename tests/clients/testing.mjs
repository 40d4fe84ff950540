// The npm package for tests: each test in a universe of its own, and what a failure says.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";

import { EventBridgeClient, ListRulesCommand, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { CreateQueueCommand, ListQueuesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

import { findCloud, Headwater, HeadwaterError, returns, StackFailed, startCloud, throws } from "../../clients/javascript/src/index.js";

const TEMPLATE = `
Parameters: {Delay: {Type: Number, Default: 0}}
Resources:
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: !Sub "\${AWS::StackName}-bus"}}
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref Bus
      EventPattern: {source: [shop], detail-type: [Placed]}
      Targets: [{Id: q, Arn: !GetAtt Parcels.Arn}]
  Parcels: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: !Ref Delay}}
  Policy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Parcels]
      PolicyDocument:
        Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: sqs:SendMessage, Resource: "*"}]
Outputs:
  Bus: {Value: !Ref Bus}
  Parcels: {Value: !Ref Parcels}
`;
const command = [process.env.PYTHON, "-m", "headwater"];
const settings = { maxAttempts: 1 };
let cloud, folder, template, shop, events, sqs;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "shop-"));
  template = join(folder, "template.yaml");
  await writeFile(template, TEMPLATE);
  cloud = await startCloud({ command });
  [events, sqs] = [new EventBridgeClient(settings), new SQSClient(settings)];
});

beforeEach(async () => {
  shop = await cloud.stack(template);
});

after(async () => {
  await cloud.stop();
  await rm(folder, { recursive: true });
});

async function put(stack, kind = "Placed") {
  const entry = { EventBusName: stack.outputs.Bus, Source: "shop", DetailType: kind, Detail: '{"id": "1"}' };
  await events.send(new PutEventsCommand({ Entries: [entry] }));
}

async function messages(stack) {
  return (await sqs.send(new ReceiveMessageCommand({ QueueUrl: stack.outputs.Parcels }))).Messages ?? [];
}

for (const number of [1, 2, 3]) {
  test(`a parcel is sent, and none of another test is there (${number})`, async () => {
    assert.equal((await messages(shop)).length, 0);
    await put(shop);
    const parcels = (await shop.resource("Parcels")).split("/").at(-1);
    await cloud.events.assertDelivered({ source: "shop", detailType: "Placed", to: parcels, times: 1 });
    await cloud.events.assertReached({ to: parcels, times: 1 });
    await assert.rejects(cloud.events.assertReached({ to: "Nobody" }), /Expected Nobody to be reached; it was 0 times/);
    assert.equal((await messages(shop)).length, 1);
    assert.match(await cloud.events.trace(), /events\.target/);
    await assert.rejects(cloud.events.assertNever({ source: "shop", to: parcels }), /; 1 did\.\n✓ events\.target/);
  });
}

test("a failure tells what happened to the event", async () => {
  await put(shop, "Lost");
  const parcels = (await shop.resource("Parcels")).split("/").at(-1);
  await cloud.events.assertNever({ to: parcels });
  await assert.rejects(cloud.events.assertDelivered({ source: "shop", to: parcels }), (error) => {
    assert.equal(error.name, "AssertionError");
    assert.match(error.message, /0 such were routed, 0 arrived\.\nnear miss: shop: Lost: missed .*detail-type is "Lost", wanted "Placed"/);
    return true;
  });
  assert.match(await cloud.events.story(), /events:PutEvents/);
});

test("of an event that another rule took, the failure tells what the awaited one had against it", async () => {
  const [bus, queue] = [shop.outputs.Bus, (await shop.resource("Parcels")).split("/").at(-1)];
  await events.send(new PutRuleCommand({ Name: "audit", EventBusName: bus, EventPattern: '{"source": ["shop"]}' }));
  await sqs.send(new CreateQueueCommand({ QueueName: "audit" }));
  const audit = { Id: "1", Arn: "arn:aws:sqs:us-east-1:000000000000:audit" };
  await events.send(new PutTargetsCommand({ Rule: "audit", EventBusName: bus, Targets: [audit] }));
  await put(shop, "Gone");
  const message = /1 such were routed, 0 arrived\.\nnear miss: shop: Gone: missed .*detail-type is "Gone", wanted "Placed"/;
  await assert.rejects(cloud.events.assertDelivered({ source: "shop", to: queue }), { message });
  await assert.rejects(cloud.events.assertNever({ to: "parcels" }), /Nothing here is named parcels.* Is it arn:aws:sqs:.*-Parcels-/);
});

test("two stacks are side by side, and time passes at once", async () => {
  const [first, second] = await cloud.stacks([{ template }, { template, parameters: { Delay: "600" } }]);
  await cloud.clock.freeze();
  for (const each of [first, second]) await put(each);
  const { timers } = await cloud.events.settle();
  assert.deepEqual([(await messages(first)).length, (await messages(second)).length], [1, 0]);
  const before = await cloud.clock.now();
  const advanced = await cloud.clock.advance("10m");
  assert.equal(advanced.now - before.getTime(), 600_000);
  assert.equal((await messages(second)).length, 1);
  assert.ok(Array.isArray(timers));
});

test("a universe may be empty, and the clock goes on in the next", async () => {
  await cloud.clock.freeze();
  await cloud.empty();
  assert.equal((await cloud.headwater.time()).mode, "real");
  assert.equal((await sqs.send(new ListQueuesCommand({}))).QueueUrls, undefined);
});

test("snapshots by hand, of a cloud that is found", async () => {
  const found = await findCloud({ endpoint: cloud.endpoint, environment: false });
  await found.headwater.save("mine");
  await put(shop);
  await found.headwater.restore("mine", { fresh: true });
  assert.equal((await messages(shop)).length, 0);
  assert.ok((await found.headwater.snapshots()).some((each) => each.name === "mine"));
  await found.headwater.deleteSnapshot("mine");
  await assert.rejects(found.headwater.restore("mine"), (error) => error instanceof HeadwaterError && error.status === 404);
  await found.stop(); // it was not started by that, so it stays
  assert.equal((await cloud.headwater.health()).status, "ready");
});

test("faults are asked for, fire, and are gone in the next universe", async () => {
  await cloud.faults.duplicate({ to: "Parcels", service: "events", nth: 1 });
  await cloud.faults.throttle("events", "ListRules", { times: 1 });
  await put(shop);
  await cloud.events.settle();
  assert.equal((await messages(shop)).length + (await messages(shop)).length, 2);
  await assert.rejects(events.send(new ListRulesCommand({})), { name: "ThrottlingException" });
  assert.deepEqual((await cloud.faults.fired()).map(({ nth }) => nth), [1, 1]);
  await assert.rejects(cloud.headwater.addFaults({ rules: [{ kind: "earthquake" }] }), HeadwaterError);
  await cloud.stack(template);
  assert.deepEqual((await cloud.headwater.faults()).rules, []);
  const set = await cloud.headwater.setQuotas({ "sqs:SendMessage": "5/7", "events:rules-per-bus": 9 });
  assert.deepEqual(set.rates, [{ name: "sqs:SendMessage", per_second: 5, burst: 7 }]);
  await cloud.headwater.clearQuotas();
  assert.deepEqual((await cloud.headwater.quotas("sqs")).rates, []);
});

test("the tasks of a state machine are mocked", async () => {
  const states = new SFNClient(settings);
  const ask = {
    Type: "Task", Resource: "arn:aws:states:::ecs:runTask.sync", End: true,
    Catch: [{ ErrorEquals: ["Busy"], Next: "Again" }],
  };
  const definition = JSON.stringify({ StartAt: "Ask", States: { Ask: ask, Again: { ...ask, Catch: undefined } } });
  const roleArn = "arn:aws:iam::000000000000:role/any";
  const { stateMachineArn } = await states.send(new CreateStateMachineCommand({ name: "ask", definition, roleArn }));
  const started = await cloud.mock(
    stateMachineArn, { Ask: [throws("Busy", { times: 1 }), returns(1)], Again: returns({ ok: true }) }, { case: "Busy" },
  );
  const { executionArn } = await states.send(new StartExecutionCommand({ stateMachineArn: started }));
  await cloud.events.settle();
  const { output } = await states.send(new DescribeExecutionCommand({ executionArn }));
  assert.equal(output, '{"ok":true}');
  assert.deepEqual((await cloud.headwater.mocks()).map((each) => each.case), ["Busy"]);
  await assert.rejects(cloud.mock(stateMachineArn, { Ask: [returns(1), returns(2)] }), RangeError);
});

test("executions are shown, compared and replayed", async () => {
  const states = new SFNClient(settings);
  const machine = (most) => ({
    StartAt: "Judge",
    States: {
      Judge: { Type: "Choice", Choices: [{ Variable: "$.amount", NumericGreaterThan: most, Next: "Refuse" }], Default: "Take" },
      Refuse: { Type: "Fail", Error: "TooMuch" },
      Take: { Type: "Pass", End: true },
    },
  });
  const roleArn = "arn:aws:iam::000000000000:role/any";
  const { stateMachineArn } = await states.send(
    new CreateStateMachineCommand({ name: "judge", definition: JSON.stringify(machine(10)), roleArn }),
  );
  const start = (name, amount) => states.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify({ amount }) }));
  const [small, large] = [await start("small", 5), await start("large", 50)].map((each) => each.executionArn);
  await cloud.events.settle();
  const shown = await cloud.headwater.execution("small", { svg: true });
  assert.deepEqual(shown.visits.map((visit) => visit.state), ["Judge", "Take"]);
  assert.match(shown.svg, /^<svg/);
  assert.equal((await cloud.headwater.execution(small)).svg, undefined);
  const { same, rows } = await cloud.headwater.compareExecutions(small, large);
  assert.equal(same, false);
  assert.match(rows[0].why, /amount/);
  assert.equal((await cloud.headwater.replay({ machine: stateMachineArn })).same, 2);
  const replays = await cloud.headwater.replay({ machine: stateMachineArn, definition: machine(4) });
  assert.deepEqual([replays.same, replays.left, replays.undecided, replays.problems], [1, 1, 0, 0]);
  assert.equal((await cloud.headwater.replay({ execution: small, definition: machine(4) })).executions[0].departure.state, "Take");
  assert.equal((await cloud.headwater.replay({ since: new Date(0), last: 1 })).executions.length, 1);
  await assert.rejects(cloud.headwater.execution("nowhere"), { status: 404 });
});

test("what a role may not do is told", async () => {
  assert.deepEqual(await cloud.headwater.permissions(), []);
  const trust = { Version: "2012-10-17", Statement: { Effect: "Allow", Principal: { AWS: "*" }, Action: "sts:AssumeRole" } };
  const made = { RoleName: "parcels", AssumeRolePolicyDocument: JSON.stringify(trust) };
  const { Role } = await new IAMClient(settings).send(new CreateRoleCommand(made));
  const assumed = new AssumeRoleCommand({ RoleArn: Role.Arn, RoleSessionName: "me" });
  const { AccessKeyId, SecretAccessKey, SessionToken } = (await new STSClient(settings).send(assumed)).Credentials;
  const session = new SQSClient({ ...settings, credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken } });
  await session.send(new ReceiveMessageCommand({ QueueUrl: shop.outputs.Parcels }));
  const [lacking] = await cloud.headwater.permissions("parcels");
  assert.deepEqual([lacking.action, lacking.times, lacking.refused], ["sqs:ReceiveMessage", 1, false]);
});

test("what cannot be deployed, asked or found is said in words", async () => {
  const broken = join(folder, "broken.yaml");
  await writeFile(broken, "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1000000}}}");
  await assert.rejects(cloud.stack(broken), (error) => error instanceof StackFailed && /Q/.test(error.message));
  await assert.rejects(cloud.stack(template, { Colour: "red" }), { message: "Error: Parameters: [Colour] do not exist in the template" });
  await assert.rejects(cloud.stack(join(folder, "nowhere.yaml")), /^StackFailed: There is no .*nowhere\.yaml\.$/);
  shop = await cloud.stack(template);
  await assert.rejects(shop.resource("Nothing"), /has no resource Nothing; there are Bus, Parcels, Policy, Rule\.$/);
  await assert.rejects(cloud.faults.throttle("stepfunctions"), /There is no service stepfunctions\. Is it states\?/);
  const entry = { Source: "shop", DetailType: "Placed", Detail: "{}" };
  await events.send(new PutEventsCommand({ Entries: [entry] }));
  await assert.rejects(cloud.events.assertDelivered({ source: "shop", to: "Parcels" }), /event-bus\/default has no rule/);
  await assert.rejects(new Headwater("http://127.0.0.1:9").health(), /No Headwater answers at http:\/\/127\.0\.0\.1:9: (?!fetch failed)/);
  await assert.rejects(startCloud({ command: ["no-such-program"] }), /did not start/);
});
