/** A queue: what is in it, without receiving it, and what can be done about it. */

import { html } from "../html.js";
import { surface } from "../client.js";
import { dateTime, length } from "../format.js";
import { scope } from "../live.js";
import { Action, Facts, Json, Problem, Rows, Section, ToTrace, useAnswer } from "./parts.js";

/** @param {import("./page.js").View} view */
export function QueuePage({ resource, dead }) {
  const url = { QueueUrl: resource.physical };
  const { value, error, again } = useAnswer("sqs", "PeekMessages", url);
  const attributes = useAnswer("sqs", "GetQueueAttributes", { ...url, AttributeNames: ["All"] }).value?.Attributes || {};
  /** @param {string} operation @param {Record<string, unknown>} request */
  const run = (operation, request) => surface.operation(scope(), "sqs", operation, request).then((answer) => (again(), answer));
  const fifo = resource.name.endsWith(".fifo");
  return html`<${Problem} error=${error} />
    <${Section} title="Messages"><${Rows} none="The queue is empty." heads=${["Sent", "Body", "State", "Trace"]} rows=${(value?.Messages || []).map((/** @type {any} */ each) => [
      dateTime(each.SentTimestamp),
      html`<${Json} value=${each.Body} />${each.MessageGroupId && html`<span class="hint"> group ${each.MessageGroupId}</span>`}`,
      html`<span class="tag">${each.VisibleAt ? "hidden until " + dateTime(each.VisibleAt) : "waiting"}</span>${each.ApproximateReceiveCount ? html` <span class="hint">received ${each.ApproximateReceiveCount}×</span>` : ""}`,
      each.Trace ? html`<${ToTrace} id=${each.Trace} />` : "",
    ])} /><//>
    <div class="columns">
      <${Section} title="Send a message"><${Action} label="Send" fields=${[{ name: "body", label: "Body", value: "{}", lines: 4 }, ...(fifo ? [{ name: "group", label: "Message group", value: "console" }] : [])]}
        run=${(/** @type {any} */ v) => run("SendMessage", { ...url, MessageBody: v.body, ...(fifo ? { MessageGroupId: v.group, MessageDeduplicationId: String(Date.now()) } : {}) })} /><//>
      <${Section} title="All of them">
        ${dead && html`<${Action} label="Redrive to where they came from" fields=${[]} run=${() => run("StartMessageMoveTask", { SourceArn: resource.arn })} />`}
        <${Action} label="Purge" danger confirm=${`Delete every message of ${resource.name}?`} fields=${[]} run=${() => run("PurgeQueue", url)} /><//>
    </div>
    <${Section} title="Attributes"><${Facts} of=${{ "Visibility timeout": length(Number(attributes.VisibilityTimeout || 0) * 1e6), "Kept for": length(Number(attributes.MessageRetentionPeriod || 0) * 1e6), Delay: Number(attributes.DelaySeconds) ? length(Number(attributes.DelaySeconds) * 1e6) : "", "Dead letters": attributes.RedrivePolicy && JSON.parse(attributes.RedrivePolicy), URL: resource.physical }} /><//>`;
}
