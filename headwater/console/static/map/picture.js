/** The drawing itself. Only what is within the frame is in the document, so that ten thousand resources stay smooth. */

import { html, useMemo } from "../html.js";
import { Glyph, kindOf } from "../kinds.js";
import { A } from "../router.js";
import { path } from "./layout.js";

const MARGIN = 120;
const NAMES_FROM = 0.3; // a scale below which names could not be read

/**
 * @param {{graph: import("./graph.js").Graph, layout: import("./layout.js").Layout, camera: any,
 *   pointed: import("./graph.js").Edge | null, point: (edge: any) => void, enter: (group: string) => void}} props
 */
export function Picture({ graph, layout, camera, pointed, point, enter }) {
  const { view, frame } = camera;
  const lines = useMemo(() => graph.edges.map((edge) => ({ edge, d: path(layout.paths.get(edge.id) || []), box: box(layout.paths.get(edge.id) || []) })), [graph, layout]);
  const seen = { left: view.x - MARGIN, top: view.y - MARGIN, right: view.x + frame.width / view.k + MARGIN, bottom: view.y + frame.height / view.k + MARGIN };
  const nodes = graph.nodes.filter((each) => {
    const at = layout.at.get(each.id);
    return at && at.x > seen.left - each.width && at.x < seen.right + each.width && at.y > seen.top && at.y < seen.bottom;
  });
  const edges = lines.filter(({ box }) => box.right > seen.left && box.left < seen.right && box.bottom > seen.top && box.top < seen.bottom);
  const plain = view.k < NAMES_FROM;
  return html`<svg class=${"picture" + (plain ? " plain" : "")} ref=${camera.ref} tabindex="0" role="group" aria-label="Architecture: ${graph.nodes.length} resources. Arrow keys move, plus and minus zoom, 0 fits."
      onPointerDown=${camera.grab} onKeyDown=${camera.key}>
    <defs>${["flow", "call", "dead"].map((kind) => html`<marker key=${kind} id=${"tip-" + kind} class=${"tip " + kind} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.500L8 4L0 7.500z" /></marker>`)}</defs>
    <g transform="scale(${view.k}) translate(${-view.x} ${-view.y})">
      ${edges.map(({ edge, d }) => html`<${Line} key=${edge.id} edge=${edge} d=${d} pointed=${pointed === edge} point=${point} />`)}
      ${nodes.map((each) => html`<${Box} key=${each.id} node=${each} at=${layout.at.get(each.id)} enter=${enter} plain=${plain} />`)}
      <g class="dots"></g>
    </g>
  </svg>`;
}

/** @param {{edge: import("./graph.js").Edge, d: string, pointed: boolean, point: (edge: any) => void}} props */
function Line({ edge, d, pointed, point }) {
  const filtered = edge.links.some((each) => each.only);
  return html`<g class=${`edge ${edge.kind}${pointed ? " pointed" : ""}`} data-from=${edge.from} data-to=${edge.to}
      onPointerEnter=${() => point(edge)} onPointerLeave=${() => point(null)}>
    <path class="grip" d=${d} /><path class="stroke" d=${d} marker-end=${`url(#tip-${edge.kind})`} />
    ${filtered && html`<path class="sieve" d=${d} />`}
  </g>`;
}

/** @param {{node: import("./graph.js").Node, at: any, enter: (group: string) => void, plain: boolean}} props */
function Box({ node, at, enter, plain }) {
  const [x, y] = [at.x - node.width / 2, at.y - node.height / 2];
  const hue = node.type === "group" ? "gray" : kindOf(node.type).hue;
  const inside = html`<rect width=${node.width} height=${node.height} rx="8" />
    ${node.type !== "group" && html`<g transform="translate(10 ${(node.height - 18) / 2})"><${Glyph} type=${node.type} size=${18} /></g>`}
    ${!plain && html`<text class="title" x=${node.type === "group" ? 14 : 36} y=${node.height > 40 ? 20 : 19}>${fitted(node.title, node.width - 42, 7.6)}</text>
      ${node.height > 40 && html`<text class="subtitle" x=${node.type === "group" ? 14 : 36} y="36">${fitted(node.badge || node.subtitle, node.width - 44, 6)}</text>`}`}
    <text class="tally" x=${node.width - 8} y="-4" text-anchor="end"></text>`;
  const name = `${node.title}, ${node.subtitle}${node.badge ? ", " + node.badge : ""}`;
  return html`<g class=${`node hue-${hue}${node.alarm ? " alarm" : ""}${node.type === "group" ? " group" : ""}`} data-id=${node.id} transform="translate(${x} ${y})">
    ${node.type === "group"
      ? html`<a href="#" aria-label=${name} onClick=${(/** @type {Event} */ event) => (event.preventDefault(), enter(node.title))}>${inside}<title>${name}</title></a>`
      : html`<${A} to=${"/console/resources/" + encodeURIComponent(node.id)} title=${name}>${inside}<title>${name}</title><//>`}
  </g>`;
}

/** @param {string} text @param {number} width @param {number} each a character's width */
function fitted(text, width, each) {
  const most = Math.floor(width / each);
  return text.length <= most ? text : text.slice(0, most - 1) + "…";
}

/** @param {import("./layout.js").Point[]} points */
function box(points) {
  const xs = points.map((each) => each.x);
  const ys = points.map((each) => each.y);
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}
