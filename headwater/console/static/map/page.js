/** The map: what is deployed, drawn from the resources themselves, and what flows through it. */

import { html, useEffect, useMemo, useRef, useState } from "../html.js";
import { prepare } from "../arrange.js";
import { surface } from "../client.js";
import { pretty } from "../format.js";
import { onPulse, scope, useFresh } from "../live.js";
import { A, setQuery, useAddress } from "../router.js";
import { useCamera } from "./camera.js";
import { show } from "./flows.js";
import { Picture } from "./picture.js";
import { useScene } from "./scene.js";

prepare();

const SPANS_LATER = 3_000; // of late, that are looked at for calls once all have been

/** What is deployed, with all calls seen since the page was opened: where much flows, late is short.
 *  @param {import("../client.js").Scope} here */
function useArchitecture(here) {
  const seen = useRef({ of: "", calls: /** @type {Map<string, import("../client.js").Link>} */ (new Map()) });
  return useFresh(async () => {
    const of = `${here.account} ${here.region}`;
    const known = seen.current.of === of;
    const { resources, links } = await surface.map(here, known ? SPANS_LATER : undefined);
    if (!known) seen.current = { of, calls: new Map() };
    const { calls } = seen.current;
    for (const each of links) if (each.kind === "call") calls.set(`${each.from} ${each.to}`, each);
    if (calls.size === 0) return { resources, links };
    const there = new Set(resources.map((each) => each.arn));
    const deployed = links.filter((each) => each.kind !== "call");
    const said = new Set(deployed.map((each) => `${each.from} ${each.to}`));
    const kept = [...calls].filter(([pair, each]) => !said.has(pair) && there.has(each.from) && there.has(each.to));
    return { resources, links: [...deployed, ...kept.map(([, each]) => each)] };
  }, [here.account, here.region]);
}

export function MapPage() {
  const { query } = useAddress();
  const here = scope();
  const { value: all, error } = useArchitecture(here);
  const stack = query.get("stack") || "";
  const text = query.get("text") || "";
  const open = query.get("open") || "";
  const scene = useScene(all, { stack, text, open });
  const camera = useCamera(scene && scene.layout);
  const [edge, setEdge] = useState(/** @type {import("./graph.js").Edge | null} */ (null));
  useEffect(() => {
    const end = onPulse((pulse) => show(camera.ref.current, scene, pulse));
    return () => void end();
  }, [scene]);
  const stacks = useMemo(() => [...new Set(all?.resources.map((each) => each.stack).filter(Boolean))].sort(), [all]);
  if (all && all.resources.length === 0) return html`<${Welcome} />`;
  return html`<div class="map">
    <h1 class="hidden">Map</h1>
    <div class="toolbar" role="toolbar" aria-label="Map">
      <input type="search" placeholder="Find a resource" aria-label="Find a resource" value=${text} onInput=${(/** @type {any} */ e) => setQuery({ text: e.target.value })} />
      ${stacks.length > 0 && html`<select aria-label="Stack" value=${stack} onChange=${(/** @type {any} */ e) => setQuery({ stack: e.target.value, open: "" })}>
        <option value="">all stacks</option>${stacks.map((name) => html`<option key=${name} value=${name} selected=${name === stack}>${name}</option>`)}
      </select>`}
      ${open && html`<button onClick=${() => setQuery({ open: "" })}>Close groups</button>`}
      <span class="spacer"></span>
      <button class="icon" aria-label="Zoom out" onClick=${() => camera.zoom(0.8)}>−</button>
      <button class="icon" aria-label="Zoom in" onClick=${() => camera.zoom(1.25)}>+</button>
      <button onClick=${camera.fit}>Fit</button>
    </div>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${scene ? html`<${Picture} scene=${scene} camera=${camera} point=${setEdge}
      enter=${(/** @type {string} */ group) => setQuery({ open: [...open.split(",").filter(Boolean), group].join(",") })} />` : html`<svg class="picture" ref=${camera.ref} aria-busy="true"></svg>`}
    ${edge && html`<${About} edge=${edge} />`}
    <ul class="legend" aria-label="Legend"><li><i class="line flow"></i>events and requests</li><li><i class="line call"></i>calls seen</li><li><i class="line dead"></i>dead letters</li></ul>
  </div>`;
}

/** What passes over an edge, and by what filter. @param {{edge: import("./graph.js").Edge}} props */
function About({ edge }) {
  return html`<aside class="about" role="status">
    ${edge.links.slice(0, 6).map(
      (each, index) => html`<div key=${index}><b>${each.kind}</b> ${each.name && html`<span>${each.name}</span>`}
        ${each.only ? html`<pre>${pretty(each.only)}</pre>` : each.kind === "call" ? html`<p class="hint">Nothing deployed says so: it was seen to happen.</p>` : ""}</div>`,
    )}
    ${edge.links.length > 6 && html`<p class="hint">… and ${edge.links.length - 6} more</p>`}
  </aside>`;
}

function Welcome() {
  return html`<div class="empty">
    <h1>Nothing is deployed yet</h1>
    <p>Bring an application up, and its architecture is drawn here, with its events as they flow.</p>
    <pre>headwater up template.yaml</pre>
    <p class="hint">Or make something: <code>headwater run aws sqs create-queue --queue-name orders</code>. <${A} to="/console/traces">What happened so far</${A}>.</p>
  </div>`;
}
