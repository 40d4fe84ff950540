// The SDK puts `sync-` and the like in front of an endpoint's host and has no variable against it, so that the name
// exists nowhere (https://github.com/aws/aws-sdk-js-v3/issues/7146). Here such a name is the endpoint's own.

const dns = require("node:dns");

const endpoint = process.env.AWS_ENDPOINT_URL ?? "";
const host = URL.canParse?.(endpoint) ? new URL(endpoint).hostname : "";
const { lookup } = dns;

if (host) dns.lookup = (name, ...rest) => lookup(isPrefixed(String(name)) ? host : name, ...rest);

function isPrefixed(name) {
  return name.endsWith(`-${host}`) || name.endsWith(`.${host}`);
}
