/** Flows on the drawing: a dot runs along the edge, the node that was reached counts it. Straight on the document, for
 *  drawing everything anew 20 times a second would be waste. */

const MOST_DOTS = 80;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** @type {Map<string, number>} how often something reached a resource since the page was opened */
const tallies = new Map();

/** @param {SVGSVGElement | null} svg @param {import("./scene.js").Scene | null} scene @param {import("../client.js").Pulse} pulse */
export function show(svg, scene, pulse) {
  for (const [source, reached, fine, failed] of pulse.flows) {
    const to = home(scene, reached);
    tallies.set(to, (tallies.get(to) || 0) + fine + failed);
    if (!svg) continue;
    const node = svg.querySelector(`.node[data-id="${CSS.escape(to)}"]`);
    if (node) reach(node, to, failed > 0);
    else if (svg.classList.contains("afar")) flash(svg, scene?.layout.at.get(to), failed > 0);
    if (source) run(svg, home(scene, source), to, failed > 0);
  }
}

/** What was counted stands at nodes that are drawn anew, too. @param {SVGSVGElement | null} svg */
export function restore(svg) {
  for (const node of svg?.querySelectorAll(".node") || []) {
    const known = tallies.get(node.getAttribute("data-id") || "");
    if (known) /** @type {Element} */ (node.querySelector(".tally")).textContent = String(known);
  }
}

/** The node that stands for a resource: itself, or the group it is in. @param {import("./scene.js").Scene | null} scene @param {string} arn */
const home = (scene, arn) => scene?.graph.home.get(arn) || arn;

/** @param {SVGSVGElement} svg @param {import("./layout.js").Point | undefined} at @param {boolean} failed */
function flash(svg, at, failed) {
  const dots = /** @type {SVGGElement} */ (svg.querySelector(".dots"));
  if (!at || STILL.matches || dots.childElementCount >= MOST_DOTS) return;
  const scale = dots.getScreenCTM()?.a || 1;
  const dot = circle(failed, 9 / scale);
  dot.setAttribute("cx", String(at.x));
  dot.setAttribute("cy", String(at.y));
  dots.append(dot);
  dot.animate([{ opacity: 0.9 }, { opacity: 0 }], { duration: 900, easing: "ease-out" }).onfinish = () => dot.remove();
}

/** @param {boolean} failed @param {number} radius */
function circle(failed, radius) {
  const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  dot.setAttribute("r", String(radius));
  dot.setAttribute("class", failed ? "dot failed" : "dot");
  return dot;
}

/** @param {Element} node @param {string} id @param {boolean} failed */
function reach(node, id, failed) {
  const tally = /** @type {SVGTextElement} */ (node.querySelector(".tally"));
  tally.textContent = String(tallies.get(id));
  if (STILL.matches) return;
  const colour = failed ? "var(--bad)" : "var(--accent)";
  node.querySelector("rect")?.animate([{ stroke: colour, strokeWidth: 3 }, {}], { duration: 700, easing: "ease-out" });
}

/** @param {SVGSVGElement} svg @param {string} from @param {string} to @param {boolean} failed */
function run(svg, from, to, failed) {
  const edge = svg.querySelector(`.edge[data-from="${CSS.escape(from)}"][data-to="${CSS.escape(to)}"] .stroke`);
  if (!edge) return;
  edge.animate([{ stroke: failed ? "var(--bad)" : "var(--accent)", strokeWidth: 2.5 }, {}], { duration: 900, easing: "ease-out" });
  const dots = /** @type {SVGGElement} */ (svg.querySelector(".dots"));
  if (STILL.matches || dots.childElementCount >= MOST_DOTS) return;
  const dot = circle(failed, 4);
  dot.style.offsetPath = `path("${edge.getAttribute("d")}")`;
  dots.append(dot);
  dot.animate([{ offsetDistance: "0%" }, { offsetDistance: "100%" }], { duration: 450, easing: "ease-in-out" }).onfinish = () => dot.remove();
}
