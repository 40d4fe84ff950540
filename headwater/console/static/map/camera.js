/** Panning and zooming: by pointer, wheel, pinch and keyboard. */

import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "../html.js";

/** @typedef {{x: number, y: number, k: number}} View what is at the top left corner, and the scale */

const LEAST = 0.05;
const MOST = 2.5;

/** @param {number} k */
const bounded = (k) => Math.min(MOST, Math.max(LEAST, k));

/** @param {{width: number, height: number} | null} size of what is drawn; another is fitted into the frame anew */
export function useCamera(size) {
  const ref = useRef(/** @type {SVGSVGElement | null} */ (null));
  const [view, set] = useState(/** @type {View} */ ({ x: 0, y: 0, k: 1 }));
  const [frame, setFrame] = useState({ width: 1200, height: 700 });

  const fit = useCallback(() => {
    if (!size || !ref.current) return;
    const box = ref.current.getBoundingClientRect();
    const k = bounded(Math.min(box.width / size.width, box.height / size.height, 1.15));
    // where even the whole would be too small to read, begin at its left
    const readable = Math.max(k, Math.min(0.45, box.height / size.height));
    set({ x: readable > k ? 0 : (size.width - box.width / readable) / 2, y: (size.height - box.height / readable) / 2, k: readable });
  }, [size]);

  useLayoutEffect(fit, [size]);

  const dragged = useRef(false);

  useEffect(() => {
    const svg = ref.current;
    if (!svg) return;
    const watcher = new ResizeObserver(() => {
      const box = svg.getBoundingClientRect();
      setFrame({ width: box.width, height: box.height });
    });
    watcher.observe(svg);
    /** @param {WheelEvent} event */
    const wheel = (event) => {
      event.preventDefault();
      const box = svg.getBoundingClientRect();
      zoomAt(event.clientX - box.left, event.clientY - box.top, Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)));
    };
    svg.addEventListener("wheel", wheel, { passive: false });
    return () => {
      watcher.disconnect();
      svg.removeEventListener("wheel", wheel);
    };
  }, [size !== null]);

  /** @param {number} x @param {number} y in pixels of the frame @param {number} by */
  const zoomAt = (x, y, by) =>
    set((view) => {
      const k = bounded(view.k * by);
      return { k, x: view.x + x / view.k - x / k, y: view.y + y / view.k - y / k };
    });

  /** @param {PointerEvent} event */
  const grab = (event) => {
    if (event.button !== 0 || /** @type {Element} */ (event.target).closest("a")) return;
    const svg = /** @type {SVGSVGElement} */ (ref.current);
    svg.setPointerCapture(event.pointerId);
    dragged.current = false;
    let [x, y] = [event.clientX, event.clientY];
    /** @param {PointerEvent} moved */
    const move = (moved) => {
      const [dx, dy] = [moved.clientX - x, moved.clientY - y];
      [x, y] = [moved.clientX, moved.clientY];
      dragged.current ||= Math.abs(dx) + Math.abs(dy) > 2;
      set((view) => ({ ...view, x: view.x - dx / view.k, y: view.y - dy / view.k }));
    };
    const let_go = () => {
      svg.removeEventListener("pointermove", move);
      svg.removeEventListener("pointerup", let_go);
      svg.removeEventListener("pointercancel", let_go);
    };
    svg.addEventListener("pointermove", move);
    svg.addEventListener("pointerup", let_go);
    svg.addEventListener("pointercancel", let_go);
  };

  /** @param {KeyboardEvent} event */
  const key = (event) => {
    const step = 80 / view.k;
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => set((v) => ({ ...v, x: v.x - step })),
      ArrowRight: () => set((v) => ({ ...v, x: v.x + step })),
      ArrowUp: () => set((v) => ({ ...v, y: v.y - step })),
      ArrowDown: () => set((v) => ({ ...v, y: v.y + step })),
      "+": () => zoomAt(frame.width / 2, frame.height / 2, 1.25),
      "-": () => zoomAt(frame.width / 2, frame.height / 2, 0.8),
      0: fit,
    };
    const act = keys[event.key];
    if (act && !(event.metaKey || event.ctrlKey || event.altKey)) {
      event.preventDefault();
      act();
    }
  };
  return { ref, view, frame, fit, zoom: (/** @type {number} */ by) => zoomAt(frame.width / 2, frame.height / 2, by), grab, key, moved: () => dragged.current };
}
