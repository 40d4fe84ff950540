// dynamodb by the AWS SDK for JavaScript, its document client and its streams.
import assert from "node:assert/strict";
import test from "node:test";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as streams from "@aws-sdk/client-dynamodb-streams";
import * as lib from "@aws-sdk/lib-dynamodb";

const client = new dynamodb.DynamoDBClient({});
const documents = lib.DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });

async function makeTable(TableName, more = {}) {
  const asked = {
    TableName,
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [
      { AttributeName: "pk", AttributeType: "S" },
      { AttributeName: "sk", AttributeType: "N" },
    ],
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    ...more,
  };
  const { TableDescription } = await client.send(new dynamodb.CreateTableCommand(asked));
  await dynamodb.waitUntilTableExists({ client, maxWaitTime: 60 }, { TableName });
  return TableDescription;
}

test("items of every type", async () => {
  await makeTable("types");
  const item = {
    ...{ pk: "a", sk: 1, text: "ü", bytes: new Uint8Array([0, 255]), yes: true, nothing: null, list: [1, "a", { b: [] }] },
    ...{ texts: new Set(["x", "y"]), numbers: new Set([1, 2.5]), map: { deep: { er: -1e-5 } }, gone: undefined, empty: "" },
  };
  await documents.send(new lib.PutCommand({ TableName: "types", Item: item }));
  const got = await documents.send(new lib.GetCommand({ TableName: "types", Key: { pk: "a", sk: 1 }, ConsistentRead: true }));
  const { gone, ...kept } = item;
  assert.deepEqual(got.Item, kept);
  const raw = await client.send(new dynamodb.GetItemCommand({ TableName: "types", Key: { pk: { S: "a" }, sk: { N: "1.0" } } }));
  assert.deepEqual(raw.Item.map, { M: { deep: { M: { er: { N: "-0.00001" } } } } });
  const missing = await documents.send(new lib.GetCommand({ TableName: "types", Key: { pk: "none", sk: 1 } }));
  assert.equal(missing.Item, undefined);
});

test("queries, updates, batches and transactions", async () => {
  const TableName = "music";
  await makeTable(TableName);
  const Items = Array.from({ length: 25 }, (_, sk) => ({ PutRequest: { Item: { pk: "a", sk, odd: sk % 2 === 1 } } }));
  const written = await documents.send(new lib.BatchWriteCommand({ RequestItems: { [TableName]: Items } }));
  assert.deepEqual(written.UnprocessedItems, {});
  const query = {
    TableName,
    KeyConditionExpression: "pk = :pk and sk between :low and :high",
    FilterExpression: "#odd = :yes",
    ExpressionAttributeNames: { "#odd": "odd" },
    ExpressionAttributeValues: { ":pk": "a", ":low": 5, ":high": 14, ":yes": true },
  };
  const found = [];
  const paginator = lib.paginateQuery({ client: documents, pageSize: 3 }, query);
  for await (const page of paginator) found.push(...page.Items.map(({ sk }) => sk));
  assert.deepEqual(found, [5, 7, 9, 11, 13]);
  const updated = await documents.send(
    new lib.UpdateCommand({
      TableName,
      Key: { pk: "a", sk: 1 },
      UpdateExpression: "SET counted = if_not_exists(counted, :zero) + :one, tags = :tags REMOVE odd",
      ExpressionAttributeValues: { ":zero": 0, ":one": 1, ":tags": new Set(["t"]) },
      ReturnValues: "ALL_NEW",
    }),
  );
  assert.deepEqual(updated.Attributes, { pk: "a", sk: 1, counted: 1, tags: new Set(["t"]) });
  const Put = (sk, ConditionExpression) => ({ Put: { TableName, Item: { pk: "t", sk }, ConditionExpression } });
  await documents.send(new lib.TransactWriteCommand({ TransactItems: [Put(1), Put(2)], ClientRequestToken: "once" }));
  const refused = new lib.TransactWriteCommand({ TransactItems: [Put(3), Put(1, "attribute_not_exists(pk)")] });
  await assert.rejects(documents.send(refused), (error) => {
    assert.ok(error instanceof dynamodb.TransactionCanceledException);
    assert.deepEqual(error.CancellationReasons.map(({ Code }) => Code), ["None", "ConditionalCheckFailed"]);
    return true;
  });
  const Keys = [{ pk: "t", sk: 1 }, { pk: "t", sk: 3 }];
  const read = await documents.send(new lib.BatchGetCommand({ RequestItems: { [TableName]: { Keys } } }));
  assert.deepEqual(read.Responses[TableName], [{ pk: "t", sk: 1 }]);
});

test("errors", async () => {
  const TableName = "errors";
  await makeTable(TableName);
  await documents.send(new lib.PutCommand({ TableName, Item: { pk: "a", sk: 1, old: true } }));
  const conditional = {
    TableName,
    Item: { pk: "a", sk: 1 },
    ConditionExpression: "attribute_not_exists(pk)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
  await assert.rejects(documents.send(new lib.PutCommand(conditional)), (error) => {
    assert.ok(error instanceof dynamodb.ConditionalCheckFailedException);
    assert.equal(error.message, "The conditional request failed");
    assert.deepEqual(error.Item, { pk: { S: "a" }, sk: { N: "1" }, old: { BOOL: true } });
    return true;
  });
  const invalid = new lib.UpdateCommand({ TableName, Key: { pk: "a", sk: 1 }, UpdateExpression: "SET a = :none" });
  await assert.rejects(documents.send(invalid), {
    name: "ValidationException",
    message: "1 validation error detected: Invalid UpdateExpression: An expression attribute value used in expression is not defined; attribute value: :none",
  });
  await assert.rejects(documents.send(new lib.GetCommand({ TableName: "none", Key: { pk: "a", sk: 1 } })), (error) => {
    assert.ok(error instanceof dynamodb.ResourceNotFoundException);
    assert.equal(error.message, "Requested resource not found");
    return true;
  });
  await assert.rejects(makeTable(TableName), (error) => error instanceof dynamodb.ResourceInUseException);
});

test("streams", async () => {
  const specification = { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" };
  const { LatestStreamArn } = await makeTable("streamed", { StreamSpecification: specification });
  await documents.send(new lib.PutCommand({ TableName: "streamed", Item: { pk: "a", sk: 1 } }));
  await documents.send(new lib.DeleteCommand({ TableName: "streamed", Key: { pk: "a", sk: 1 } }));
  const reader = new streams.DynamoDBStreamsClient({});
  const { StreamDescription } = await reader.send(new streams.DescribeStreamCommand({ StreamArn: LatestStreamArn }));
  const [{ ShardId }] = StreamDescription.Shards;
  const asked = { StreamArn: LatestStreamArn, ShardId, ShardIteratorType: "TRIM_HORIZON" };
  const { ShardIterator } = await reader.send(new streams.GetShardIteratorCommand(asked));
  const { Records } = await reader.send(new streams.GetRecordsCommand({ ShardIterator }));
  assert.deepEqual(Records.map(({ eventName }) => eventName), ["INSERT", "REMOVE"]);
  assert.deepEqual(Records[1].dynamodb.OldImage, { pk: { S: "a" }, sk: { N: "1" } });
});
