/** A span as something to run again: an `aws` command, a test. */

/** @typedef {import("../client.js").Span} Span */

/** How the AWS CLI calls a service. @type {Record<string, string>} */
const COMMANDS = { states: "stepfunctions", monitoring: "cloudwatch", iotdata: "iot-data" };

/** @param {string} name CamelCase */
export const dashed = (name) => name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2").toLowerCase();

/** @param {Span} span @returns {string | null} null where nothing is known that could be sent again */
export function asCommand(span) {
  const [service, operation] = span.name.split(":");
  const request = span.notes.request ?? null;
  const payload = span.notes.payload ?? span.notes.body ?? null;
  if (span.kind !== "operation" || !operation) return null;
  const command = `headwater run aws ${COMMANDS[service] || service} ${dashed(operation)}`;
  if (request) return `${command} --cli-input-json ${quoted(JSON.stringify(request))}`;
  if (service === "lambda" && operation === "Invoke" && payload) {
    return `${command} --function-name ${quoted(span.subject || "")} --cli-binary-format raw-in-base64-out --payload ${quoted(text(payload))} /dev/stdout`;
  }
  if (service === "events" && operation === "PutEvents" && span.notes.entries) {
    return `${command} --entries ${quoted(JSON.stringify(span.notes.entries))}`;
  }
  return null;
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

/** @param {unknown} value */
const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** @param {string} value */
const python = (value) => JSON.stringify(value);

/** For a shell. @param {string} value */
const quoted = (value) => `'${value.replaceAll("'", `'\\''`)}'`;
