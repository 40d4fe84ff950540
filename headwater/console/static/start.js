// Before anything is painted: the theme that was chosen, else the system's. And what the map will want first is begun
// while the rest is still on its way: its question (client.js takes the answer), and who lays it out (arrange.js).
const chosen = localStorage.getItem("headwater.theme");
if (chosen) document.documentElement.dataset.theme = chosen;
if (/^\/_headwater\/?$/.test(location.pathname)) {
  const query = new URLSearchParams(location.search);
  const scope = { account: query.get("account") || "000000000000", region: query.get("region") || "us-east-1" };
  const path = "/map?" + new URLSearchParams(scope);
  /** @type {any} */ (globalThis).early = {
    path,
    answer: fetch("/_headwater" + path).catch(() => null),
    arranging: new Worker("/_headwater/static/arrange_worker.js", { type: "module" }),
  };
}
