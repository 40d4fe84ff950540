/** The graph of a definition in layers; what an execution did is seen by colour. Branches and iterators stand in boxes. */

import { html, useEffect, useState } from "../html.js";
import { arrange as laid } from "../arrange.js";
import { path } from "../map/layout.js";

/** @typedef {{id: string, name: string, type: string, parent: string | null}} State */

/** @param {any} machine @param {string | null} parent @param {State[]} states @param {[string, string, string][]} edges */
function collect(machine, parent, states, edges) {
  const prefix = parent ? parent + "/" : "";
  for (const [name, state] of Object.entries(machine.States)) {
    const id = prefix + name;
    states.push({ id, name, type: state.Type, parent });
    /** @param {string | undefined} to @param {string} [label] */
    const edge = (to, label = "") => to && edges.push([id, prefix + to, label]);
    edge(state.Next);
    edge(state.Default, "default");
    for (const choice of state.Choices || []) edge(choice.Next);
    for (const each of state.Catch || []) edge(each.Next, "catch");
    const inner = [...(state.Branches || []), ...[state.Iterator, state.ItemProcessor].filter(Boolean)];
    inner.forEach((each, index) => collect(each, inner.length > 1 ? `${id}#${index}` : id, states, edges));
    if (inner.length > 1) inner.forEach((_, index) => states.push({ id: `${id}#${index}`, name: "", type: "Branch", parent: id }));
  }
}

/** @param {any} definition */
async function arrange(definition) {
  /** @type {State[]} */
  const states = [];
  /** @type {[string, string, string][]} */
  const edges = [];
  collect(definition, null, states, edges);
  const parents = new Set(states.map((each) => each.parent));
  // an edge of a group would have no end to stand on: it goes from and to a state within
  /** @param {string} id @returns {string} */
  const within = (id) => (parents.has(id) ? within(/** @type {State} */ (states.find((each) => each.parent === id)).id) : id);
  const { width, height, at, paths } = await laid({
    options: { rankdir: "TB", nodesep: 26, ranksep: 34, marginx: 12, marginy: 16 },
    nodes: states.map(({ id, name, parent }) => ({ id, parent, ...(parents.has(id) ? {} : { width: Math.max(90, name.length * 7.4 + 26), height: 34 }) })),
    edges: edges.map(([from, to], index) => ({ id: String(index), from: within(from), to: within(to) })),
  });
  return {
    width,
    height,
    boxes: states.map((each) => ({ ...each, group: parents.has(each.id), at: at.get(each.id) })),
    lines: edges.map(([, , label], index) => ({ label, points: paths.get(String(index)) || [] })),
  };
}

/** @param {{definition: any, states: Map<string, {outcome: string, visits: number}>}} props */
export function Graph({ definition, states }) {
  const [plan, set] = useState(/** @type {any} */ (null));
  useEffect(() => void arrange(definition).then(set), [definition]);
  if (!plan) return html`<div class="machine" aria-busy="true"></div>`;
  const words = plan.boxes.filter((/** @type {any} */ each) => !each.group).map((/** @type {any} */ each) => `${each.name} ${states.get(each.name)?.outcome || "not reached"}`);
  return html`<div class="machine" tabindex="0" role="img" aria-label=${"States: " + words.join(", ")}><svg viewBox="0 0 ${plan.width} ${plan.height}" width=${plan.width} height=${plan.height}>
    <defs><marker id="tip-state" class="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.500L8 4L0 7.500z" /></marker></defs>
    ${plan.boxes.filter((/** @type {any} */ each) => each.group).map((/** @type {any} */ each) => html`<g key=${each.id} class="frame"><rect x=${each.at.x - each.at.width / 2} y=${each.at.y - each.at.height / 2} width=${each.at.width} height=${each.at.height} rx="10" /><text x=${each.at.x - each.at.width / 2 + 8} y=${each.at.y - each.at.height / 2 + 13}>${each.name}</text></g>`)}
    ${plan.lines.map((/** @type {any} */ each, /** @type {number} */ index) => html`<path key=${index} class=${"step " + each.label} d=${smooth(each.points)} marker-end="url(#tip-state)" />`)}
    ${plan.boxes.filter((/** @type {any} */ each) => !each.group).map((/** @type {any} */ each) => html`<${Box} key=${each.id} box=${each} state=${states.get(each.name)} />`)}
  </svg></div>`;
}

/** Downwards: the path of the map, turned. @param {{x: number, y: number}[]} points */
const smooth = (points) => path(points.map(({ x, y }) => ({ x: y, y: x }))).replace(/(-?[\d.]+),(-?[\d.]+)/g, "$2,$1");

/** @param {{box: any, state: {outcome: string, visits: number} | undefined}} props */
function Box({ box, state }) {
  const { x, y, width, height } = box.at;
  return html`<g class=${"state " + (state?.outcome || "")}><rect x=${x - width / 2} y=${y - height / 2} width=${width} height=${height} rx=${box.type === "Choice" ? 17 : 7} />
    <text x=${x} y=${y + 4} text-anchor="middle">${box.name}</text>${state && state.visits > 1 ? html`<text class="visits" x=${x + width / 2 - 6} y=${y - height / 2 - 3} text-anchor="end">${state.visits}×</text>` : ""}<title>${box.name}: ${box.type}${state ? ", " + state.outcome : ""}</title></g>`;
}
