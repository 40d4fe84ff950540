/** The graph of a state machine as the server laid it out; what an execution did is seen by colour. */

import { html } from "../html.js";
import { between } from "../format.js";

/** @typedef {import("../client.js").Plan} Plan @typedef {import("../client.js").StateTold} StateTold */

/**
 * @param {{plan: Plan | null, states?: Record<string, StateTold>, chosen?: string, choose?: (state: string) => void}} props
 *   `choose` is told of a state that was pressed
 */
export function Graph({ plan, states = {}, chosen, choose }) {
  if (!plan) return html`<div class="machine" aria-busy="true"></div>`;
  const tip = html`<defs><marker id="tip-state" class="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.500L8 4L0 7.500z" /></marker></defs>`;
  /** @param {boolean} group */
  const boxes = (group) => plan.boxes.filter((each) => each.group === group).map((each, index) => html`<${Box} key=${each.name || index} box=${each} state=${states[each.name]} chosen=${each.name === chosen} choose=${choose} />`);
  return html`<div class="machine" tabindex="0" role="region" aria-label="Graph of the machine"><svg viewBox="0 0 ${plan.width} ${plan.height}" width=${plan.width} height=${plan.height}>${tip}${boxes(true)}
    ${plan.lines.map((each, index) => html`<path key=${index} class=${"step " + each.kind} d=${each.path} marker-end="url(#tip-state)" />`)}${boxes(false)}</svg></div>`;
}

/** @param {{box: Plan["boxes"][0], state: StateTold | undefined, chosen: boolean, choose?: (state: string) => void}} props */
function Box({ box, state, chosen, choose }) {
  const { x, y, width, height, name, kind, group } = box;
  const middle = x + width / 2;
  const rect = html`<rect x=${x} y=${y} width=${width} height=${height} rx=${group ? 10 : kind === "Choice" ? 20 : 7} />`;
  if (kind === "Branch") return html`<g class="frame">${rect}</g>`;
  const told = [kind + (state && state.visits > 1 ? ` ${state.visits}×` : ""), ...(state ? [between(0, state.took)] : []), ...(state?.retries ? [`${state.retries} retried`] : []), ...(state && state.outcome !== "done" ? [state.outcome] : [])].join(" · ");
  /** @type {Record<string, any>} */
  const pressed = choose && state ? { role: "button", tabindex: 0, "aria-pressed": String(chosen), onClick: () => choose(name), onKeyDown: (/** @type {KeyboardEvent} */ event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), choose(name)) } : {};
  const text = group
    ? html`<text x=${x + 10} y=${y + 17}>${name} <tspan class="visits">${told}</tspan></text>`
    : html`<text x=${middle} y=${y + 17} text-anchor="middle">${name}</text><text class="visits" x=${middle} y=${y + 31} text-anchor="middle">${told}</text>`;
  return html`<g class=${`state ${group ? "group " : ""}${state?.outcome || ""}${chosen ? " chosen" : ""}`} ...${pressed}>${pressed.role ? "" : html`<title>${name}: ${state ? told : kind + ", not reached"}</title>`}${rect}${text}</g>`;
}
