/** Faults that are set, in the header; nothing is shown where none is. */

import { html, useEffect, useState } from "./html.js";
import { surface } from "./client.js";
import { useDismissal } from "./clock.js";

export function Faults() {
  const [set, setSet] = useState(/** @type {any} */ (null));
  const [open, setOpen] = useState(false);
  const ask = () => surface.faults().then(setSet, () => setSet(null));
  useEffect(() => {
    ask();
    const anew = setInterval(ask, 5000);
    return () => clearInterval(anew);
  }, []);
  const rules = set?.rules || set?.faults || [];
  if (rules.length === 0) return null;
  return html`<div class="menu">
    <button class="alarm" aria-haspopup="dialog" aria-expanded=${open} onClick=${() => setOpen(!open)}>${rules.length} ${rules.length === 1 ? "fault" : "faults"} set</button>
    ${open && html`<${Panel} rules=${rules} fired=${set.fired || []} close=${() => setOpen(false)} clear=${() => surface.clearFaults().then(ask)} />`}
  </div>`;
}

/** @param {{rules: any[], fired: any[], close: () => void, clear: () => void}} props */
function Panel({ rules, fired, close, clear }) {
  const ref = useDismissal(close);
  return html`<div class="panel" role="dialog" aria-label="Faults" ref=${ref}>
    <ul class="due">${rules.map((rule, index) => html`<li key=${index}><code>${JSON.stringify(rule)}</code></li>`)}</ul>
    <p class="hint">${fired.length} fired so far.</p>
    <button onClick=${clear}>Clear them all</button>
  </div>`;
}
