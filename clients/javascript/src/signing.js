/** Signature version 4 of a form that is posted to the root of an endpoint, for requests without an SDK. */

import { createHash, createHmac } from "node:crypto";

const TYPE = "application/x-www-form-urlencoded";

/** The headers of the request, signed with the keys that every Headwater knows. */
export function signedHeaders(endpoint, service, body, region = "us-east-1") {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const headers = { "content-type": TYPE, host: new URL(endpoint).host, "x-amz-date": date };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = `POST\n/\n\n${lines.join("")}\n${names}\n${digest(body)}`;
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${digest(canonical)}`;
  const key = scope.split("/").reduce((key, part) => createHmac("sha256", key).update(part).digest(), "AWS4test");
  const signature = createHmac("sha256", key).update(text).digest("hex");
  const authorization = `AWS4-HMAC-SHA256 Credential=test/${scope}, SignedHeaders=${names}, Signature=${signature}`;
  return { "content-type": TYPE, "x-amz-date": date, authorization };
}

function digest(text) {
  return createHash("sha256").update(text).digest("hex");
}
