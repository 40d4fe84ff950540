/** One resource: what it is, what it is linked with, what happened to it of late. */

import { html } from "../html.js";
import { surface } from "../client.js";
import { kindOf, Glyph } from "../kinds.js";
import { clockTime, length, pretty } from "../format.js";
import { scope, useFresh } from "../live.js";
import { state } from "../map/graph.js";
import { A } from "../router.js";

/** @param {{found: string[]}} props */
export function ResourcePage({ found: [arn] }) {
  const here = scope();
  const { value, error } = useFresh(() => surface.map(here), [here.account, here.region]);
  const resource = value?.resources.find((each) => each.arn === arn) || null;
  const dead = value?.links.some((each) => each.kind === "dead letter" && each.to === arn) || false;
  if (value && !resource) return html`<div class="empty"><h1>No such resource</h1><p><code>${arn}</code></p><p><${A} to="/console/resources">All resources<//></p></div>`;
  if (!value || !resource) return error ? html`<p class="error" role="alert">${error}</p>` : null;
  const { badge, alarm } = state(resource, dead);
  return html`<div class="inner">
    <div class="head"><${Glyph} type=${resource.type} size=${28} /><div><h1>${resource.name}</h1><span class="hint">${kindOf(resource.type).service} · ${kindOf(resource.type).title}${resource.stack ? ` · ${resource.logical} of ${resource.stack}` : ""}</span></div>${badge && html`<span class=${"tag" + (alarm ? " bad" : "")}>${badge}</span>`}</div>
    ${resource.error && html`<p class="error">${resource.error}</p>`}
    <p class="mono">${resource.arn}</p>
    <${Links} title="Gets work from" links=${value.links.filter((each) => each.to === arn)} end="from" all=${value.resources} />
    <${Links} title="Gives work to" links=${value.links.filter((each) => each.from === arn)} end="to" all=${value.resources} />
    <${Recent} resource=${resource} />
  </div>`;
}

/** @param {{title: string, links: import("../client.js").Link[], end: "from" | "to", all: import("../client.js").Resource[]}} props */
function Links({ title, links, end, all }) {
  if (links.length === 0) return null;
  return html`<h2>${title}</h2><div class="scroller"><table class="table"><tbody>${links.map((each, index) => {
    const other = all.find((one) => one.arn === each[end]);
    return html`<tr key=${index}><td>${other && html`<${Glyph} type=${other.type} />`} <${A} to=${"/console/resources/" + encodeURIComponent(each[end])}>${other?.logical || other?.name || each[end]}<//></td><td>${each.kind} <span class="hint">${each.name}</span></td><td>${each.only && html`<pre>${pretty(each.only)}</pre>`}</td></tr>`;
  })}</tbody></table></div>`;
}

/** @param {{resource: import("../client.js").Resource}} props */
function Recent({ resource }) {
  const { value } = useFresh(() => surface.traces({ text: resource.name, limit: 20 }), [resource.arn]);
  if (!value?.traces.length) return null;
  return html`<h2>Of late</h2><div class="scroller"><table class="table"><tbody>${value.traces.map(
    (each) => html`<tr key=${each.trace}><td><${A} to=${"/console/traces/" + each.trace}>${clockTime(each.started)}<//></td><td>${each.name}</td><td class="number">${length(each.duration)}</td><td>${each.failures ? html`<span class="tag bad">${each.failures} failed</span>` : html`<span class="tag good">ok</span>`}</td></tr>`,
  )}</tbody></table></div>`;
}
