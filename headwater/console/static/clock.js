/** The cloud's clock in the header: what it shows, and who moves it. */

import { html, useEffect, useRef, useState } from "./html.js";
import { surface } from "./client.js";
import { dateTime, length, shortName } from "./format.js";
import { every } from "./live.js";

const STEPS = ["1m", "1h", "1d", "30d"];
const WORDS = { real: "real time", frozen: "frozen", auto: "automatic" };

/** Closes what is open at Escape, or at a click elsewhere. @param {() => void} close */
export function useDismissal(close) {
  const ref = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const key = (event) => {
      if (event.key !== "Escape") return;
      ref.current?.parentElement?.querySelector("button")?.focus(); // which opened it
      close();
    };
    /** @param {MouseEvent} event */
    const click = (event) => ref.current && !ref.current.contains(/** @type {Node} */ (event.target)) && close();
    addEventListener("keydown", key);
    addEventListener("mousedown", click);
    return () => {
      removeEventListener("keydown", key);
      removeEventListener("mousedown", click);
    };
  }, []);
  return ref;
}

export function Clock() {
  const [time, set] = useState(/** @type {import("./client.js").Time | null} */ (null));
  const [read, setRead] = useState(0);
  const [now, setNow] = useState(0);
  const [open, setOpen] = useState(false);
  /** @param {import("./client.js").Time} shown */
  const show = (shown) => {
    set(shown);
    setRead(performance.now());
    setNow(performance.now());
  };
  const ask = () => surface.time().then(show, () => {});
  useEffect(() => {
    ask();
    const ends = [every(1000, () => setNow(performance.now())), every(10_000, ask)];
    return () => ends.forEach((end) => end());
  }, []);
  if (!time) return null;
  const shown = time.mode === "real" ? time.now + (now - read) : time.now;
  return html`<div class="menu">
    <button class="clock" aria-haspopup="dialog" aria-expanded=${open} onClick=${() => (ask(), setOpen(!open))}>
      <span class=${"mode " + time.mode}>${WORDS[time.mode]}</span><time>${dateTime(shown).replace(/\.\d+$/, "")}</time>
    </button>
    ${open && html`<${Panel} time=${time} show=${show} close=${() => setOpen(false)} />`}
  </div>`;
}

/** @param {{time: import("./client.js").Time, show: (time: any) => void, close: () => void}} props */
function Panel({ time, show, close }) {
  const [by, setBy] = useState("");
  const [said, say] = useState("");
  const [due, setDue] = useState(/** @type {import("./client.js").Delivery[]} */ ([]));
  const ref = useDismissal(close);
  useEffect(() => void surface.deliveries(6).then((each) => setDue(each.deliveries), () => {}), [time]);
  /** @param {Promise<any>} asked @param {(answer: any) => string} words */
  const run = (asked, words) =>
    asked.then((answer) => (show(answer), say(words(answer))), (error) => say(error.message));
  /** @param {string} length */
  const advance = (length) => run(surface.advance(length), (answer) => `${answer.count} deliveries came due`);
  return html`<div class="panel" role="dialog" aria-label="The cloud's clock" ref=${ref}>
    <div class="row" role="group" aria-label="Mode">
      ${/** @type {("real" | "frozen" | "auto")[]} */ (["real", "frozen", "auto"]).map(
        (mode) => html`<button key=${mode} aria-pressed=${time.mode === mode} onClick=${() => run(surface.setMode(mode), () => "")}>${WORDS[mode]}</button>`,
      )}
    </div>
    <p class="hint">${time.mode === "real" ? "Time goes on by itself." : time.mode === "frozen" ? "Time moves only when told." : "Time jumps to the next timer whenever nothing is running."}</p>
    <form class="row" onSubmit=${(/** @type {Event} */ event) => (event.preventDefault(), by && advance(by))}>
      ${STEPS.map((step) => html`<button type="button" key=${step} onClick=${() => advance(step)}>+${step}</button>`)}
      <input aria-label="Advance by" placeholder="7d12h" size="6" value=${by} onInput=${(/** @type {any} */ e) => setBy(e.target.value)} />
      <button type="submit" disabled=${!by}>Advance</button>
    </form>
    ${said && html`<p class="hint" role="status">${said}</p>`}
    <h2>Due next</h2>
    ${due.length === 0
      ? html`<p class="hint">No timer is set.</p>`
      : html`<ul class="due">${due.map((each) => html`<li key=${each.id}><span>${each.name}</span><b title=${each.subject || ""}>${each.subject ? shortName(each.subject) : ""}</b><time>${each.due <= time.now ? "now" : "in " + length((each.due - time.now) * 1000)}</time></li>`)}</ul>`}
  </div>`;
}
