/** Pages by address: every page can be shared, reloaded and gone back to. */

import { html, useEffect, useState } from "./html.js";

const ROOT = "/_headwater";
const CHANGED = "headwater:address";

/** @param {string} path below the root, with its query */
export const address = (path) => ROOT + path;

/** @param {string} path @param {boolean} [replace] */
export function go(path, replace = false) {
  history[replace ? "replaceState" : "pushState"](null, "", address(path));
  dispatchEvent(new Event(CHANGED));
}

/** The part of an address below the root. @param {string} pathname */
export const below = (pathname) => pathname.slice(ROOT.length).replace(/\/$/, "") || "/";

function read() {
  return { path: below(location.pathname), query: new URLSearchParams(location.search) };
}

/** The present address; the component is drawn again when it changes. */
export function useAddress() {
  const [at, set] = useState(read);
  useEffect(() => {
    const changed = () => set(read());
    addEventListener(CHANGED, changed);
    addEventListener("popstate", changed);
    return () => {
      removeEventListener(CHANGED, changed);
      removeEventListener("popstate", changed);
    };
  }, []);
  return at;
}

/** A link within the console. @param {{to: string, children?: any, class?: string, current?: boolean, title?: string}} p */
export function A({ to, children, class: name, current, title }) {
  return html`<a href=${address(to)} class=${name} title=${title} aria-current=${current ? "page" : undefined}>${children}</a>`;
}

/** A click on any link to a page of the console goes there without loading anew. @param {MouseEvent} event */
export function follow(event) {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  const href = /** @type {Element} */ (event.target).closest("a")?.getAttribute("href");
  if (!href || !href.startsWith(ROOT + "/") || !/^\/($|\?|console(\/|$))/.test(href.slice(ROOT.length))) return;
  event.preventDefault();
  go(href.slice(ROOT.length));
}

/** @param {Record<string, string>} changes to the query of the present page */
export function setQuery(changes) {
  const query = new URLSearchParams(location.search);
  for (const [key, value] of Object.entries(changes)) value ? query.set(key, value) : query.delete(key);
  const text = query.toString();
  go(location.pathname.slice(ROOT.length) + (text ? "?" + text : ""), true);
}
