/** The ledger: every hop and timer that is to be done, being done, or failing. */

import { html, useState } from "./html.js";
import { surface } from "./client.js";
import { clockTime, dateTime, length, shortName } from "./format.js";
import { useFresh } from "./live.js";
import { A, setQuery, useAddress } from "./router.js";

const LONG = 220;
const STATES = ["", "retrying", "waiting", "running", "dead"];

/** @param {any} each */
const state = (each) => each.state || (each.running ? "running" : each.error ? "retrying" : "waiting");
/** @type {Record<string, string>} */
const TONES = { retrying: "bad", dead: "bad", running: "good" };

export function DeliveriesPage() {
  const { query } = useAddress();
  const wanted = query.get("state") || "";
  const { value, error, again } = useFresh(() => surface.deliveries(1000, wanted), [wanted]);
  const [said, say] = useState("");
  const shown = value?.deliveries || [];
  /** @param {string} id */
  const redeliver = (id) => surface.redeliver([id]).then(() => (say("It is delivered again."), again()), (/** @type {Error} */ problem) => say(problem.message));
  return html`<div class="inner">
    <div class="head"><h1>Deliveries</h1><span class="hint">Each asynchronous hop and each timer, durable until it is done.</span></div>
    <div class="filters" role="group" aria-label="State">${STATES.map((each) => html`<button key=${each} aria-pressed=${wanted === each} onClick=${() => setQuery({ state: each })}>${each || "all"}</button>`)}</div>
    <p class="hint" role="status">${said}</p>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${value && shown.length === 0
      ? html`<div class="empty"><p>${wanted ? `Nothing is ${wanted}.` : "Nothing waits, nothing runs, nothing failed."}</p></div>`
      : html`<div class="scroller"><table class="table"><thead><tr><th>Due</th><th class="wide">What</th><th>To</th><th class="number wide">Attempts</th><th>State</th><th class="wide">Trace</th></tr></thead>
        <tbody>${shown.map(
          (each) => html`<tr key=${each.id}><td class="time" title=${dateTime(each.due)}>${state(each) === "dead" ? clockTime(each.due) : value && each.due > value.now ? "in " + length((each.due - value.now) * 1000) : "now"}</td><td class="wide">${each.name}</td><td title=${each.subject || ""}>${each.subject ? shortName(each.subject) : ""}<div class="hint narrow">${each.name}</div></td><td class="number wide">${each.attempt}</td>
            <td><span class=${"tag " + (TONES[state(each)] || "")}>${state(each)}</span> ${(state(each) === "dead" || state(each) === "retrying") && html`<button onClick=${() => redeliver(each.id)}>Redeliver</button>`}${each.error ? html`<div class="hint" title=${each.error}>${problem(each.error)}</div>` : ""}
            ${(state(each) === "dead" || state(each) === "retrying") && html`<${Attempts} id=${each.id} />`}</td>
            <td class="wide time">${each.trace && html`<${A} to=${"/console/traces/" + each.trace}>${each.trace.slice(0, 10)}…<//>`}</td></tr>`,
        )}</tbody></table></div>`}
  </div>`;
}

/** What was tried and what came of it, asked for when it is opened. @param {{id: string}} props */
function Attempts({ id }) {
  const [attempts, set] = useState(/** @type {import("./client.js").Attempt[] | null} */ (null));
  /** @param {{currentTarget: HTMLDetailsElement}} event */
  const open = (event) => event.currentTarget.open && surface.delivery(id).then((found) => set(found.attempts));
  return html`<details onToggle=${open}><summary class="hint">Attempts</summary>
    ${(attempts || []).map((each) => html`<p key=${each.at} class="hint">${dateTime(each.at)} ${each.outcome || "running"} ${each.error || ""}${each.response ? html`<pre>${each.response}</pre>` : ""}</p>`)}
  </details>`;
}

/** What a function threw, without the rest of its answer. @param {string} error */
function problem(error) {
  const told = /"errorMessage":\s*"((?:[^"\\]|\\.)*)"/.exec(error);
  const text = told ? `${error.split(":")[0]}: ${told[1]}` : error;
  return text.length > LONG ? text.slice(0, LONG) + "…" : text;
}
