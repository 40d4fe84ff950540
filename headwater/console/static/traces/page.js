/** One trace: the causal waterfall over all services, and all that is known of each span. */

import { html, useEffect, useMemo, useRef, useState } from "../html.js";
import { surface } from "../client.js";
import { dateTime, length, shortName } from "../format.js";
import { useFresh } from "../live.js";
import { setQuery, useAddress } from "../router.js";
import { Detail } from "./detail.js";
import { look, rows } from "./rows.js";
import { scale } from "./scale.js";

const HEIGHT = 28;
const BEYOND = 6; // rows drawn above and below what is seen
const MANY = 2000; // spans from which rows are used again: until then each keeps its element, so that no click is lost

/** @param {{found: string[]}} props */
export function TracePage({ found: [id] }) {
  const { query } = useAddress();
  const chosen = query.get("span");
  const { value, error, again } = useFresh(() => surface.trace(id), [id]);
  const all = useMemo(() => (value ? rows(value.spans) : []), [value]);
  const axis = useMemo(() => scale(all.map((each) => [each.begin, each.end])), [all]);
  const row = all.find((each) => each.span.id === chosen);
  const failures = all.filter((each) => look(each.span) === "failed").length;
  if (error && !value) return html`<div class="empty"><h1>No such trace</h1><p>${error}</p></div>`;
  return html`<div class=${"trace" + (row ? " aside" : "")}>
    <div class="head"><h1>Trace</h1><code>${value?.trace || id}</code>
      ${all.length > 0 && html`<span class="hint">${dateTime(all[0].span.started)} · ${length(axis.total)} · ${all.length} ${all.length === 1 ? "span" : "spans"}</span>`}
      ${failures > 0 && html`<span class="tag bad">${failures} failed</span>`}</div>
    <${Waterfall} all=${all} axis=${axis} chosen=${chosen} choose=${(/** @type {string} */ span) => setQuery({ span: span === chosen ? "" : span })} />
    ${row && html`<${Detail} key=${row.span.id} span=${row.span} above=${above(all, row.span)} published=${value?.published || []} again=${again} close=${() => setQuery({ span: "" })} />`}
  </div>`;
}

/** What caused a span, the nearest first. @param {import("./rows.js").Row[]} all @param {import("../client.js").Span} span */
function above(all, span) {
  const known = new Map(all.map((each) => [each.span.id, each.span]));
  const found = [];
  for (let at = known.get(span.parent || ""); at; at = known.get(at.parent || "")) found.push(at);
  return found;
}

/** @param {{all: import("./rows.js").Row[], axis: import("./scale.js").Scale, chosen: string | null, choose: (id: string) => void}} props */
function Waterfall({ all, axis, chosen, choose }) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  const [seen, see] = useState({ top: 0, height: 900 });
  useEffect(() => {
    const box = /** @type {HTMLElement} */ (ref.current);
    const look = () => see({ top: box.scrollTop, height: box.clientHeight });
    const watcher = new ResizeObserver(look);
    watcher.observe(box);
    return () => watcher.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(seen.top / HEIGHT) - BEYOND);
  const lines = Math.ceil(seen.height / HEIGHT) + 2 * BEYOND + 1; // one that is left behind becomes one that comes: nothing is made anew
  const last = Math.min(all.length, first + lines);
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!step) return;
    event.preventDefault();
    const at = all.findIndex((each) => each.span.id === (document.activeElement?.getAttribute("data-id") || chosen));
    const to = Math.min(all.length - 1, Math.max(0, at + step));
    const box = /** @type {HTMLElement} */ (ref.current);
    if (to * HEIGHT < box.scrollTop) box.scrollTop = to * HEIGHT;
    if ((to + 1) * HEIGHT > box.scrollTop + box.clientHeight) box.scrollTop = (to + 1) * HEIGHT - box.clientHeight;
    requestAnimationFrame(() => /** @type {HTMLElement | null} */ (box.querySelector(`[data-id="${all[to].span.id}"]`))?.focus());
  };
  // a row that is drawn elsewhere between the press and the release of a button loses its click
  const pressed = useRef("");
  /** @param {MouseEvent} event */
  const press = (event) => (pressed.current = event.button === 0 ? idOf(event) : "");
  /** @param {MouseEvent} event */
  const release = (event) => pressed.current && pressed.current === idOf(event) && choose(pressed.current);
  return html`<div class="waterfall" ref=${ref} onKeyDown=${key} onMouseDown=${press} onMouseUp=${release} onScroll=${(/** @type {any} */ e) => see({ top: e.target.scrollTop, height: e.target.clientHeight })}>
    <div class="rows" role="listbox" aria-label="Spans" style=${{ height: all.length * HEIGHT + "px" }}>
      ${all.slice(first, last).map((row, index) => html`<${Line} key=${all.length > MANY ? (first + index) % lines : row.span.id} row=${row} top=${(first + index) * HEIGHT} axis=${axis} chosen=${row.span.id === chosen} choose=${choose} />`)}
      <div class="breaks" aria-hidden="true">${axis.breaks.map((each) => html`<i key=${each.at} style=${{ left: each.at * 100 + "%" }}><span>${length(each.skipped)}</span></i>`)}</div>
    </div>
  </div>`;
}

/** The span in whose row a mouse is. @param {MouseEvent} event */
const idOf = (event) => /** @type {Element} */ (event.target).closest("[data-id]")?.getAttribute("data-id") || "";

/** @param {{row: import("./rows.js").Row, top: number, axis: import("./scale.js").Scale, chosen: boolean, choose: (id: string) => void}} props */
function Line({ row, top, axis, chosen, choose }) {
  const { span } = row;
  const from = axis.at(row.begin) * 100;
  const to = axis.at(row.end) * 100;
  const attempt = span.notes.attempt ? ` (attempt ${span.notes.attempt})` : "";
  return html`<button class=${`span ${span.kind} ${look(span)}`} role="option" aria-selected=${chosen} data-id=${span.id} style=${{ top: top + "px" }} onClick=${(/** @type {MouseEvent} */ event) => event.detail === 0 && choose(span.id)}>
    <span class="what" style=${{ paddingLeft: `calc(14px + ${Math.min(row.depth, 18)} * var(--step))` }}><span class="mark"></span><b>${span.name}${attempt}</b><i>${span.subject ? shortName(span.subject) : ""}${span.outcome && !["ok", "again"].includes(span.outcome) ? " · " + span.outcome : ""}</i></span>
    <span class=${"track " + span.kind}><i style=${{ left: from + "%", width: Math.max(0, to - from) + "%" }}></i><em style=${{ left: to + "%" }}>${span.duration === null ? "running" : length(span.duration)}</em></span>
  </button>`;
}
