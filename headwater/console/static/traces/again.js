/**
 * Doing again what a span tells of, for one consumer: each as a button says it.
 *
 * @typedef {import("../client.js").Span} Span
 * @typedef {import("../client.js").Published} Published
 * @typedef {{label: string, run: () => Promise<unknown>}} Repeat
 */

import { surface } from "../client.js";
import { shortName } from "../format.js";
import { textBlob } from "../resources/parts.js";
import { cause, run, text } from "./causes.js";
import { isCut } from "./whole.js";

/** @param {Span} span */
const where = ({ account, region }) => ({ account, region });

/** @param {Span} span @param {Published[]} published in its trace @returns {Repeat[]} */
export function repeats(span, published) {
  /** @param {string} service @param {string} operation @param {Record<string, unknown>} request */
  const operation = (service, operation, request) => () => surface.operation(where(span), service, operation, request);
  const subject = span.subject || "";
  const carried = span.delivery ? published.find((each) => each.deliveries.includes(span.delivery || "")) : undefined;
  const given = run(span);
  if (given) return [{ label: `Invoke ${shortName(given.arn)} with it again`, run: operation("lambda", "Invoke", { FunctionName: given.arn, Payload: textBlob(given.payload), InvocationType: given.later ? "Event" : "RequestResponse" }) }];
  if (span.name === "events.target" && carried) return [{ label: "Deliver it to this rule again", run: () => toRule(where(span), carried, subject, span) }];
  if (span.name.startsWith("sns.") && carried && !isCut(carried.body)) return [{ label: "Deliver it to this subscription again", run: () => toSubscription(where(span), carried, subject) }];
  if (span.name.startsWith("scheduler.")) return [{ label: "Fire the schedule now", run: operation("scheduler", "FireNow", { Arn: subject }) }];
  if (span.name === "states:StartExecution" && subject.includes(":execution:")) return [{ label: "Start it with this input again", run: () => start(where(span), subject) }];
  const sent = cause(span, published);
  if (sent?.kind === "events") return [{ label: "Put it again", run: operation("events", "PutEvents", { Entries: sent.entries.map((each) => ({ ...each, Detail: JSON.stringify(each.Detail) })) }) }];
  if (sent?.kind === "topic") return [{ label: "Publish it again", run: operation("sns", "Publish", { TopicArn: sent.arn, ...sent.message }) }];
  if (sent?.kind === "queue") return [{ label: "Send it again", run: () => send(where(span), sent) }];
  if (span.name === "sqs:SendMessage" && span.outcome === "ok" && !published.some((each) => each.span === span.id)) return [{ label: "Send it again", run: () => resend(span) }];
  if (sent?.kind === "request") return [{ label: "Request it again", run: () => fetch(`/_aws/execute-api/${sent.api}${sent.path}`, { method: sent.method, headers: sent.headers, body: sent.body ?? undefined }) }];
  return [];
}

/** To the target that this very span reached, where the rule has several. @param {import("../client.js").Scope} scope @param {Published} published
 *  @param {string} rule @param {Span} [span] */
async function toRule(scope, published, rule, span) {
  const { event, verdicts } = await surface.explain(published.id, published.channel);
  const targets = verdicts.find((each) => each.arn === rule)?.targets || [];
  const reached = targets.find((each) => span?.children.some((child) => child.subject && (child.subject === each.arn || child.subject.includes(shortName(each.arn)))));
  return toTarget(scope, event, rule, targets.length > 1 ? reached?.id : undefined);
}

/** @param {import("../client.js").Scope} scope @param {any} event @param {string} rule @param {string} [id] of one of its targets */
const toTarget = (scope, event, rule, id) => surface.operation(scope, "events", "DeliverAgain", { Event: event, Rule: rule, ...(id === undefined ? {} : { Id: id }) });

/** @param {import("../client.js").Scope} scope @param {Published} published @param {string} subscription */
const toSubscription = (scope, published, subscription) =>
  surface.operation(scope, "sns", "DeliverAgain", { TopicArn: published.channel, MessageId: published.id, Message: JSON.parse(published.body), SubscriptionArn: subscription });

/** @param {import("../client.js").Scope} scope @param {string} execution */
async function start(scope, execution) {
  const { stateMachineArn, input } = await surface.operation(scope, "states", "DescribeExecution", { executionArn: execution });
  return surface.operation(scope, "states", "StartExecution", { stateMachineArn, input });
}

/** @param {import("../client.js").Scope} scope @param {Extract<import("./causes.js").Cause, {kind: "queue"}>} sent */
async function send(scope, { arn, body, attributes, group }) {
  const { QueueUrl } = await surface.operation(scope, "sqs", "GetQueueUrl", { QueueName: shortName(arn) });
  return surface.operation(scope, "sqs", "SendMessage", { QueueUrl, MessageBody: body, MessageAttributes: attributes, ...(group ? { MessageGroupId: group } : {}) });
}

/** Of a message that nobody has taken, no more is known than what is in its queue still. @param {Span} span */
async function resend(span) {
  const { QueueUrl } = await surface.operation(where(span), "sqs", "GetQueueUrl", { QueueName: shortName(span.subject || "") });
  const { Messages } = await surface.operation(where(span), "sqs", "PeekMessages", { QueueUrl });
  const message = Messages.find((/** @type {any} */ each) => each.Span === span.id);
  if (!message) throw new Error("It is not in its queue any more, nor was it taken by anybody who keeps what he took.");
  const { Body, MessageAttributes, MessageGroupId } = message;
  return surface.operation(where(span), "sqs", "SendMessage", { QueueUrl, MessageBody: Body, ...(MessageAttributes ? { MessageAttributes } : {}), ...(MessageGroupId ? { MessageGroupId } : {}) });
}

/** What took a record from a queue or a stream, as its source would hand it over. @param {Published} published */
function record({ channel, body }) {
  const value = JSON.parse(body);
  return channel.split(":")[2] === "sqs" ? { receiptHandle: "", ...value, body: text(value.body) } : value;
}

/** To one of those whom `explain` names. @param {import("../client.js").Scope} scope @param {Published} published
 *  @param {import("../client.js").Verdict} verdict @param {{id: string, arn: string}} target @returns {Repeat | null} */
export function toConsumer(scope, published, verdict, target) {
  const label = `Deliver it again to ${shortName(verdict.kind === "pipe" ? verdict.arn : target.arn)}`;
  if (verdict.kind === "rule") return { label, run: () => surface.explain(published.id, published.channel).then(({ event }) => toTarget(scope, event, verdict.arn, target.id)) };
  if (verdict.kind === "subscription") return { label, run: () => toSubscription(scope, published, verdict.arn) };
  if (verdict.kind === "pipe") return { label, run: () => surface.operation(scope, "pipes", "ExecuteAgain", { Arn: verdict.arn, Records: [record(published)] }) };
  if (verdict.kind === "event source mapping") return { label, run: () => surface.operation(scope, "lambda", "Invoke", { FunctionName: target.arn, Payload: textBlob(JSON.stringify({ Records: [record(published)] })) }) };
  return null;
}
