/** What was published, what became of it with each who could have taken it, and sending it again to one of them. */

import { html, useState } from "../html.js";
import { surface } from "../client.js";
import { pretty, shortName } from "../format.js";
import { A } from "../router.js";
import { toConsumer } from "./again.js";

const GOOD = new Set(["matched", "delivered"]);
const WAITING = new Set(["waiting", "retrying", "running"]);

/** @param {{published: import("../client.js").Published, span: import("../client.js").Span, again: () => void}} props */
export function Story({ published, span, again }) {
  const [verdicts, show] = useState(/** @type {import("../client.js").Verdict[] | null} */ (null));
  const [said, say] = useState("");
  const explain = () => surface.explain(published.id, published.channel).then((answer) => show(answer.verdicts), (/** @type {Error} */ error) => say(error.message));
  /** @param {import("./again.js").Repeat} each */
  const send = (each) => each.run().then(() => (say("Sent again."), again()), (/** @type {Error} */ error) => say(error.message));
  /** @param {import("../client.js").Verdict} verdict @param {{id: string, arn: string}} target */
  const repeat = (verdict, target) => toConsumer({ account: span.account, region: span.region }, published, verdict, target);
  return html`<section><h2>Published to ${shortName(published.channel)}</h2><pre tabindex="0">${pretty(published.body)}</pre>
    <div class="row"><button class="main" onClick=${explain}>What became of it?</button><span class="hint" role="status">${said}</span></div>
    ${verdicts && (verdicts.length ? html`<ul class="verdicts">${verdicts.map((each) => html`<${Said} key=${each.arn} verdict=${each} repeat=${repeat} send=${send} />`)}</ul>` : html`<p class="hint">Nobody could have taken it: there is no rule, subscription or poller.</p>`)}
  </section>`;
}

/** @param {{verdict: import("../client.js").Verdict, repeat: (verdict: import("../client.js").Verdict, target: {id: string, arn: string}) => import("./again.js").Repeat | null, send: (each: import("./again.js").Repeat) => void}} props */
function Said({ verdict, repeat, send }) {
  const tone = GOOD.has(verdict.state) ? "good" : WAITING.has(verdict.state) ? "warn" : verdict.state.startsWith("not ") ? "" : "bad";
  return html`<li><span class=${"tag " + tone}>${verdict.state}</span> <${A} to=${"/console/resources/" + encodeURIComponent(verdict.arn)}>${verdict.name}<//> <span class="hint">${verdict.kind}</span>
    ${verdict.reason && html`<p class="hint">${verdict.reason}</p>`}
    ${GOOD.has(verdict.state) && (verdict.targets || []).map((target) => html`<div key=${target.id}>
      ${target.given !== undefined ? html`<p class="hint">${shortName(target.arn)} is given</p><pre>${pretty(target.given)}</pre>` : html`<p class="hint">${shortName(target.arn)} is given it as it is</p>`}
      ${button(repeat(verdict, target), send)}</div>`)}</li>`;
}

/** @param {import("./again.js").Repeat | null} each @param {(each: import("./again.js").Repeat) => void} send */
const button = (each, send) => each && html`<button onClick=${() => send(each)}>${each.label}</button>`;
