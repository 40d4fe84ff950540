/**
 * The drawing itself. Only what is within the frame is in the document, made anew where that changes; what would be too
 * much for it is painted (far.js). So ten thousand resources stay smooth.
 */

import { html, useLayoutEffect, useMemo, useState } from "../html.js";
import { Glyph, kindOf } from "../kinds.js";
import { A, go } from "../router.js";
import { Far } from "./far.js";
import { restore } from "./flows.js";
import { path } from "./layout.js";
import { within } from "./scene.js";

const STEP = 200; // pixels by which the eye moves until what is drawn is looked up anew
const MOST_IN_DOCUMENT = 700;
const NAMES_FROM = 0.3; // a scale below which names could not be read

/** @param {{scene: import("./scene.js").Scene, camera: any, point: (edge: any) => void, enter: (group: string) => void}} props */
export function Picture({ scene, camera, point, enter }) {
  const { view, frame } = camera;
  const plain = view.k < NAMES_FROM;
  const seen = around(view, frame);
  const shown = useMemo(() => within(scene, seen, MOST_IN_DOCUMENT), [scene, ...Object.values(seen)]);
  const far = shown === null;
  const [near, hover] = useState(/** @type {import("./scene.js").Placed | null} */ (null));
  const drawing = useMemo(
    () => shown && html`<g>${shown.lines.map((each) => html`<${Line} key=${each.edge.id} edge=${each.edge} d=${path(each.points)} point=${point} />`)}
      ${shown.nodes.map(({ node, x, y }) => html`<${Box} key=${node.id} node=${node} at=${{ x, y }} enter=${enter} plain=${plain} />`)}</g>`,
    [shown, plain],
  );
  useLayoutEffect(() => restore(camera.ref.current), [drawing]);
  const found = (/** @type {PointerEvent} */ event) => (far ? at(scene.nodes, view, event) : null);
  /** @param {PointerEvent} event */
  const open = (event) => {
    const hit = camera.moved() ? null : found(event);
    if (hit) hit.node.type === "group" ? enter(hit.node.title) : go("/console/resources/" + encodeURIComponent(hit.node.id));
  };
  return html`${far && html`<${Far} scene=${scene} camera=${camera} />`}
  <svg class=${"picture" + (plain ? " plain" : "") + (far ? " afar" : "")} ref=${camera.ref} tabindex="0" role="group" aria-label="Architecture: ${scene.nodes.length} resources. Arrow keys move, plus and minus zoom, 0 fits."
      onPointerDown=${camera.grab} onKeyDown=${camera.key} onPointerMove=${far ? (/** @type {PointerEvent} */ event) => hover(found(event)) : undefined} onClick=${far ? open : undefined}>
    <defs>${["flow", "call", "dead"].map((kind) => html`<marker key=${kind} id=${"tip-" + kind} class=${"tip " + kind} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.500L8 4L0 7.500z" /></marker>`)}</defs>
    <g transform="scale(${view.k}) translate(${-view.x} ${-view.y})">
      ${drawing}
      ${far && near && html`<g class="near" transform="translate(${near.x} ${near.y})"><rect x=${-near.node.width / 2} y=${-near.node.height / 2} width=${near.node.width} height=${near.node.height} rx="8" /><text y=${-near.node.height / 2 - 6 / view.k} text-anchor="middle" font-size=${12 / view.k}>${near.node.title}</text></g>`}
      <g class="dots" data-scale=${view.k}></g>
    </g>
  </svg>`;
}

/** What is seen, and up to a step more: within one the document stays as it is. @param {import("./camera.js").View} view
 *  @param {{width: number, height: number}} frame */
function around(view, frame) {
  const step = STEP / view.k;
  const [left, top] = [Math.floor(view.x / step) * step, Math.floor(view.y / step) * step];
  return { left, top, right: left + frame.width / view.k + step, bottom: top + frame.height / view.k + step };
}

/** @param {import("./scene.js").Placed[]} nodes @param {import("./camera.js").View} view @param {PointerEvent} event */
function at(nodes, view, event) {
  const box = /** @type {Element} */ (event.currentTarget).getBoundingClientRect();
  const [x, y] = [view.x + (event.clientX - box.left) / view.k, view.y + (event.clientY - box.top) / view.k];
  return nodes.find(({ node, ...each }) => Math.abs(each.x - x) < node.width / 2 + 4 && Math.abs(each.y - y) < node.height / 2 + 4) || null;
}

/** @param {{edge: import("./graph.js").Edge, d: string, point: (edge: any) => void}} props */
function Line({ edge, d, point }) {
  return html`<g class=${`edge ${edge.kind}`} data-from=${edge.from} data-to=${edge.to} onPointerEnter=${() => point(edge)} onPointerLeave=${() => point(null)}>
    <path class="grip" d=${d} /><path class="stroke" d=${d} marker-end=${`url(#tip-${edge.kind})`} />
  </g>`;
}

/** @param {{node: import("./graph.js").Node, at: any, enter: (group: string) => void, plain: boolean}} props */
function Box({ node, at, enter, plain }) {
  const [x, y] = [at.x - node.width / 2, at.y - node.height / 2];
  const hue = node.type === "group" ? "gray" : kindOf(node.type).hue;
  const middle = node.width / 2;
  const top = node.type === "group" ? 24 : 44;
  const inside = html`<rect width=${node.width} height=${node.height} rx="8" />
    ${node.type !== "group" && html`<g transform="translate(${middle - 11} 8)"><${Glyph} type=${node.type} size=${22} /></g>`}
    ${!plain && html`${node.lines.map((line, at) => html`<text class="title" x=${middle} y=${top + at * 14}>${line}</text>`)}
      ${!node.small && html`<text class="subtitle" x=${middle} y=${top + node.lines.length * 14}>${fitted(node.badge || node.subtitle, node.width - 6, 6)}</text>`}`}
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
