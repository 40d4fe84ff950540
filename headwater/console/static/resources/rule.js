/** A rule: its targets, and its pattern, tried on recorded events as one types. */

import { html, useEffect, useState } from "../html.js";
import { surface } from "../client.js";
import { pretty } from "../format.js";
import { scope } from "../live.js";
import { Json, parsed, Problem, Rows, Section, To, useAnswer } from "./parts.js";

const PAUSE = 250; // milliseconds of no typing
const TRIED = 1000;

/** @param {import("./page.js").View} view */
export function RulePage({ resource }) {
  const path = resource.arn.split(":rule/")[1];
  const bus = path.includes("/") ? path.split("/")[0] : "default";
  const named = { Name: resource.name, EventBusName: bus };
  const { value: rule, error, again } = useAnswer("events", "DescribeRule", named);
  const targets = useAnswer("events", "ListTargetsByRule", { Rule: resource.name, EventBusName: bus }).value?.Targets || [];
  if (!rule) return html`<${Problem} error=${error} />`;
  const disabled = rule.State === "DISABLED";
  const turn = () => surface.operation(scope(), "events", disabled ? "EnableRule" : "DisableRule", named).then(again);
  return html`<${Section} title=${rule.ScheduleExpression ? `Due by ${rule.ScheduleExpression}` : "Event pattern"} actions=${html`<button onClick=${turn}>${disabled ? "Enable" : "Disable"}</button>`}>
      ${rule.EventPattern && html`<${Editor} rule=${rule} bus=${bus} saved=${again} />`}<//>
    <${Section} title="Targets"><${Rows} none="It has no target: what it matches goes nowhere." heads=${["Target", "Input", "Retries", "Dead letters"]} rows=${targets.map((/** @type {any} */ each) => [
      html`<${To} arn=${each.Arn} />`,
      each.InputTransformer ? html`<${Json} value=${each.InputTransformer} />` : each.Input ? html`<${Json} value=${each.Input} />` : each.InputPath || html`<span class="hint">the event</span>`,
      `${each.RetryPolicy?.MaximumRetryAttempts ?? 185} in ${each.RetryPolicy?.MaximumEventAgeInSeconds ?? 86400} s`,
      each.DeadLetterConfig ? html`<${To} arn=${each.DeadLetterConfig.Arn} />` : html`<span class="tag warn">none: what fails is dropped</span>`,
    ])} /><//>`;
}

/** @param {{rule: any, bus: string, saved: () => void}} props */
function Editor({ rule, bus, saved }) {
  const [text, set] = useState(pretty(rule.EventPattern));
  const [tried, show] = useState(/** @type {any} */ (null));
  const [said, say] = useState("");
  useEffect(() => {
    const timer = setTimeout(async () => {
      try {
        parsed(text);
        show(await surface.ask("POST", "/patterns/test", { pattern: text, bus, last: TRIED }));
        say("");
      } catch (error) {
        say(error instanceof Error ? error.message : String(error));
      }
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  const save = () =>
    surface
      .operation(scope(), "events", "PutRule", { Name: rule.Name, EventBusName: bus, EventPattern: text, State: rule.State, Description: rule.Description, RoleArn: rule.RoleArn })
      .then(saved, (/** @type {Error} */ error) => say(error.message));
  const changed = same(text) !== same(rule.EventPattern);
  return html`<div class="columns">
    <div><textarea class="mono editor" aria-label="Event pattern" rows="12" spellcheck="false" value=${text} onInput=${(/** @type {any} */ e) => set(e.target.value)}></textarea>
      <div class="row"><button class="main" disabled=${!changed || said !== ""} onClick=${save}>Save the rule</button><button disabled=${!changed} onClick=${() => set(pretty(rule.EventPattern))}>Undo</button></div></div>
    <div role="status" aria-live="polite">${said ? html`<p class="error">${said}</p>` : tried && html`<p><b>${tried.matched}</b> of the last ${tried.tried} events on this bus match.</p>`}
      ${!said && tried?.near_misses.length > 0 && html`<h3>Nearest misses</h3><ul class="plain">${tried.near_misses.map((/** @type {any} */ each) => html`<li key=${each.id}>${each.reason}</li>`)}</ul>`}</div>
  </div>`;
}

/** JSON without what does not matter; what is none, as it is. @param {string} text */
function same(text) {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}
