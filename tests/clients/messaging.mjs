// sqs, sns and eventbridge by the AWS SDK for JavaScript; the environment says where they are.
import assert from "node:assert/strict";
import test from "node:test";
import * as events from "@aws-sdk/client-eventbridge";
import * as sns from "@aws-sdk/client-sns";
import * as sqs from "@aws-sdk/client-sqs";

const account = process.env.AWS_ACCESS_KEY_ID;
const queues = new sqs.SQSClient({});

async function makeQueue(QueueName, Attributes) {
  const { QueueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName, Attributes }));
  return { QueueUrl, arn: `arn:aws:sqs:us-east-1:${account}:${QueueName}` };
}

async function receive(QueueUrl, number) {
  const messages = [];
  for (let turn = 0; turn < 10 && messages.length < number; turn++) {
    const read = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 2, MessageAttributeNames: ["All"] };
    messages.push(...((await queues.send(new sqs.ReceiveMessageCommand(read))).Messages ?? []));
  }
  assert.equal(messages.length, number);
  return messages;
}

test("sqs: a message with attributes, whose digests the SDK checks", async () => {
  const { QueueUrl } = await makeQueue("plain");
  const MessageAttributes = {
    text: { DataType: "String", StringValue: "ü" },
    number: { DataType: "Number.int", StringValue: "1" },
    bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) },
  };
  const sent = await queues.send(new sqs.SendMessageCommand({ QueueUrl, MessageBody: "Grüße 🌊", MessageAttributes }));
  assert.match(sent.MD5OfMessageAttributes, /^[0-9a-f]{32}$/);
  const [message] = await receive(QueueUrl, 1);
  assert.equal(message.Body, "Grüße 🌊");
  assert.deepEqual(message.MessageAttributes, MessageAttributes);
  const { ReceiptHandle } = message;
  await queues.send(new sqs.ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 60 }));
  await queues.send(new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
});

test("sqs: batches, with what fails in them", async () => {
  const { QueueUrl } = await makeQueue("batch.fifo", { FifoQueue: "true" });
  const entry = (Id) => ({ Id, MessageBody: Id, MessageGroupId: "g", MessageDeduplicationId: Id });
  const Entries = [entry("1"), { ...entry("2"), MessageDeduplicationId: undefined }, entry("3")];
  const { Successful, Failed } = await queues.send(new sqs.SendMessageBatchCommand({ QueueUrl, Entries }));
  assert.deepEqual(Successful.map(({ Id }) => Id), ["1", "3"]);
  assert.deepEqual(Failed.map(({ Id, Code, SenderFault }) => [Id, Code, SenderFault]), [["2", "InvalidParameterValue", true]]);
  const handles = (await receive(QueueUrl, 2)).map(({ MessageId, ReceiptHandle }) => ({ Id: MessageId, ReceiptHandle }));
  const deleted = await queues.send(new sqs.DeleteMessageBatchCommand({ QueueUrl, Entries: handles }));
  assert.equal(deleted.Successful.length, 2);
});

test("sqs: pages and errors", async () => {
  await Promise.all([1, 2, 3].map((number) => makeQueue(`page-${number}`)));
  const urls = [];
  const asked = { client: queues, pageSize: 2 };
  for await (const { QueueUrls } of sqs.paginateListQueues(asked, { QueueNamePrefix: "page-" })) urls.push(QueueUrls.length);
  assert.deepEqual(urls, [2, 1]);
  await assert.rejects(queues.send(new sqs.GetQueueUrlCommand({ QueueName: "none" })), (error) => {
    assert.ok(error instanceof sqs.QueueDoesNotExist);
    assert.equal(error.name, "QueueDoesNotExist");
    assert.equal(error.message, "The specified queue does not exist.");
    assert.equal(error.$metadata.httpStatusCode, 400);
    assert.match(error.$metadata.requestId, /^[0-9a-f-]{36}$/);
    return true;
  });
  const { QueueUrl } = await makeQueue("page-1");
  const bad = new sqs.DeleteMessageCommand({ QueueUrl, ReceiptHandle: "x" });
  await assert.rejects(queues.send(bad), { name: "ReceiptHandleIsInvalid" });
});

test("sqs: the endpoint may also be the client's own", async () => {
  const endpoint = process.env.AWS_ENDPOINT_URL;
  const credentials = { accessKeyId: "222222222222", secretAccessKey: "x" };
  const client = new sqs.SQSClient({ endpoint, region: "eu-central-1", credentials });
  const { QueueUrl } = await client.send(new sqs.CreateQueueCommand({ QueueName: `explicit-${account}` }));
  assert.equal(new URL(QueueUrl).pathname, `/222222222222/explicit-${account}`);
});

test("sns: to a queue by filter, and in batches", async () => {
  const topics = new sns.SNSClient({});
  const { QueueUrl, arn } = await makeQueue("subscriber");
  const { TopicArn } = await topics.send(new sns.CreateTopicCommand({ Name: "topic" }));
  const Attributes = { RawMessageDelivery: "true", FilterPolicy: JSON.stringify({ kind: ["order"] }) };
  const asked = { TopicArn, Protocol: "sqs", Endpoint: arn, Attributes, ReturnSubscriptionArn: true };
  const { SubscriptionArn } = await topics.send(new sns.SubscribeCommand(asked));
  const attribute = (StringValue) => ({ kind: { DataType: "String", StringValue } });
  await topics.send(new sns.PublishCommand({ TopicArn, Message: "no", MessageAttributes: attribute("other") }));
  await topics.send(new sns.PublishCommand({ TopicArn, Message: "yes", MessageAttributes: attribute("order") }));
  const entries = ["a", "b"].map((Id) => ({ Id, Message: Id, MessageAttributes: attribute("order") }));
  const batch = await topics.send(new sns.PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }));
  assert.equal(batch.Successful.length, 2);
  const bodies = (await receive(QueueUrl, 3)).map(({ Body }) => Body);
  assert.deepEqual(bodies.sort(), ["a", "b", "yes"]);
  await topics.send(new sns.UnsubscribeCommand({ SubscriptionArn }));
  const missing = new sns.PublishCommand({ TopicArn: `${TopicArn}-none`, Message: "x" });
  await assert.rejects(topics.send(missing), (error) => {
    assert.ok(error instanceof sns.NotFoundException);
    assert.equal(error.name, "NotFoundException");
    assert.equal(error.message, "Topic does not exist");
    return true;
  });
  const invalid = new sns.CreateTopicCommand({ Name: "a b" });
  await assert.rejects(topics.send(invalid), { name: "InvalidParameterException" });
});

test("eventbridge: rule, target, event", async () => {
  const client = new events.EventBridgeClient({});
  const { QueueUrl, arn } = await makeQueue("target");
  await client.send(new events.CreateEventBusCommand({ Name: "orders" }));
  const rule = { Name: "placed", EventBusName: "orders" };
  await client.send(new events.PutRuleCommand({ ...rule, EventPattern: JSON.stringify({ source: ["shop"] }) }));
  const InputTransformer = { InputPathsMap: { id: "$.detail.id" }, InputTemplate: '{"order": <id>}' };
  const Targets = [{ Id: "1", Arn: arn, InputTransformer }];
  const put = await client.send(new events.PutTargetsCommand({ Rule: "placed", EventBusName: "orders", Targets }));
  assert.equal(put.FailedEntryCount, 0);
  const event = { Source: "shop", DetailType: "OrderPlaced", EventBusName: "orders", Detail: '{"id": 7}', Time: new Date() };
  const { Entries } = await client.send(new events.PutEventsCommand({ Entries: [event, { ...event, Detail: "{" }] }));
  assert.deepEqual(Entries.map(({ ErrorCode }) => ErrorCode), [undefined, "MalformedDetail"]);
  const [{ Body }] = await receive(QueueUrl, 1);
  assert.deepEqual(JSON.parse(Body), { order: 7 });
  const bad = new events.PutRuleCommand({ Name: "bad", EventPattern: '{"source": 1}' });
  await assert.rejects(client.send(bad), (error) => error instanceof events.InvalidEventPatternException);
  const missing = new events.DescribeRuleCommand({ Name: "none" });
  await assert.rejects(client.send(missing), { name: "ResourceNotFoundException", message: "Rule none does not exist on EventBus default." });
  const absent = new events.ListPartnerEventSourcesCommand({ NamePrefix: "aws.partner" });
  await assert.rejects(client.send(absent), (error) => {
    assert.equal(error.name, "NotImplemented");
    assert.equal(error.$metadata.httpStatusCode, 501);
    return true;
  });
});
