/** A span as something to run again: an `aws` command, a test. */

/** @typedef {import("../client.js").Span} Span @typedef {import("../client.js").Published} Published @typedef {import("./causes.js").Cause} Cause */

import { ownerOf, shortName } from "../format.js";
import { cause, publishedBy } from "./causes.js";

const USUAL = /^http:\/\/(127\.0\.0\.1|localhost):4566$/;
const MOST_ASSERTED = 5;
const NOTHING = ["events.settle()", `assert not any(root["children"] for root in events.spans())  # nothing came of it`];
const READS = /:(Get|List|Describe|Query|Scan|Head|Poll|Receive|Peek|BatchGet|TransactGet)/;

/** @param {Span} span @param {Published[]} published in its trace @param {string} origin of the cloud
 *  @returns {string | null} null where nothing is known that could be sent again */
export function asCommand(span, published, origin) {
  const sent = cause(span, published);
  if (!sent) return null;
  if (sent.kind === "request") return curl(sent, origin);
  const region = span.region === "us-east-1" ? "" : ` --region ${span.region}`;
  const input = sent.kind === "function" ? `printf %s ${quoted(sent.payload)} | ` : "";
  return `${input}headwater run ${USUAL.test(origin) ? "" : `--endpoint ${origin} `}aws${region} ${arguments_(sent, origin)}`;
}

/** @param {Exclude<Cause, {kind: "request"}>} sent @param {string} origin */
function arguments_(sent, origin) {
  const account = sent.kind === "queue" ? sent.arn.split(":")[4] : "";
  switch (sent.kind) {
    case "events":
      return `events put-events --entries ${quoted(JSON.stringify(sent.entries.map((each) => ({ ...each, Detail: JSON.stringify(each.Detail) }))))}`;
    case "topic": {
      const { Message, Subject, MessageAttributes, MessageGroupId } = sent.message;
      return `sns publish --topic-arn ${sent.arn} --message ${quoted(Message)}` + option("subject", Subject) + option("message-attributes", MessageAttributes) + option("message-group-id", MessageGroupId);
    }
    case "queue":
      return `sqs send-message --queue-url ${origin}/${account}/${shortName(sent.arn)} --message-body ${quoted(sent.body)}` + option("message-attributes", Object.keys(sent.attributes).length ? sent.attributes : undefined) + option("message-group-id", sent.group);
    case "function":
      return `lambda invoke --function-name ${sent.arn}${sent.later ? " --invocation-type Event" : ""} --payload fileb:///dev/stdin /dev/stdout`;
  }
}

/** @param {string} name @param {any} value */
const option = (name, value) => (value === undefined || value === null ? "" : ` --${name} ${quoted(typeof value === "string" ? value : JSON.stringify(value))}`);

/** @param {Extract<Cause, {kind: "request"}>} sent @param {string} origin */
function curl({ api, method, path, headers, body }, origin) {
  const told = Object.entries(headers).map(([name, value]) => ` -H ${quoted(`${name}: ${value}`)}`);
  return `curl -i -X ${method}${told.join("")}${body === null ? "" : ` --data-raw ${quoted(body)}`} ${quoted(`${origin}/_aws/execute-api/${api}${path}`)}`;
}

/**
 * A test that sends what caused the span (the first cause, so that all is there which that left behind), and asserts
 * that it comes to the same.
 * @param {Span} span @param {Span[]} above its causes, the nearest first @param {Published[]} published @param {import("../client.js").Resource[]} resources
 * @param {(name: string) => Promise<Origin>} originOf what a stack was deployed from
 * @returns {Promise<string | null>}
 *
 * @typedef {{template: string | null, parameters: Record<string, string>}} Origin
 */
export async function asTest(span, above, published, resources, originOf) {
  const path = [span, ...above].reverse();
  const origin = path.find((each) => ![undefined, "function"].includes(cause(each, published)?.kind)) || path.find((each) => cause(each, published));
  const sent = origin && cause(origin, published);
  if (!origin || !sent) return null;
  const of = naming(resources, `${span.region}:${span.account}`);
  const carried = above.slice(0, above.indexOf(origin) + 1).find((each) => each.notes.event);
  const below = origin === span || publishedBy(published, span.id).length ? span.children : [];
  const wanted = below.length ? below.flatMap((each) => effects(each, null)) : span.kind === "operation" ? [{ span, event: carried?.notes.event }] : effects(span, carried?.notes.event);
  const told = origin === span && !below.length ? NOTHING : wanted.slice(0, MOST_ASSERTED).map((each) => assertion(each, of));
  const lines = [...sending(sent, of), ...told];
  const made = of.stack() ? deployed(of.stack(), await originOf(of.stack())) : ["# what this needs was made by no stack: make it here"];
  const body = [...made, ...lines].join("\n");
  const standard = [body.includes("json.") && "import json", body.includes("urllib.") && "import urllib.request"].filter(Boolean);
  const fixtures = [sent.kind === "request" && "cloud", of.stack() ? "stack" : "universe", "events"].filter(Boolean);
  return `${[standard.join("\n"), body.includes("boto3.") && "import boto3"].filter(Boolean).join("\n\n")}

\ndef test_${snake(named(sent, of))}(${fixtures.join(", ")}):
${body.replace(/^(?=.)/gm, "    ")}
`;
}

/** @param {string} name of a stack @param {Origin} origin @returns {string[]} */
function deployed(name, { template, parameters }) {
  const given = Object.entries(parameters).map(([key, value]) => `, ${key}=${python(value)}`).join("");
  const note = template ? [] : [`# Headwater did not deploy ${name}, so its template is not known: say here where it is`];
  return [...note, `app = stack(${python(template || "template.yaml")}${given})`];
}

/** @param {Cause} sent @param {ReturnType<typeof naming>} of */
function named(sent, of) {
  if (sent.kind === "events") return sent.entries[0].DetailType;
  return sent.kind === "request" ? `${sent.method} ${sent.path.split("?")[0]}` : of.logical(sent.arn) || shortName(sent.arn);
}

/** How the test calls resources: by their names in the template. @param {import("../client.js").Resource[]} resources
 *  @param {string} here region and account */
function naming(resources, here) {
  let stack = "";
  /** @param {string} arn */
  const find = (arn) => resources.find((each) => each.arn === arn) || resources.find((each) => each.arn === ownerOf(arn));
  return {
    here,
    stack: () => stack,
    /** @param {string} arn */
    logical: (arn) => find(arn)?.logical,
    /** @param {string} arn @param {string} [otherwise] what names it where no stack made it */
    call(arn, otherwise = shortName(arn)) {
      const found = find(arn);
      if (!found?.stack || !found.logical) return python(otherwise);
      stack ||= found.stack;
      return `app.resource(${python(found.logical)})`;
    },
  };
}

/** @param {Cause} sent @param {ReturnType<typeof naming>} of @returns {string[]} */
function sending(sent, of) {
  switch (sent.kind) {
    case "events": {
      const entries = sent.entries.map(({ Detail, EventBusName, ...rest }) => {
        const bus = EventBusName ? `, "EventBusName": ${of.call(`arn:aws:events:${of.here}:event-bus/${EventBusName}`, EventBusName)}` : "";
        return `{${python(rest).slice(1, -1)}${bus}, "Detail": json.dumps(detail)}`;
      });
      if (entries.length === 1) return [`detail = ${python(sent.entries[0].Detail)}`, `boto3.client("events").put_events(Entries=[${entries[0]}])`];
      return ["entries = []", ...sent.entries.flatMap(({ Detail }, index) => [`detail = ${python(Detail)}`, `entries.append(${entries[index]})`]), `boto3.client("events").put_events(Entries=entries)`];
    }
    case "topic":
      return [`boto3.client("sns").publish(TopicArn=${of.call(sent.arn, sent.arn)}, ${Object.entries(sent.message).map(([name, value]) => `${name}=${python(value)}`).join(", ")})`];
    case "queue":
      return [...message(sent.body), `boto3.client("sqs").send_message(QueueUrl=${of.call(sent.arn)}, MessageBody=body${Object.keys(sent.attributes).length ? `, MessageAttributes=${python(sent.attributes)}` : ""}${sent.group ? `, MessageGroupId=${python(sent.group)}` : ""})`];
    case "function":
      return [`payload = ${python(JSON.parse(sent.payload))}`, `boto3.client("lambda").invoke(FunctionName=${of.call(sent.arn)}, InvocationType="${sent.later ? "Event" : "RequestResponse"}", Payload=json.dumps(payload))`];
    case "request": {
      const api = of.call(`arn:aws:execute-api:${of.here}:${sent.api}`, sent.api).replaceAll('"', "'");
      const data = sent.body === null ? "" : ", data=body.encode()";
      return [...(data ? message(/** @type {string} */ (sent.body)) : []), `url = f"{cloud.endpoint}/_aws/execute-api/{${api}}${sent.path}"`, `request = urllib.request.Request(url, method="${sent.method}", headers=${python(sent.headers)}${data})`, "urllib.request.urlopen(request).close()"];
    }
  }
}

/** A text, written as JSON where it is. @param {string} body */
function message(body) {
  try {
    const value = JSON.parse(body);
    if (typeof value === "object") return [`body = json.dumps(${python(value)})`];
  } catch {
    // it is no JSON: as it is
  }
  return [`body = ${python(body)}`];
}

/** What a span came to: the operations that reached something, and by which event. @param {Span} span @param {string | null | undefined} event
 *  @returns {{span: Span, event: string | null | undefined}[]} */
function effects(span, event) {
  if (span.kind === "operation") return READS.test(span.name) || span.name === "events:PutServiceEvent" ? [] : [{ span, event }];
  return span.children.length ? span.children.flatMap((each) => effects(each, span.notes.event || event)) : [{ span, event: span.notes.event || event }];
}

/** @param {{span: Span, event: string | null | undefined}} effect @param {ReturnType<typeof naming>} of */
function assertion({ span, event }, of) {
  const to = of.call(span.subject || span.name);
  const fine = span.kind === "operation" && span.outcome === "ok";
  const failed = fine ? "" : `  # ${span.outcome === null ? "it was still running" : `it was ${span.outcome}`}`;
  if (!event) return `events.assert_reached(to=${to}${fine ? "" : ", times=0"})${failed}`;
  const [source, type] = event.split(": ");
  return `events.${fine ? "assert_delivered" : "assert_never"}(source=${python(source)}, detail_type=${python(type)}, to=${to})${failed}`;
}

/** @param {string} name */
const snake = (name) => name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "").toLowerCase();

/** JSON as Python writes it, over several lines where it is long. @param {any} value @param {string} [pad] @returns {string} */
function python(value, pad = "") {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  /** @param {string} inner */
  const parts = (inner) => (Array.isArray(value) ? value.map((each) => python(each, inner)) : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${python(each, inner)}`));
  const flat = open + parts(pad).join(", ") + close;
  if (flat.length < 84 && !flat.includes("\n")) return flat;
  return `${open}\n${parts(pad + "    ").map((each) => `${pad}    ${each},\n`).join("")}${pad}${close}`;
}

/** For a shell. @param {string} value */
const quoted = (value) => `'${value.replaceAll("'", `'\\''`)}'`;
