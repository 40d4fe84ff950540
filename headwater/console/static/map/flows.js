/**
 * Flows on the drawing: a dot runs along the edge, the edge and the node that was reached light up and the node counts
 * it. Straight on the document, for drawing everything anew with each would be waste; and all that moves is moved by one
 * ticker, which goes slower the more there is to see: to look at a busy cloud must not be what keeps the machine busy.
 */

const MOST_DOTS = 60;
const LIT = 900; // ms for which what was reached is lit
const UNDER_WAY = 450; // ms of a dot on its edge
const BUSY = 200; // spans of late (they are forgotten within seconds) from which pictures are fewer and dots slower
const PAUSE = 125; // ms between pictures then
const MEMORY = 3_000; // ms
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** @type {Map<string, number>} how often something reached a resource since the page was opened */
const tallies = new Map();

/** @type {Map<Element, number>} what is lit, and until when */
const lit = new Map();

/** @typedef {{dot: SVGElement, began: number, lasts: number, edge: SVGPathElement | null, length: number}} Dot on an edge, or fading where it is */
/** @type {Set<Dot>} */
const dots = new Set();

const heat = { spans: 0, at: 0 };
let ticking = false;

/** @param {SVGSVGElement | null} svg @param {import("./scene.js").Scene | null} scene @param {import("../client.js").Pulse} pulse */
export function show(svg, scene, pulse) {
  const now = performance.now();
  heat.spans = heat.spans * Math.exp((heat.at - now) / MEMORY) + pulse.spans;
  heat.at = now;
  for (const [source, reached, fine, failed] of pulse.flows) {
    const to = home(scene, reached);
    tallies.set(to, (tallies.get(to) || 0) + fine + failed);
    if (!svg) continue;
    const node = svg.querySelector(`.node[data-id="${CSS.escape(to)}"]`);
    if (node) reach(node, to, failed > 0, now);
    else if (svg.classList.contains("afar")) flash(svg, scene?.layout.at.get(to), failed > 0, now);
    if (source) run(svg, home(scene, source), to, failed > 0, now);
  }
  if (!ticking && (lit.size || dots.size)) tick();
}

/** What was counted stands at nodes that are drawn anew, too. @param {SVGSVGElement | null} svg */
export function restore(svg) {
  for (const node of svg?.querySelectorAll(".node") || []) {
    const known = tallies.get(node.getAttribute("data-id") || "");
    if (known) /** @type {Element} */ (node.querySelector(".tally")).textContent = String(known);
  }
}

const busy = () => heat.spans > BUSY;

/** The node that stands for a resource: itself, or the group it is in. @param {import("./scene.js").Scene | null} scene @param {string} arn */
const home = (scene, arn) => scene?.graph.home.get(arn) || arn;

function tick() {
  ticking = lit.size > 0 || dots.size > 0;
  if (!ticking) return;
  if (busy()) setTimeout(picture, PAUSE);
  else requestAnimationFrame(picture);
}

/** All that moves, where it is now. */
function picture() {
  const now = performance.now();
  heat.spans *= Math.exp((heat.at - now) / MEMORY);
  heat.at = now;
  for (const [element, until] of lit) {
    if (now < until && element.isConnected) continue;
    lit.delete(element);
    element.classList.remove("lit", "failed");
  }
  for (const each of dots) {
    const share = (now - each.began) / each.lasts;
    if (share < 1 && each.dot.isConnected) place(each, share);
    else {
      dots.delete(each);
      each.dot.remove();
    }
  }
  tick();
}

/** @param {Dot} each @param {number} share of its way */
function place({ dot, edge, length }, share) {
  if (!edge) return dot.setAttribute("opacity", String(0.9 * (1 - share)));
  const { x, y } = edge.getPointAtLength(length * share * share * (3 - 2 * share));
  dot.setAttribute("cx", x.toFixed(1));
  dot.setAttribute("cy", y.toFixed(1));
}

/** @param {Element} element @param {boolean} failed @param {number} now */
function light(element, failed, now) {
  lit.set(element, now + LIT);
  element.classList.add("lit");
  element.classList.toggle("failed", failed);
}

/** @param {Element} node @param {string} id @param {boolean} failed @param {number} now */
function reach(node, id, failed, now) {
  /** @type {Element} */ (node.querySelector(".tally")).textContent = String(tallies.get(id));
  light(node, failed, now);
}

/** Afar, where there are no nodes. @param {SVGSVGElement} svg @param {import("./layout.js").Point | undefined} at @param {boolean} failed @param {number} now */
function flash(svg, at, failed, now) {
  if (!at) return;
  const scale = svg.querySelector(".dots")?.getAttribute("data-scale");
  add(svg, { cx: at.x, cy: at.y, r: 9 / Number(scale || 1) }, failed, { began: now, lasts: LIT, edge: null, length: 0 });
}

/** @param {SVGSVGElement} svg @param {string} from @param {string} to @param {boolean} failed @param {number} now */
function run(svg, from, to, failed, now) {
  const edge = svg.querySelector(`.edge[data-from="${CSS.escape(from)}"][data-to="${CSS.escape(to)}"]`);
  if (!edge) return;
  light(edge, failed, now);
  const stroke = /** @type {SVGPathElement} */ (edge.querySelector(".stroke"));
  const { x, y } = stroke.getPointAtLength(0);
  add(svg, { cx: x, cy: y, r: 4 }, failed, { began: now, lasts: busy() ? 2 * UNDER_WAY : UNDER_WAY, edge: stroke, length: stroke.getTotalLength() });
}

/** @param {SVGSVGElement} svg @param {{cx: number, cy: number, r: number}} circle @param {boolean} failed @param {Omit<Dot, "dot">} way */
function add(svg, circle, failed, way) {
  if (STILL.matches || dots.size >= MOST_DOTS) return;
  const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  for (const [name, value] of Object.entries(circle)) dot.setAttribute(name, String(value));
  dot.setAttribute("class", failed ? "dot failed" : "dot");
  svg.querySelector(".dots")?.append(dot);
  dots.add({ dot, ...way });
}
