// The life of a Node.js function's process: load the handler, then event after event.
// The Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
// Handlers: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html

import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import util from "node:util";
import "./aws_hosts.cjs"; // before the others, which know better where some of it goes
import "./apis.cjs";
import "./host_prefixes.cjs";
import "./response_url.cjs";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const asJson = process.env.AWS_LAMBDA_LOG_FORMAT === "JSON";
const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
let requestId = "";

// A NUL before a newline tells the server that the log record goes on.
function writeRecord(text) {
  fs.writeSync(1, text.replaceAll("\n", "\0\n") + "\n");
}

function setUpConsole() {
  const least = asJson ? Math.max(0, LEVELS.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL)) : 0;
  const methods = { trace: "TRACE", debug: "DEBUG", info: "INFO", log: "INFO", warn: "WARN", error: "ERROR" };
  for (const [method, level] of Object.entries(methods)) {
    if (LEVELS.indexOf(level) < least) console[method] = () => {};
    else console[method] = (...values) => log(level, values);
  }
}

function log(level, values) {
  const timestamp = new Date().toISOString();
  if (!asJson) {
    writeRecord([timestamp, requestId, level, util.format(...values)].join("\t"));
    return;
  }
  const error = values.find((value) => value instanceof Error);
  const single = values.length === 1 && typeof values[0] === "object" && !error;
  const record = { timestamp, level, requestId, message: single ? values[0] : util.format(...values) };
  if (error) Object.assign(record, { errorType: error.name, errorMessage: error.message, stackTrace: stack(error) });
  writeRecord(JSON.stringify(record));
}

function stack(error) {
  return (error.stack ?? "").split("\n").map((line) => line.trim());
}

// An error as callers get it: {errorType, errorMessage, trace}.
function describe(error) {
  if (util.types.isNativeError(error) || (error && error.name && error.message !== undefined))
    return { errorType: error.name, errorMessage: error.message, trace: stack(error) };
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

function logError(what, error) {
  const { errorType, errorMessage, trace } = describe(error);
  const shown = { errorType, errorMessage, ...(typeof error === "object" ? error : {}), stack: trace };
  if (asJson) writeRecord(JSON.stringify({ timestamp: new Date().toISOString(), level: "ERROR", requestId, message: shown }));
  else writeRecord([new Date().toISOString(), requestId, "ERROR", `${what} `, JSON.stringify(shown)].join("\t"));
}

function request(method, target, headers, body) {
  return new Promise((resolve, reject) => {
    const options = { host, port, agent, method, path: `/2018-06-01/runtime/${target}`, headers };
    const outgoing = http.request(options, (incoming) => {
      const chunks = [];
      incoming.on("data", (chunk) => chunks.push(chunk));
      incoming.on("end", () => resolve({ headers: incoming.headers, body: Buffer.concat(chunks).toString() }));
      incoming.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function post(target, body, errorType) {
  const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
  if (errorType) headers["Lambda-Runtime-Function-Error-Type"] = errorType.replaceAll(/[^\x20-\x7e]/g, "?");
  return request("POST", target, headers, body);
}

function fault(name, message, cause) {
  const error = new Error(message);
  error.name = name;
  if (cause?.stack) error.stack = cause.stack;
  return error;
}

// Handlers that stream their answers: https://docs.aws.amazon.com/lambda/latest/dg/response-streaming-tutorial.html
const STREAMING = Symbol.for("aws.lambda.runtime.handler.streaming");
globalThis.awslambda = {
  streamifyResponse: (handler) => Object.assign(handler, { [STREAMING]: "response" }),
  HttpResponseStream: {
    // What is written is an HTTP answer: first its status and headers, then eight zeros, then its body.
    from(stream, prelude) {
      stream.setContentType("application/vnd.awslambda.http-integration-response");
      stream.prelude = Buffer.concat([Buffer.from(JSON.stringify(prelude)), Buffer.alloc(8)]);
      return stream;
    },
  },
};

// An answer on its way: a request to the Runtime API that goes out with the first piece.
class ResponseStream extends Writable {
  contentType = "application/octet-stream";
  prelude = Buffer.alloc(0);
  outgoing = undefined;

  setContentType(type) {
    this.contentType = type;
  }

  begin() {
    if (this.outgoing) return;
    const headers = {
      "Lambda-Runtime-Function-Response-Mode": "streaming",
      "Content-Type": this.contentType,
      "Transfer-Encoding": "chunked",
      Trailer: "Lambda-Runtime-Function-Error-Type",
    };
    const options = { host, port, agent, method: "POST", path: `/2018-06-01/runtime/invocation/${requestId}/response`, headers };
    this.taken = new Promise((resolve, reject) => {
      this.outgoing = http.request(options, (incoming) => incoming.on("end", resolve).resume());
      this.outgoing.on("error", reject);
    });
    if (this.prelude.length) this.outgoing.write(this.prelude);
  }

  _write(chunk, encoding, callback) {
    this.begin();
    this.outgoing.write(chunk, encoding, callback);
  }

  _final(callback) {
    this.begin();
    this.outgoing.end();
    this.taken.then(() => callback(), callback);
  }

  // The answer breaks off; false where nothing of it has been sent yet.
  async fail(errorType) {
    if (!this.outgoing) return false;
    this.outgoing.addTrailers({ "Lambda-Runtime-Function-Error-Type": errorType });
    this.outgoing.end();
    await this.taken;
    return true;
  }
}

async function stream(handler, event, headers) {
  const answer = new ResponseStream();
  const finished = new Promise((resolve, reject) => answer.on("finish", resolve).on("error", reject));
  finished.catch(() => {});
  try {
    await handler(event, answer, makeContext(headers, () => {}));
    if (!answer.writableEnded) answer.end();
    await finished;
  } catch (error) {
    if (!(await answer.fail(describe(error).errorType))) throw error;
    logError("Invoke Error", error);
  }
}

// The function that "file.export" or "folder/file.object.method" names.
async function loadHandler(name) {
  const root = process.env.LAMBDA_TASK_ROOT;
  const { dir, base } = path.parse(name);
  const [module, ...members] = base.split(".");
  if (!members.length) throw fault("Runtime.MalformedHandlerName", "Bad handler");
  const exported = await loadModule(path.resolve(root, dir, module), path.join(dir, module));
  let handler = exported;
  let owner;
  for (const member of members) {
    owner = handler;
    handler = handler?.[member] ?? (owner === exported ? exported.default?.[member] : undefined);
  }
  if (handler === undefined) throw fault("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  if (typeof handler !== "function") throw fault("Runtime.HandlerNotFound", `${name} is not a function`);
  return Object.assign(handler.bind(owner), { [STREAMING]: handler[STREAMING] });
}

async function loadModule(file, name) {
  try {
    for (const extension of ["", ".js", ".mjs", ".cjs"])
      if (fs.existsSync(file + extension) && fs.statSync(file + extension).isFile())
        return await import(pathToFileURL(file + extension).href);
    return createRequire(import.meta.url)(createRequire(file).resolve(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw fault("Runtime.UserCodeSyntaxError", String(error), error);
    if (error.code === "MODULE_NOT_FOUND" || error.code === "ERR_MODULE_NOT_FOUND") {
      const message = error.message.startsWith(`Cannot find module '${file}'`) ? `Cannot find module '${name}'` : error.message;
      throw fault("Runtime.ImportModuleError", `Error: ${message}`, error);
    }
    throw error;
  }
}

function makeContext(headers, settle) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  const parsed = (name) => (headers[name] ? JSON.parse(headers[name]) : undefined);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed("lambda-runtime-client-context"),
    identity: parsed("lambda-runtime-cognito-identity"),
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: (error, result) => settle(error, result),
    succeed: (result) => settle(null, result),
    fail: (error) => settle(error ?? "handled"),
  };
}

// Runs the handler. It answers by a promise, by its return value where it takes no callback, or by the
// callback, which by default waits until the event loop has nothing left to do.
function run(handler, event, headers) {
  return new Promise((resolve, reject) => {
    let result = null;
    const settle = (error, value) => (error ? reject(error) : resolve(value));
    const whenEmpty = () => resolve(result);
    const context = makeContext(headers, settle);
    const callback = (error, value) => {
      result = value;
      if (error || !context.callbackWaitsForEmptyEventLoop) settle(error, value);
    };
    process.once("beforeExit", whenEmpty);
    const returned = handler(event, context, callback);
    const isPromise = typeof returned?.then === "function";
    if (isPromise || (handler.length < 3 && returned !== undefined)) {
      process.off("beforeExit", whenEmpty);
      resolve(returned);
    }
  });
}

function encode(result) {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? "null";
  } catch (error) {
    throw fault("Runtime.MarshalError", `Unable to stringify response body: ${error.message}`, error);
  }
}

async function serve(handler) {
  for (;;) {
    const { headers, body } = await request("GET", "invocation/next", {});
    requestId = headers["lambda-runtime-aws-request-id"];
    process.env._X_AMZN_TRACE_ID = headers["lambda-runtime-trace-id"] ?? "";
    try {
      if (handler[STREAMING]) await stream(handler, JSON.parse(body), headers);
      else await post(`invocation/${requestId}/response`, encode(await run(handler, JSON.parse(body), headers)));
    } catch (error) {
      logError("Invoke Error", error);
      const described = describe(error);
      await post(`invocation/${requestId}/error`, JSON.stringify(described), described.errorType);
    } finally {
      process.removeAllListeners("beforeExit");
    }
  }
}

// What nobody caught ends the process, after it has been told.
async function crash(kind, error) {
  logError(kind, error);
  const wrapped = kind === "Unhandled Promise Rejection" ? fault("Runtime.UnhandledPromiseRejection", String(error), error) : error;
  const described = describe(wrapped);
  const target = requestId ? `invocation/${requestId}/error` : "init/error";
  agent.destroy();
  await request("POST", target, { "Lambda-Runtime-Function-Error-Type": described.errorType }, JSON.stringify(described));
  process.exit(kind === "Unhandled Promise Rejection" ? 128 : 129);
}

setUpConsole();
const wanted = process.env.AWS_EXECUTION_ENV.replace(/^.*nodejs(\d+).*$/, "$1");
if (wanted !== process.versions.node.split(".")[0])
  writeRecord(`[WARN] Headwater: Node.js ${wanted} is not installed; running on Node.js ${process.versions.node}.`);
process.on("uncaughtException", (error) => crash("Uncaught Exception", error));
process.on("unhandledRejection", (error) => crash("Unhandled Promise Rejection", error));

let handler;
try {
  handler = await loadHandler(process.env._HANDLER);
} catch (error) {
  logError("Uncaught Exception", error);
  const described = describe(error);
  await post("init/error", JSON.stringify(described), described.errorType);
  process.exit(1);
}
serve(handler).catch(() => process.exit(1)); // the server has gone
