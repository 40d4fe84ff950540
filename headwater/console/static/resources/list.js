/** All resources, by kind. */

import { html } from "../html.js";
import { kindOf, Glyph } from "../kinds.js";
import { architecture, scope, useFresh } from "../live.js";
import { state } from "../map/graph.js";
import { Kinds } from "./further.js";
import { A, setQuery, useAddress } from "../router.js";

export function ResourcesPage() {
  const { query } = useAddress();
  const here = scope();
  const wanted = query.get("type") || "";
  const text = (query.get("text") || "").toLowerCase();
  const { value, error } = useFresh(() => architecture(here), [here.account, here.region]);
  const dead = new Set(value?.links.filter((each) => each.kind === "dead letter").map((each) => each.to));
  const all = (value?.resources || []).filter((each) => each.type !== "stranger");
  const types = [...new Set(all.map((each) => each.type))].sort((a, b) => kindOf(a).rank - kindOf(b).rank);
  const shown = all.filter((each) => (!wanted || each.type === wanted) && (!text || `${each.name} ${each.logical || ""}`.toLowerCase().includes(text)));
  return html`<div class="inner">
    <div class="head"><h1>Resources</h1></div>
    <div class="filters"><input type="search" aria-label="Find a resource" placeholder="Find a resource" value=${query.get("text") || ""} onInput=${(/** @type {any} */ e) => setQuery({ text: e.target.value })} />
      <select aria-label="Kind" value=${wanted} onChange=${(/** @type {any} */ e) => setQuery({ type: e.target.value })}><option value="">every kind</option>${types.map((type) => html`<option key=${type} value=${type} selected=${type === wanted}>${kindOf(type).title} (${all.filter((each) => each.type === type).length})</option>`)}</select></div>
    <${Kinds} />
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${value && shown.length === 0
      ? html`<div class="empty"><p>${all.length ? "None is like that." : "Nothing is deployed yet."}</p></div>`
      : html`<div class="scroller"><table class="table"><thead><tr><th>Name</th><th>Kind</th><th class="wide">Stack</th><th>State</th></tr></thead><tbody>
        ${shown.slice(0, 500).map((each) => {
          const { badge, alarm } = state(each, dead.has(each.arn));
          return html`<tr key=${each.arn}><td class="called"><${A} to=${"/console/resources/" + encodeURIComponent(each.arn)} title=${each.arn}>${each.name}<//></td><td><${Glyph} type=${each.type} /> ${kindOf(each.type).title}</td><td class="wide">${each.stack || ""}</td><td>${badge && html`<span class=${"tag" + (alarm ? " bad" : "")}>${badge}</span>`}</td></tr>`;
        })}</tbody></table></div>${shown.length > 500 ? html`<p class="hint">The first 500 of ${shown.length}.</p>` : ""}`}
  </div>`;
}
