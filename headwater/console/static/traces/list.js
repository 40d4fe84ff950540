/** Traces, newest first: found by id, text, status and time. */

import { html, useEffect, useState } from "../html.js";
import { surface } from "../client.js";
import { clockTime, dateTime, length, shortName } from "../format.js";
import { useFresh } from "../live.js";
import { A, go, setQuery, useAddress } from "../router.js";

const SPANS_OF_TIME = { "": 0, "5m": 300_000, "1h": 3_600_000, "24h": 86_400_000 };
const ID = /^1-[0-9a-f]{8}-[0-9a-f]{24}$/;

export function TracesPage() {
  const { query } = useAddress();
  const text = query.get("text") || "";
  const status = query.get("status") || "";
  const within = query.get("within") || "";
  const looks = query.get("looks") === "true";
  const [older, setOlder] = useState(/** @type {{traces: import("../client.js").TraceSummary[], next: string | null} | null} */ (null));
  const wanted = async () => {
    const span = SPANS_OF_TIME[/** @type {keyof typeof SPANS_OF_TIME} */ (within)] || 0;
    return { text, status, looks, since: span ? (await surface.time()).now - span : 0 };
  };
  const { value, error } = useFresh(async () => surface.traces(await wanted()), [text, status, within, looks]);
  useEffect(() => setOlder(null), [text, status, within, looks]);
  const next = older ? older.next : value?.next;
  const more = async () => {
    const page = await surface.traces({ ...(await wanted()), before: next || undefined });
    setOlder({ traces: [...(older?.traces || []), ...page.traces], next: page.next });
  };
  const known = new Set();
  const traces = [...(value?.traces || []), ...(older?.traces || [])].filter((each) => !known.has(each.trace) && known.add(each.trace));
  return html`<div class="inner">
    <div class="head"><h1>Traces</h1><span class="hint">From a front end's request to the last notification, what came of what.</span></div>
    <form class="filters" role="search" onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), ID.test(text) && go("/console/traces/" + text))}>
      <input type="search" aria-label="Search traces" placeholder="An id, a name, a text in any of its spans" value=${text} onInput=${(/** @type {any} */ e) => setQuery({ text: e.target.value })} />
      <select aria-label="Status" value=${status} onChange=${(/** @type {any} */ e) => setQuery({ status: e.target.value })}>
        <option value="">any outcome</option><option value="failed" selected=${status === "failed"}>with failures</option><option value="running" selected=${status === "running"}>still running</option>
      </select>
      <select aria-label="Time" value=${within} onChange=${(/** @type {any} */ e) => setQuery({ within: e.target.value })}>
        <option value="">any time</option><option value="5m">last 5 minutes</option><option value="1h">last hour</option><option value="24h">last 24 hours</option>
      </select>
      <label class="check"><input type="checkbox" checked=${looks} onChange=${(/** @type {any} */ e) => setQuery({ looks: e.target.checked ? "true" : "" })} /> also reads</label>
    </form>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${value && traces.length === 0 ? html`<div class="empty"><p>${text || status || within ? "No trace is like that." : "Nothing has happened yet."}</p></div>` : html`<${Table} traces=${traces} />`}
    ${next && html`<p><button onClick=${more}>Older</button></p>`}
  </div>`;
}

/** @param {{traces: import("../client.js").TraceSummary[]}} props */
function Table({ traces }) {
  return html`<div class="scroller"><table class="table">
    <thead><tr><th>Began</th><th>First</th><th class="number wide">Took</th><th class="number wide">Spans</th><th>Outcome</th></tr></thead>
    <tbody>${traces.map(
      (each) => html`<tr key=${each.trace}>
        <td class="time"><${A} to=${"/console/traces/" + each.trace} title=${dateTime(each.started) + " " + each.trace}>${clockTime(each.started)}<//></td>
        <td><b>${each.name}</b> ${each.subject ? html`<span class="hint">${shortName(each.subject)}</span>` : ""}</td>
        <td class="number wide">${length(each.duration)}</td><td class="number wide">${each.spans}</td>
        <td><${Outcome} trace=${each} /></td>
      </tr>`,
    )}</tbody>
  </table></div>`;
}

/** The code with which a request was refused says more than that something failed. @param {{trace: import("../client.js").TraceSummary}} props */
function Outcome({ trace: { failures, running, outcome } }) {
  const refused = outcome && outcome !== "ok" && outcome !== "again";
  if (failures) return html`<span class="tag bad">${refused && failures === 1 ? outcome : `${failures} failed`}</span>`;
  if (running) return html`<span class="tag warn">running</span>`;
  return refused ? html`<span class="tag warn">${outcome}</span>` : html`<span class="tag good">ok</span>`;
}
