/** The shell: where one is, where one can go, and the cloud's clock. */

import { html, render, useEffect, useState } from "./html.js";
import { A, useAddress } from "./router.js";
import { Clock } from "./clock.js";
import { Faults } from "./faults.js";
import { useConnected } from "./live.js";
import { MapPage } from "./map/page.js";

/**
 * The pages: a pattern of the address, what draws it, and its name in the navigation. All but the first are
 * loaded when they are opened.
 * @typedef {{path: RegExp, draw?: any, load?: () => Promise<any>, title: string}} Route
 * @type {Route[]}
 */
const ROUTES = [
  { path: /^\/$/, draw: MapPage, title: "Map" },
  { path: /^\/console\/traces$/, load: () => import("./traces/list.js").then((m) => m.TracesPage), title: "Traces" },
  { path: /^\/console\/traces\/([^/]+)$/, load: () => import("./traces/page.js").then((m) => m.TracePage), title: "Trace" },
  { path: /^\/console\/deliveries$/, load: () => import("./deliveries.js").then((m) => m.DeliveriesPage), title: "Deliveries" },
  { path: /^\/console\/resources$/, load: () => import("./resources/list.js").then((m) => m.ResourcesPage), title: "Resources" },
  { path: /^\/console\/stacks$/, load: () => import("./resources/stacks.js").then((m) => m.StacksPage), title: "Stacks" },
  { path: /^\/console\/logs$/, load: () => import("./resources/logs.js").then((m) => m.LogsPage), title: "Logs" },
  { path: /^\/console\/resources\/(.+)$/, load: () => import("./resources/page.js").then((m) => m.ResourcePage), title: "Resource" },
];

const PLACES = [
  ["/", "Map", "M3 4h4v3H3zM11 9h4v3h-4zM3 13h4v3H3zM7 5.500h2v9M9 10.500h2"],
  ["/console/traces", "Traces", "M3 4h7M5 9h9M9 14h6"],
  ["/console/deliveries", "Deliveries", "M3 9h9M9 5l4 4-4 4M15 4v10"],
  ["/console/resources", "Resources", "M3 3h5v5H3zM10 3h5v5h-5zM3 10h5v5H3zM10 10h5v5h-5z"],
  ["/console/stacks", "Stacks", "M9 2.500l6.500 3.500L9 9.500L2.500 6zM2.500 9L9 12.500L15.500 9M2.500 12L9 15.500l6.500-3.500"],
  ["/console/logs", "Logs", "M4 2.500h7l3 3v10H4zM11 2.500v3h3M6.500 8.500h5M6.500 11h5M6.500 13.500h3"],
];

/** @param {string} path @returns {{route: Route, found: string[]} | null} */
function find(path) {
  for (const route of ROUTES) {
    const match = route.path.exec(path);
    if (match) return { route, found: match.slice(1).map(decodeURIComponent) };
  }
  return null;
}

/** @param {{route: Route, found: string[]}} props */
function Page({ route, found }) {
  const [drawn, set] = useState(/** @type {{of: Route, draw: any} | null} */ (route.draw ? { of: route, draw: route.draw } : null));
  useEffect(() => {
    document.title = `${route.title} · Headwater`;
    if (route.draw) set({ of: route, draw: route.draw });
    else route.load?.().then((draw) => set({ of: route, draw }));
  }, [route]);
  if (drawn === null || drawn.of !== route) return html`<main id="main" class="page" aria-busy="true"></main>`;
  return html`<main id="main" class="page" tabindex="-1"><${drawn.draw} found=${found} /></main>`;
}

function Theme() {
  const [theme, set] = useState(localStorage.getItem("headwater.theme") || "");
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const turn = () => {
    const next = dark ? "light" : "dark";
    localStorage.setItem("headwater.theme", next);
    document.documentElement.dataset.theme = next;
    set(next);
  };
  return html`<button class="icon" onClick=${turn} aria-label=${dark ? "Light theme" : "Dark theme"} title=${dark ? "Light theme" : "Dark theme"}>
    <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true"><path d=${dark ? "M9 5.500a3.500 3.500 0 1 0 0 7a3.500 3.500 0 1 0 0-7M9 1.500v1.500M9 15v1.500M1.500 9H3M15 9h1.500M3.700 3.700l1 1M13.300 13.300l1 1M3.700 14.300l1-1M13.300 4.700l1-1" : "M14.500 10.500A6 6 0 1 1 7.500 3.500a5 5 0 0 0 7 7z"} /></svg>
  </button>`;
}

function Header() {
  const up = useConnected();
  return html`<header class="bar">
    <a class="skip" href="#main">To the page</a>
    <${A} to="/" class="brand"><img src="/_headwater/static/icon.svg" width="24" height="24" alt="" /><span>Headwater</span><//>
    <span class=${"lamp " + (up ? "up" : "down")} role="status">${up ? "live" : "not connected"}</span>
    <div class="spacer"></div>
    <${Faults} />
    <${Clock} />
    <${Theme} />
  </header>`;
}

/** @param {{path: string}} props */
function Navigation({ path }) {
  return html`<nav class="places" aria-label="Pages">
    ${PLACES.map(
      ([to, name, glyph]) => html`<${A} key=${to} to=${to} class="place" current=${to === "/" ? path === "/" : path.startsWith(to)}>
        <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true"><path d=${glyph} /></svg><span>${name}</span>
      <//>`,
    )}
  </nav>`;
}

function App() {
  const { path } = useAddress();
  const at = find(path);
  return html`<${Header} /><${Navigation} path=${path} />
    ${at ? html`<${Page} route=${at.route} found=${at.found} />` : html`<main id="main" class="page"><div class="empty"><h1>There is no such page</h1><p><${A} to="/">The map</${A}></p></div></main>`}`;
}

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
