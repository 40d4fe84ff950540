/**
 * What a span sent, as it could be sent again.
 *
 * @typedef {import("../client.js").Span} Span
 * @typedef {import("../client.js").Published} Published
 * @typedef {{kind: "events", entries: any[]}
 *   | {kind: "topic", arn: string, message: any}
 *   | {kind: "queue", arn: string, body: string, attributes: Record<string, any>, group?: string}
 *   | {kind: "function", arn: string, payload: string, later: boolean}
 *   | {kind: "request", api: string, method: string, path: string, headers: Record<string, string>, body: string | null}} Cause
 */

import { isCut } from "./whole.js";

const LEFT_OUT = /^(host|content-length|connection|user-agent|accept-encoding|x-amzn-.*|x-forwarded-.*|via)$/i;

/** @param {Published[]} published @param {string} span */
export function publishedBy(published, span) {
  const known = new Set();
  return published.filter((each) => each.span === span && !known.has(each.id) && known.add(each.id));
}

/** @param {Span} span @param {Published[]} published in its trace @returns {Cause | null} null where it is not known whole */
export function cause(span, published) {
  const [first, ...rest] = publishedBy(published, span.id);
  if (first && ![first, ...rest].some((each) => isCut(each.body))) {
    if (span.name === "events:PutEvents") return { kind: "events", entries: [first, ...rest].map(entry) };
    if (span.name === "sns:Publish") return { kind: "topic", arn: first.channel, message: JSON.parse(first.body) };
    if (span.name === "sqs:SendMessage") return queued(first);
  }
  if (span.name === "execute-api:Invoke") return request(span);
  return run(span);
}

/** As PutEvents takes it. @param {Published} published */
export function entry(published) {
  const event = JSON.parse(published.body);
  const bus = published.channel.split(":event-bus/")[1];
  return { Source: event.source, DetailType: event["detail-type"], Detail: event.detail, ...(event.resources?.length ? { Resources: event.resources } : {}), ...(bus === "default" ? {} : { EventBusName: bus }) };
}

/** @param {Published} published @returns {Cause} */
function queued({ channel, body }) {
  const record = JSON.parse(body);
  const attributes = Object.fromEntries(Object.entries(record.messageAttributes || {}).map(([name, each]) => [name, { DataType: each.dataType, ...(each.stringValue === undefined ? {} : { StringValue: each.stringValue }) }]));
  return { kind: "queue", arn: channel, body: text(record.body), attributes, group: record.attributes?.MessageGroupId };
}

/** @param {any} value */
export const text = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** A function's run. @param {Span} span @returns {Extract<Cause, {kind: "function"}> | null} */
export function run(span) {
  const { input } = span.notes;
  if (typeof input !== "string" || isCut(input) || !span.subject?.includes(":function:")) return null;
  return { kind: "function", arn: span.subject, payload: input, later: span.kind === "delivery" };
}

/** What came from a front end is known from what the function of its route was given. @param {Span} span @returns {Cause | null} */
function request(span) {
  const given = span.children.map(run).find((each) => each !== null);
  if (!given) return null;
  const event = JSON.parse(given.payload);
  const [api, stage] = (span.subject || "").split(":").slice(5).join(":").split("/");
  const method = event.requestContext?.http?.method || event.httpMethod;
  const search = event.rawQueryString ?? new URLSearchParams(event.queryStringParameters || {}).toString();
  if (!method || event.isBase64Encoded) return null;
  const path = event.rawPath ?? `/${stage}${event.path}`;
  const headers = Object.fromEntries(Object.entries(event.headers || {}).filter(([name]) => !LEFT_OUT.test(name)).map(([name, value]) => [name, String(value)]));
  return { kind: "request", api, method, path: path + (search ? "?" + search : ""), headers, body: event.body ?? null };
}
