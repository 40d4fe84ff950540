// The SDK of version 2 (`aws-sdk`) knows no AWS_ENDPOINT_URL and calls AWS's hosts. What is signed and goes to one of them
// by HTTPS goes to our endpoint instead, which tells the service by the signature. So does what goes by HTTPS to the
// endpoint's own address: SDKs take one without a scheme for HTTPS.

const http = require("node:http");
const https = require("node:https");
const { syncBuiltinESMExports } = require("node:module");

const { hostname, port, protocol } = new URL(process.env.AWS_ENDPOINT_URL);
const { request } = https;

https.request = (options, ...rest) =>
  protocol === "http:" && options?.headers && (isOurs(options) || isSignedForAws(options))
    ? http.request({ ...options, host: hostname, hostname, port, protocol, agent: undefined }, ...rest)
    : request(options, ...rest);
syncBuiltinESMExports();

function isOurs(options) {
  return (options.hostname ?? options.host) === hostname && String(options.port) === port;
}

function isSignedForAws({ host, hostname: name = host, headers }) {
  if (!/\.amazonaws\.com(\.cn)?$/.test(name ?? "")) return false;
  return Object.entries(headers).some(([key, value]) => /^authorization$/i.test(key) && /^AWS4-HMAC/.test(value));
}
