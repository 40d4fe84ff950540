// Before anything is painted: the theme that was chosen, else the system's. And what the map will ask first is asked
// while the rest is still on its way.
const chosen = localStorage.getItem("headwater.theme");
if (chosen) document.documentElement.dataset.theme = chosen;
if (/^\/_headwater\/?$/.test(location.pathname)) {
  const query = new URLSearchParams(location.search);
  const scope = { account: query.get("account") || "000000000000", region: query.get("region") || "us-east-1" };
  const path = "/map?" + new URLSearchParams(scope);
  /** @type {any} */ (globalThis).asked = { path, answer: fetch("/_headwater" + path).catch(() => null) };
}
