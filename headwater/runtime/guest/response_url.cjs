// The CDK's custom resources answer by HTTPS to the host of ResponseURL, whatever its scheme and port
// (https://github.com/aws/aws-cdk, custom-resource-handlers/lib/core/nodejs-entrypoint.ts), and copies of cfn-response to its
// port 443. Here such a request goes to the endpoint as it is: by HTTP, on its port.

const http = require("node:http");
const https = require("node:https");
const { syncBuiltinESMExports } = require("node:module");

const { hostname, port, protocol } = new URL(process.env.AWS_ENDPOINT_URL);
const { request } = https;

https.request = (options, ...rest) =>
  isForUs(options) ? http.request({ ...options, port, protocol, agent: undefined }, ...rest) : request(options, ...rest);
syncBuiltinESMExports();

function isForUs(options) {
  if (protocol !== "http:" || (options.hostname ?? options.host) !== hostname) return false;
  if (String(options.port) === "443") return String(options.path).startsWith("/_headwater/cloudformation/response?");
  return !options.port && !options.agent;
}
