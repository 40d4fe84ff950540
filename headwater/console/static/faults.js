/** Faults in the header: which are set, how often they fired, setting one, clearing them all. */

import { html, useEffect, useState } from "./html.js";
import { surface } from "./client.js";
import { useDismissal } from "./clock.js";
import { every } from "./live.js";

const KINDS = ["throttle", "error", "latency", "timeout-after-commit", "duplicate", "delay", "reorder", "crash-after-send"];
/** @type {Record<string, string>} */
const HINTS = { service: "service, any", operation: "operation, any", resource: "resource, any", times: "times, always" };
const PAUSE = 5000;

/** @typedef {{rules: Record<string, any>[], fired: any[]}} FaultSet */

export function Faults() {
  const [set, show] = useState(/** @type {FaultSet} */ ({ rules: [], fired: [] }));
  const [open, setOpen] = useState(false);
  const ask = () => surface.faults().then(show, () => {});
  useEffect(() => {
    ask();
    return every(PAUSE, ask);
  }, []);
  const some = set.rules.length;
  return html`<div class="menu">
    <button class=${some ? "alarm" : ""} aria-haspopup="dialog" aria-expanded=${open} onClick=${() => (ask(), setOpen(!open))}>${some ? `${some} ${some === 1 ? "fault" : "faults"} set` : "Faults"}</button>
    ${open && html`<${Panel} set=${set} show=${show} close=${() => setOpen(false)} />`}
  </div>`;
}

/** @param {{set: FaultSet, show: (set: FaultSet) => void, close: () => void}} props */
function Panel({ set, show, close }) {
  const [rule, change] = useState({ kind: KINDS[0], service: "", operation: "", resource: "", times: "1" });
  const [said, say] = useState("");
  const ref = useDismissal(close);
  /** @param {Event} event */
  const add = (event) => {
    event.preventDefault();
    const { times, ...named } = rule;
    const given = Object.fromEntries(Object.entries(named).filter(([, value]) => value));
    const asked = { ...given, ...(times ? { times: Number(times) } : {}), ...(["latency", "delay"].includes(rule.kind) ? { milliseconds: 1000 } : {}) };
    surface.ask("POST", "/faults", { rules: [asked] }).then((answer) => (show(answer), say("")), (/** @type {Error} */ error) => say(error.message));
  };
  /** @param {keyof typeof rule} name */
  const field = (name) => html`<input aria-label=${name} placeholder=${HINTS[name]} value=${rule[name]} onInput=${(/** @type {any} */ e) => change({ ...rule, [name]: e.target.value })} />`;
  return html`<div class="panel" role="dialog" aria-label="Faults" ref=${ref}>
    ${set.rules.length === 0
      ? html`<p class="hint">No fault is set: everything works as it should. Set one, and see what your application makes of it.</p>`
      : html`<ul class="due">${set.rules.map((each) => html`<li key=${each.index}><span>${each.kind}</span><b>${[each.service, each.operation].filter(Boolean).join(":") || "anything"} ${each.resource || ""}</b><span>${each.fired} of ${each.matched}</span></li>`)}</ul>`}
    <form class="fault" onSubmit=${add}>
      <select aria-label="kind" value=${rule.kind} onChange=${(/** @type {any} */ e) => change({ ...rule, kind: e.target.value })}>${KINDS.map((kind) => html`<option key=${kind} value=${kind}>${kind}</option>`)}</select>
      ${field("times")}${field("service")}${field("operation")}${field("resource")}<button class="main">Set</button>
    </form>
    ${said && html`<p class="error" role="alert">${said}</p>`}
    ${set.rules.length > 0 && html`<button onClick=${() => surface.clearFaults().then(show)}>Clear them all</button>`}
  </div>`;
}
