/** What was published, what became of it with each who could have taken it, and sending it again to one of them. */

import { html, useState } from "../html.js";
import { surface } from "../client.js";
import { pretty, shortName } from "../format.js";
import { scope } from "../live.js";
import { A } from "../router.js";
import { entry } from "./copies.js";

const GOOD = new Set(["matched", "delivered"]);
const WAITING = new Set(["waiting", "retrying", "running"]);

/** @param {{published: import("../client.js").Published, again: () => void}} props */
export function Story({ published, again }) {
  const [verdicts, show] = useState(/** @type {import("../client.js").Verdict[] | null} */ (null));
  const [said, say] = useState("");
  const explain = () => surface.explain(published.id, published.channel).then((answer) => show(answer.verdicts), (/** @type {Error} */ error) => say(error.message));
  const isEvent = published.channel.includes(":event-bus/");
  /** @param {Promise<any>} sent */
  const send = (sent) => sent.then(() => (say("Sent again."), again()), (error) => say(error.message));
  const put = () => send(surface.operation(scope(), "events", "PutEvents", { Entries: [entry(published)] }));
  /** @param {string} rule @param {string} id */
  const deliver = (rule, id) =>
    send(surface.explain(published.id, published.channel).then(({ event }) => surface.operation(scope(), "events", "DeliverAgain", { Event: event, Rule: rule, Id: id })));
  return html`<section><h2>Published to ${shortName(published.channel)}</h2><pre>${pretty(published.body)}</pre>
    <div class="row"><button class="main" onClick=${explain}>What became of it?</button>${isEvent && html`<button onClick=${put}>Put it again</button>`}<span class="hint" role="status">${said}</span></div>
    ${verdicts && html`<ul class="verdicts">${verdicts.map((each) => html`<${Said} key=${each.arn} verdict=${each} deliver=${each.kind === "rule" && isEvent ? deliver : null} />`)}</ul>`}
  </section>`;
}

/** @param {{verdict: import("../client.js").Verdict, deliver: null | ((rule: string, id: string) => void)}} props */
function Said({ verdict, deliver }) {
  const tone = GOOD.has(verdict.state) ? "good" : WAITING.has(verdict.state) ? "warn" : verdict.state.startsWith("not ") ? "" : "bad";
  return html`<li><span class=${"tag " + tone}>${verdict.state}</span> <${A} to=${"/console/resources/" + encodeURIComponent(verdict.arn)}>${verdict.name}<//> <span class="hint">${verdict.kind}</span>
    ${verdict.reason && html`<p class="hint">${verdict.reason}</p>`}
    ${GOOD.has(verdict.state) && (verdict.targets || []).map((target) => html`<div key=${target.id}>
      ${target.given !== undefined ? html`<p class="hint">${shortName(target.arn)} is given</p><pre>${pretty(target.given)}</pre>` : html`<p class="hint">${shortName(target.arn)} is given it as it is</p>`}
      ${deliver && html`<button onClick=${() => deliver(verdict.arn, target.id)}>Deliver it again to ${shortName(target.arn)}</button>`}</div>`)}</li>`;
}
