/** Flows on the drawing: a dot runs along the edge, the node that was reached counts it. Straight on the document, for
 *  drawing everything anew 20 times a second would be waste. */

const MOST_DOTS = 80;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

/** @type {Map<string, number>} how often something reached a resource since the page was opened */
const tallies = new Map();

/** @param {SVGSVGElement | null} svg @param {import("../client.js").Pulse} pulse */
export function show(svg, pulse) {
  for (const [from, to, fine, failed] of pulse.flows) {
    tallies.set(to, (tallies.get(to) || 0) + fine + failed);
    if (!svg) continue;
    const node = svg.querySelector(`.node[data-id="${CSS.escape(to)}"]`);
    if (node) reach(node, to, failed > 0);
    if (from) run(svg, from, to, failed > 0);
  }
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
  const dot = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  dot.setAttribute("r", "4");
  dot.setAttribute("class", failed ? "dot failed" : "dot");
  dot.style.offsetPath = `path("${edge.getAttribute("d")}")`;
  dots.append(dot);
  dot.animate([{ offsetDistance: "0%" }, { offsetDistance: "100%" }], { duration: 450, easing: "ease-in-out" }).onfinish = () => dot.remove();
}
