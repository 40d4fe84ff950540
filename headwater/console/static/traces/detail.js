/** All that is known of one span, and what can be done from it. */

import { html, useState } from "../html.js";
import { dateTime, length, pretty } from "../format.js";
import { A } from "../router.js";
import { asCommand, asTest } from "./copies.js";
import { Story } from "./story.js";

const OWN = new Set(["error", "attempt"]);

/** @param {{span: import("../client.js").Span, published: import("../client.js").Published[], again: () => void, close: () => void}} props */
export function Detail({ span, published, again, close }) {
  const notes = Object.entries(span.notes).filter(([name]) => !OWN.has(name));
  const misses = notes.filter(([name]) => name.startsWith("missed "));
  const rest = notes.filter(([name]) => !name.startsWith("missed "));
  const command = asCommand(span, published);
  return html`<aside class="detail" aria-label="Span">
    <div class="head"><h1>${span.name}</h1><span class="spacer"></span><button class="icon" aria-label="Close" onClick=${close}>×</button></div>
    ${span.notes.error && html`<p class="error">${span.outcome}: ${span.notes.error}</p>`}
    <dl>
      <dt>Outcome</dt><dd>${span.outcome || "still running"}${span.notes.attempt ? `, attempt ${span.notes.attempt}` : ""}</dd>
      ${span.subject && html`<dt>Of</dt><dd>${span.subject.startsWith("arn:") ? html`<${A} to=${"/console/resources/" + encodeURIComponent(span.subject)}>${span.subject}<//>` : span.subject}</dd>`}
      <dt>Began</dt><dd>${dateTime(span.started)}</dd>
      ${span.duration !== null && html`<dt>Took</dt><dd>${length(span.duration)}</dd>`}
      <dt>Kind</dt><dd>${span.kind}</dd><dt>Account</dt><dd>${span.account} · ${span.region}</dd><dt>Span</dt><dd><code>${span.id}</code></dd>
    </dl>
    ${misses.length > 0 && html`<h2>Rules that did not match</h2><dl>${misses.map(([name, why]) => html`<dt key=${name}>${name.slice(7)}</dt><dd>${String(why)}</dd>`)}</dl>`}
    ${rest.map(([name, value]) => html`<div key=${name}><h2>${name}</h2>${typeof value === "object" || (typeof value === "string" && /^[{[]/.test(value)) ? html`<pre>${pretty(value)}</pre>` : html`<p>${String(value)}</p>`}</div>`)}
    ${published.map((each) => html`<${Story} key=${each.id} published=${each} again=${again} />`)}
    <div class="row">
      ${command && html`<${Copy} text=${command} what="aws command" />`}
      <${Copy} text=${asTest(span)} what="pytest" />
      <${Copy} text=${`headwater trace ${span.trace}`} what="headwater trace" />
    </div>
  </aside>`;
}

/** @param {{text: string, what: string}} props */
export function Copy({ text, what }) {
  const [done, set] = useState(false);
  const copy = () => navigator.clipboard.writeText(text).then(() => (set(true), setTimeout(() => set(false), 1200)));
  return html`<button onClick=${copy} title=${text}>${done ? "Copied" : `Copy as ${what}`}</button>`;
}
