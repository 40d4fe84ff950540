/** A span as something to run again: an `aws` command, a test. */

/** @typedef {import("../client.js").Span} Span */

/** How the AWS CLI calls a service. @type {Record<string, string>} */
const COMMANDS = { states: "stepfunctions", monitoring: "cloudwatch", iotdata: "iot-data" };

/** @param {string} name CamelCase */
export const dashed = (name) => name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2").toLowerCase();

/**
 * @param {Span} span @param {import("../client.js").Published[]} published by it
 * @returns {string | null} null where nothing is known that could be sent again
 */
export function asCommand(span, published) {
  const [service, operation] = span.name.split(":");
  const [first] = published;
  if (span.kind !== "operation" || !first) return null;
  const command = `headwater run aws ${COMMANDS[service] || service} ${dashed(operation)}`;
  switch (service) {
    case "events":
      return `${command} --entries ${quoted(JSON.stringify(published.map(entry)))}`;
    case "sns":
      return `${command} --topic-arn ${first.channel} --message ${quoted(message(first.body))}`;
    case "sqs":
      return `${command} --queue-url "$QUEUE_URL" --message-body ${quoted(message(first.body))}`;
    default:
      return null;
  }
}

/** As PutEvents takes it. @param {import("../client.js").Published} published */
export function entry(published) {
  const event = JSON.parse(published.body);
  return { Source: event.source, DetailType: event["detail-type"], Detail: JSON.stringify(event.detail), Resources: event.resources, EventBusName: published.channel };
}

/** @param {string} body what was recorded of a message */
function message(body) {
  const value = JSON.parse(body);
  return typeof value === "object" && value !== null ? (value.Message ?? value.body ?? value.Body ?? body) : body;
}

/** @param {Span} span */
export function asTest(span) {
  const [source, type] = String(span.notes.event || "").split(": ");
  const given = source && type ? `source=${python(source)}, detail_type=${python(type)}, ` : "";
  const name = (type || span.name).replace(/[^A-Za-z0-9]+/g, "_").replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
  const to = python(shortTarget(span));
  return [
    `def test_${name}(stack, events):`,
    `    app = stack("template.yaml")`,
    `    ...  # cause it`,
    span.outcome === "ok" || span.outcome === "again" ? `    events.assert_delivered(${given}to=${to})` : `    events.assert_never(${given}to=${to})  # it was ${span.outcome}`,
    "",
  ].join("\n");
}

/** @param {Span} span */
const shortTarget = (span) => (span.children[0]?.subject || span.subject || span.name).split(":").slice(-1)[0].split("/").slice(-1)[0];

/** @param {string} value */
const python = (value) => JSON.stringify(value);

/** For a shell. @param {string} value */
const quoted = (value) => `'${value.replaceAll("'", `'\\''`)}'`;
