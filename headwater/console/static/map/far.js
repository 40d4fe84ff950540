/**
 * What is too much for a document, from afar: a worker paints it. While the eye moves, the last picture moves with it;
 * the next is painted meanwhile.
 */

import { html, useEffect, useLayoutEffect, useRef } from "../html.js";
import { kindOf } from "../kinds.js";

/**
 * @typedef {import("./scene.js").Scene} Scene
 * @typedef {import("./camera.js").View} View
 * @typedef {{width: number, height: number}} Frame
 * @typedef {{boxes: Float32Array, hues: Uint8Array, lines: Float32Array, tones: Uint8Array}} Flat `boxes` x, y, width, height
 *   each, `lines` x, y from and to; hues and tones are places in `COLOURS`
 */

const COLOURS = ["soft", "bad", "pink", "orange", "blue", "green", "violet", "gray"];
const BEYOND = 0.2; // of the frame is painted on each side of it, for when the eye moves
const STILL = 150; // ms without a movement, after which it is painted anew where it is

/** @param {{scene: Scene, camera: any}} props */
export function Far({ scene, camera }) {
  const { view, frame } = camera;
  const ref = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const brush = useRef(/** @type {ReturnType<typeof painter> | null} */ (null));
  useLayoutEffect(() => {
    const made = (brush.current = painter(/** @type {HTMLCanvasElement} */ (ref.current)));
    return made.end;
  }, []);
  useLayoutEffect(() => brush.current?.give(scene), [scene]);
  useLayoutEffect(() => brush.current?.look(view, frame), [view, frame]);
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const anew = () => brush.current?.anew();
    const watcher = new MutationObserver(anew);
    watcher.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    dark.addEventListener("change", anew);
    return () => (watcher.disconnect(), dark.removeEventListener("change", anew));
  }, []);
  return html`<div class="far" style=${{ height: frame.height + "px" }} aria-hidden="true"><canvas ref=${ref}></canvas></div>`;
}

/** @param {HTMLCanvasElement} canvas */
function painter(canvas) {
  const context = /** @type {ImageBitmapRenderingContext} */ (canvas.getContext("bitmaprenderer"));
  const worker = new Worker(new URL("./far_worker.js", import.meta.url), { type: "module" });
  const dots = devicePixelRatio || 1;
  /** @type {{view: View, frame: Frame} | null} */
  let wanted = null;
  /** @type {View | null} */
  let painted = null;
  let busy = false;
  let stale = true;
  let timer = 0;
  const place = () => {
    if (!painted || !wanted) return;
    const { view } = wanted;
    canvas.style.transform = `translate(${(painted.x - view.x) * view.k}px, ${(painted.y - view.y) * view.k}px) scale(${view.k / painted.k / dots})`;
  };
  const paint = () => {
    if (busy || !wanted) return;
    const { view, frame } = wanted;
    const style = getComputedStyle(canvas);
    busy = true;
    stale = false;
    const wide = { width: Math.round(frame.width * (1 + 2 * BEYOND) * dots), height: Math.round(frame.height * (1 + 2 * BEYOND) * dots) };
    const from = { x: view.x - (frame.width * BEYOND) / view.k, y: view.y - (frame.height * BEYOND) / view.k, k: view.k };
    worker.postMessage({ paint: { ...wide, view: from, dots, colours: COLOURS.map((name) => style.getPropertyValue("--" + name)) } });
  };
  worker.onmessage = ({ data: { bitmap, view } }) => {
    busy = false;
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
    context.transferFromImageBitmap(bitmap);
    painted = view;
    place();
    if (stale) paint();
  };
  return {
    /** @param {Scene} scene */
    give(scene) {
      worker.postMessage({ scene: flat(scene) });
      stale = true;
      paint();
    },
    anew: () => ((stale = true), paint()),
    /** @param {View} view @param {Frame} frame */
    look(view, frame) {
      wanted = { view, frame };
      place();
      clearTimeout(timer);
      if (!painted || strayed(painted, view, frame)) return paint();
      timer = window.setTimeout(paint, STILL);
    },
    end: () => (clearTimeout(timer), worker.terminate()),
  };
}

/** Whether what is seen is no longer within what was painted. @param {View} painted @param {View} view @param {Frame} frame */
function strayed(painted, view, frame) {
  const [x, y] = [(view.x - painted.x) * painted.k, (view.y - painted.y) * painted.k];
  const scale = view.k / painted.k;
  return x < 0 || y < 0 || x > frame.width * 2 * BEYOND || y > frame.height * 2 * BEYOND || scale > 1.5 || scale < 0.75;
}

/** @param {Scene} scene @returns {Flat} */
function flat({ nodes, lines }) {
  const colour = (/** @type {string} */ name) => COLOURS.indexOf(name);
  const boxes = new Float32Array(nodes.length * 4);
  const hues = new Uint8Array(nodes.length);
  nodes.forEach(({ node, x, y }, n) => {
    boxes.set([x - node.width / 2, y - node.height / 2, node.width, node.height], n * 4);
    hues[n] = colour(node.alarm ? "bad" : node.type === "group" ? "gray" : kindOf(node.type).hue);
  });
  const ends = new Float32Array(lines.length * 4);
  const tones = new Uint8Array(lines.length);
  lines.forEach(({ edge, points }, n) => {
    const [from, to] = [points[0], points[points.length - 1]];
    ends.set([from.x, from.y, to.x, to.y], n * 4);
    tones[n] = colour(edge.kind === "dead" ? "bad" : "soft");
  });
  return { boxes, hues, lines: ends, tones };
}
