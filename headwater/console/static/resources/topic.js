/** A topic: who is subscribed and to what, and publishing to it. */

import { html } from "../html.js";
import { surface } from "../client.js";
import { scope } from "../live.js";
import { Action, Json, Problem, Rows, Section, To, useAnswer } from "./parts.js";

/** @param {import("./page.js").View} view */
export function TopicPage({ resource, links }) {
  const { value, error } = useAnswer("sns", "ListSubscriptionsByTopic", { TopicArn: resource.arn });
  /** @param {string} arn */
  const only = (arn) => links.find((each) => each.name === arn && each.kind === "subscription")?.only;
  return html`<${Problem} error=${error} />
    <${Section} title="Subscriptions"><${Rows} none="Nobody is subscribed." heads=${["Protocol", "Endpoint", "Filter policy"]} rows=${(value?.Subscriptions || []).map((/** @type {any} */ each) => [
      each.Protocol,
      each.Endpoint.startsWith("arn:") ? html`<${To} arn=${each.Endpoint} />` : each.Endpoint,
      only(each.SubscriptionArn) ? html`<${Json} value=${only(each.SubscriptionArn)} />` : html`<span class="hint">everything</span>`,
    ])} /><//>
    <${Section} title="Publish"><${Action} label="Publish" fields=${[{ name: "message", label: "Message", value: "{}", lines: 4 }, { name: "attributes", label: "String attributes, as JSON", value: "{}" }]}
      run=${(/** @type {any} */ v) => surface.operation(scope(), "sns", "Publish", { TopicArn: resource.arn, Message: v.message, MessageAttributes: Object.fromEntries(Object.entries(JSON.parse(v.attributes || "{}")).map(([name, text]) => [name, { DataType: "String", StringValue: String(text) }])) })} /><//>`;
}
