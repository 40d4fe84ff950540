// Events tell AWS's host of an API, and functions build the address of its connections with it
// (`https://${domainName}/${stage}`). What goes there by HTTPS goes to our endpoint instead.

const http = require("node:http");
const https = require("node:https");
const { syncBuiltinESMExports } = require("node:module");

const { hostname, port, protocol } = new URL(process.env.AWS_ENDPOINT_URL);
const { request } = https;

https.request = (options, ...rest) => {
  const api = /^([a-z0-9]{10})\.execute-api\./.exec(options?.hostname ?? options?.host ?? "")?.[1];
  if (!api || protocol !== "http:") return request(options, ...rest);
  const path = `/_aws/execute-api/${api}${options.path}`;
  return http.request({ ...options, host: hostname, hostname, port, protocol, path, agent: undefined }, ...rest);
};
syncBuiltinESMExports();
