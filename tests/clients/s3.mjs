// s3 by the AWS SDK for JavaScript: checksums as it makes them by itself, streams, presigned URLs, uploads in parts.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import test from "node:test";
import * as s3 from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const client = new s3.S3Client({});
const Bucket = `javascript-${process.env.AWS_ACCESS_KEY_ID}`;
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const get = async (Key, more = {}) => client.send(new s3.GetObjectCommand({ Bucket, Key, ...more }));
const put = (Key, Body, more = {}) => client.send(new s3.PutObjectCommand({ Bucket, Key, Body, ...more }));

test.before(async () => {
  await client.send(new s3.CreateBucketCommand({ Bucket }));
  await s3.waitUntilBucketExists({ client, maxWaitTime: 10 }, { Bucket });
});

test("an object, with the checksum that the SDK adds and verifies", async () => {
  const Metadata = { who: "me" };
  const done = await put("dir/ä b+c.txt", "Grüße", { ContentType: "text/plain; charset=utf-8", Metadata });
  assert.ok(done.ChecksumCRC32);
  assert.equal(done.ChecksumType, "FULL_OBJECT");
  const got = await get("dir/ä b+c.txt");
  assert.equal(await got.Body.transformToString(), "Grüße");
  assert.equal(got.ChecksumCRC32, done.ChecksumCRC32);
  assert.deepEqual([got.ContentType, got.Metadata, got.ETag], ["text/plain; charset=utf-8", Metadata, done.ETag]);
  const part = await get("dir/ä b+c.txt", { Range: "bytes=0-1" });
  assert.deepEqual([part.ContentRange, await part.Body.transformToString()], ["bytes 0-1/7", "Gr"]);
  const none = await get("dir/ä b+c.txt", { IfNoneMatch: done.ETag }).catch((error) => error);
  assert.equal(none.$metadata.httpStatusCode, 304);
});

test("a stream of known length goes in chunks with a trailing checksum", async () => {
  const bytes = randomBytes(300_000);
  const body = () => Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]);
  for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"]) {
    const done = await put("stream", body(), { ContentLength: bytes.length, ChecksumAlgorithm });
    assert.ok(done[`Checksum${ChecksumAlgorithm}`], ChecksumAlgorithm);
    const got = await get("stream");
    assert.equal(sha256(await got.Body.transformToByteArray()), sha256(bytes));
  }
});

test("uploads in parts", async () => {
  const bytes = randomBytes(12 * 1024 * 1024);
  const params = { Bucket, Key: "large", Body: Readable.from(chunks(bytes, 1_000_000)), ContentType: "application/x-test" };
  const upload = new Upload({ client, params, partSize: 5 * 1024 * 1024, queueSize: 3 });
  const done = await upload.done();
  assert.match(done.ETag, /-3"$/);
  const got = await get("large");
  assert.equal(sha256(await got.Body.transformToByteArray()), sha256(bytes));
  assert.equal(got.ContentType, "application/x-test");
  const part = await client.send(new s3.HeadObjectCommand({ Bucket, Key: "large", PartNumber: 3 }));
  assert.deepEqual([part.PartsCount, part.ContentLength], [3, 2 * 1024 * 1024]);
});

function* chunks(bytes, size) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

test("presigned addresses and forms", async () => {
  const upload = await getSignedUrl(client, new s3.PutObjectCommand({ Bucket, Key: "signed", ContentType: "text/css" }));
  const stored = await fetch(upload, { method: "PUT", body: "body {}", headers: { "Content-Type": "text/css" } });
  assert.equal(stored.status, 200);
  const command = new s3.GetObjectCommand({ Bucket, Key: "signed", ResponseContentType: "text/plain" });
  const answer = await fetch(await getSignedUrl(client, command, { expiresIn: 60 }));
  assert.deepEqual([await answer.text(), answer.headers.get("content-type")], ["body {}", "text/plain"]);
  const signingDate = new Date(Date.now() - 3_600_000);
  const expired = await fetch(await getSignedUrl(client, command, { expiresIn: 60, signingDate }));
  assert.equal(expired.status, 403);
  assert.match(await expired.text(), /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/);
  const { url, fields } = await createPresignedPost(client, {
    ...{ Bucket, Key: "posted/${filename}", Conditions: [["content-length-range", 1, 10]] },
  });
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", new Blob(["posted"]), "a.txt");
  assert.equal((await fetch(url, { method: "POST", body: form })).status, 204);
  assert.equal(await (await get("posted/a.txt")).Body.transformToString(), "posted");
});

test("lists, copies, deletes", async () => {
  const names = ["a/1", "a/2", "b 3", "ü&<4>"];
  await Promise.all(names.map((name) => put(`list/${name}`, name)));
  const keys = [];
  const asked = { client, pageSize: 3 };
  for await (const { Contents } of s3.paginateListObjectsV2(asked, { Bucket, Prefix: "list/" })) keys.push(...Contents.map(({ Key }) => Key));
  assert.deepEqual(keys, names.map((name) => `list/${name}`));
  const grouped = await client.send(new s3.ListObjectsV2Command({ Bucket, Prefix: "list/", Delimiter: "/" }));
  assert.deepEqual(grouped.CommonPrefixes, [{ Prefix: "list/a/" }]);
  const CopySource = `${Bucket}/${encodeURIComponent("list/ü&<4>")}`;
  const { CopyObjectResult } = await client.send(new s3.CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
  assert.ok(CopyObjectResult.LastModified instanceof Date);
  assert.equal(await (await get("copy")).Body.transformToString(), "ü&<4>");
  const Objects = keys.map((Key) => ({ Key }));
  const { Deleted } = await client.send(new s3.DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.deepEqual(Deleted.map(({ Key }) => Key).sort(), keys.sort());
});

test("errors", async () => {
  await assert.rejects(get("none"), (error) => {
    assert.ok(error instanceof s3.NoSuchKey);
    assert.deepEqual([error.name, error.message, error.Key], ["NoSuchKey", "The specified key does not exist.", "none"]);
    assert.equal(error.$metadata.httpStatusCode, 404);
    return true;
  });
  await assert.rejects(client.send(new s3.HeadObjectCommand({ Bucket, Key: "none" })), (error) => {
    assert.ok(error instanceof s3.NotFound);
    assert.equal(error.name, "NotFound");
    return true;
  });
  const nowhere = { Bucket: `${Bucket}-none` };
  await assert.rejects(client.send(new s3.ListObjectsV2Command(nowhere)), (error) => error.name === "NoSuchBucket");
  await assert.rejects(client.send(new s3.HeadBucketCommand(nowhere)), (error) => error instanceof s3.NotFound);
  await assert.rejects(client.send(new s3.DeleteBucketCommand({ Bucket })), { name: "BucketNotEmpty" });
  await assert.rejects(put("a", "b", { IfMatch: '"x"' }), (error) => ["NoSuchKey", "PreconditionFailed"].includes(error.name));
  await put("once", "1", { IfNoneMatch: "*" });
  await assert.rejects(put("once", "2", { IfNoneMatch: "*" }), { name: "PreconditionFailed" });
  await assert.rejects(put("bad", "x", { ChecksumCRC32: "AAAAAA==" }), { name: "BadDigest" });
});
