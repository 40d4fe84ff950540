/** A bus: its rules, and putting an event on it. */

import { html } from "../html.js";
import { surface } from "../client.js";
import { scope } from "../live.js";
import { Action, Json, parsed, Problem, Rows, Section, To, useAnswer } from "./parts.js";

/** @param {import("./page.js").View} view */
export function BusPage({ resource }) {
  const { value, error } = useAnswer("events", "ListRules", { EventBusName: resource.name });
  return html`<${Problem} error=${error} />
    <${Section} title="Rules"><${Rows} none="No rule is on this bus." heads=${["Rule", "State", "Matches"]} rows=${(value?.Rules || []).map((/** @type {any} */ each) => [
      html`<${To} arn=${each.Arn} name=${each.Name} />`,
      html`<span class=${"tag" + (each.State === "DISABLED" ? " warn" : "")}>${each.State.toLowerCase()}</span>`,
      each.EventPattern ? html`<${Json} value=${each.EventPattern} />` : each.ScheduleExpression,
    ])} /><//>
    <${Section} title="Put an event"><${Action} label="Put" fields=${[{ name: "source", label: "Source", value: "console" }, { name: "type", label: "Detail type", value: "Tried" }, { name: "detail", label: "Detail", value: "{}", lines: 5 }]}
      run=${async (/** @type {any} */ v) => {
        parsed(v.detail);
        const answer = await surface.operation(scope(), "events", "PutEvents", { Entries: [{ Source: v.source, DetailType: v.type, Detail: v.detail, EventBusName: resource.name }] });
        const [entry] = answer.Entries;
        if (entry.ErrorCode) throw new Error(`${entry.ErrorCode}: ${entry.ErrorMessage}`);
        return answer;
      }} /><//>`;
}
