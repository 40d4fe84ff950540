/** All that is known of one span, and what can be done from it. */

import { html, useEffect, useState } from "../html.js";
import { surface } from "../client.js";
import { dateTime, length, pretty } from "../format.js";
import { A } from "../router.js";
import { repeats } from "./again.js";
import { cause, publishedBy } from "./causes.js";
import { asCommand, asTest } from "./copies.js";
import { originOf } from "./origin.js";
import { Story } from "./story.js";
import { complete, isCut, lacks } from "./whole.js";

const OWN = new Set(["error", "attempt"]);

/** @typedef {import("../client.js").Span} Span @typedef {import("../client.js").Published} Published */

/** @param {{span: Span, above: Span[], published: Published[], again: () => void, close: () => void}} props `above`: its causes, the nearest first */
export function Detail({ span, above, published, again, close }) {
  const whole = useWhole(span, above, published);
  const notes = Object.entries(span.notes).filter(([name]) => !OWN.has(name));
  const misses = notes.filter(([name]) => name.startsWith("missed "));
  const rest = notes.filter(([name]) => !name.startsWith("missed "));
  return html`<aside class="detail" aria-label="Span">
    <div class="head"><h1>${span.name}</h1><span class="spacer"></span><button class="icon" aria-label="Close" onClick=${close}>×</button></div>
    ${span.notes.error && html`<p class="error">${span.outcome}: ${span.notes.error}</p>`}
    <${Doings} span=${span} above=${above} published=${published} again=${again} />
    ${whole && lost(span, published) && html`<p class="hint">What it was given was too long to be kept whole: it cannot be sent again from here.</p>`}
    <dl>
      <dt>Outcome</dt><dd>${span.outcome || "still running"}${span.notes.attempt ? `, attempt ${span.notes.attempt}` : ""}</dd>
      ${span.subject && html`<dt>Of</dt><dd>${span.subject.startsWith("arn:") ? html`<${A} to=${"/console/resources/" + encodeURIComponent(span.subject)}>${span.subject}<//>` : span.subject}</dd>`}
      <dt>Began</dt><dd>${dateTime(span.started)}</dd>
      ${span.duration !== null && html`<dt>Took</dt><dd>${length(span.duration)}</dd>`}
      <dt>Kind</dt><dd>${span.kind === "segment" ? "told by your own code (X-Ray, OpenTelemetry)" : span.kind}</dd>${span.account && html`<dt>Account</dt><dd>${span.account} · ${span.region}</dd>`}<dt>Span</dt><dd><code>${span.id}</code></dd>
    </dl>
    ${misses.length > 0 && html`<h2>Rules that did not match</h2><dl>${misses.map(([name, why]) => html`<dt key=${name}>${name.slice(7)}</dt><dd>${String(why)}</dd>`)}</dl>`}
    ${rest.map(([name, value]) => html`<div key=${name}><h2>${name}</h2>${typeof value === "object" || (typeof value === "string" && /^[{[]/.test(value)) ? html`<pre tabindex="0">${pretty(value)}</pre>` : html`<p>${name === "next attempt" ? dateTime(Number(value)) : String(value)}</p>`}</div>`)}
    ${publishedBy(published, span.id).map((each) => html`<${Story} key=${each.id} published=${each} span=${span} again=${again} />`)}
  </aside>`;
}

/** Asks for what was cut and could be sent again; true once all is there that can be had. @param {Span} span @param {Span[]} above
 *  @param {Published[]} published */
function useWhole(span, above, published) {
  const [whole, told] = useState(false);
  useEffect(() => {
    complete([span, ...above].flatMap((each) => [each, ...each.children]), published).then(() => told(true));
    return () => told(false);
  }, [span, published]);
  return whole;
}

/** @param {Span} span @param {Published[]} published */
function lost(span, published) {
  const given = span.name === "execute-api:Invoke" ? [span, ...span.children] : [span];
  return given.some(lacks) || publishedBy(published, span.id).some((each) => isCut(each.body));
}

/** @param {{span: Span, above: Span[], published: Published[], again: () => void}} props */
function Doings({ span, above, published, again }) {
  const [said, say] = useState("");
  /** @param {import("./again.js").Repeat} each */
  const run = (each) => (say("…"), each.run().then(() => (say("Sent again."), again()), (/** @type {Error} */ error) => say(error.message)));
  const here = { account: span.account, region: span.region };
  const command = asCommand(span, published, location.origin);
  const test = async () => asTest(span, above, published, (await surface.map(here)).resources, (name) => originOf(here, name));
  const caused = [span, ...above].some((each) => cause(each, published));
  return html`<div class="row doings">
    ${repeats(span, published).map((each) => html`<button key=${each.label} onClick=${() => run(each)}>${each.label}</button>`)}
    ${command && html`<${Copy} text=${command} what=${command.startsWith("curl") ? "curl command" : "aws command"} />`}
    ${caused && html`<${Copy} text=${test} what="pytest" />`}
    <${Copy} text=${`headwater trace ${span.trace}`} what="headwater trace" />
    <span class="hint" role="status">${said}</span>
  </div>`;
}

/** @param {{text: string | (() => Promise<string | null>), what: string}} props */
export function Copy({ text, what }) {
  const [done, set] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText((typeof text === "string" ? text : await text()) || "");
      set("Copied");
    } catch {
      set("The browser lets nothing be copied here");
    }
    setTimeout(() => set(""), 900);
  };
  return html`<button onClick=${copy}>${done || `Copy as ${what}`}</button>`;
}
