/** What lives within the frame of `index.html`: the page of the address, and in the header the cloud's clock and faults. */

import { html, render, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { A, below, follow, useAddress } from "./router.js";
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
  { path: /^\/console\/permissions$/, load: () => import("./permissions.js").then((m) => m.PermissionsPage), title: "Permissions" },
  { path: /^\/console\/logs$/, load: () => import("./resources/logs.js").then((m) => m.LogsPage), title: "Logs" },
  { path: /^\/console\/resources\/of\/([a-z-]+)$/, load: () => import("./resources/further.js").then((m) => m.FurtherPage), title: "Resources" },
  { path: /^\/console\/resources\/(.+)$/, load: () => import("./resources/page.js").then((m) => m.ResourcePage), title: "Resource" },
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
    else route.load?.().then((draw) => set({ of: route, draw }), () => set({ of: route, draw: NotLoaded }));
  }, [route]);
  if (drawn === null || drawn.of !== route) return html`<main id="main" class="page" tabindex="-1" aria-busy="true"></main>`;
  return html`<main id="main" class="page" tabindex="-1"><${drawn.draw} found=${found} /></main>`;
}

/** The page's own script did not come: a browser does not ask twice for it, so all is loaded anew once the server is back. */
function NotLoaded() {
  const up = useConnected();
  const gone = useRef(false);
  useEffect(() => {
    if (up && gone.current) location.reload();
    gone.current ||= up === false;
  }, [up]);
  return html`<div class="empty" role="alert"><h1>The page could not be loaded</h1><p>${up ? html`<button onClick=${() => location.reload()}>Try again</button>` : "Headwater does not answer. The page comes as soon as it does."}</p></div>`;
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

function Lamp() {
  const up = useConnected();
  return html`<span class=${"lamp " + (up === null ? "" : up ? "up" : "down")} role="status">${up === null ? "connecting" : up ? "live" : "not connected"}</span>`;
}

/** Which of the places in the navigation one is at. @param {string} path */
function mark(path) {
  for (const link of document.querySelectorAll(".places a")) {
    const to = below(/** @type {HTMLAnchorElement} */ (link).pathname);
    if (to === "/" ? path === "/" : path.startsWith(to)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

/** Another page begins at its top, and with the keyboard within it, where that was. */
function arrive() {
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  const within = document.activeElement === document.body || main.contains(document.activeElement);
  main.scrollTop = 0;
  if (within) main.focus({ preventScroll: true });
}

function Pages() {
  const { path } = useAddress();
  const first = useRef(true);
  useLayoutEffect(() => {
    mark(path);
    if (!first.current) arrive();
    first.current = false;
  }, [path]);
  const at = find(path);
  return at
    ? html`<${Page} route=${at.route} found=${at.found} />`
    : html`<main id="main" class="page" tabindex="-1"><div class="empty"><h1>There is no such page</h1><p><${A} to="/">The map<//></p></div></main>`;
}

/** @param {string} id of a place in the frame @param {any} draw */
const live = (id, draw) => render(draw, /** @type {HTMLElement} */ (document.getElementById(id)));

live("page", html`<${Pages} />`);
live("lamp", html`<${Lamp} />`);
live("tools", html`<${Faults} /><${Clock} /><${Theme} />`);
document.addEventListener("click", follow);
