/**
 * Graphs laid out in layers (dagre), in a worker: some hundred nodes take seconds, in which the page must not stand still.
 *
 * @typedef {{x: number, y: number}} Point
 * @typedef {{id: string, width: number, height: number}} Node
 * @typedef {{id: string, from: string, to: string, weight?: number}} Edge
 * @typedef {{options: Record<string, unknown>, nodes: Node[], edges: Edge[]}} Wanted
 * @typedef {{width: number, height: number, at: Map<string, Point & {width: number, height: number}>, paths: Map<string, Point[]>}} Arranged
 */

const worker = (() => {
  /** @type {Worker | null} */
  let made = null;
  let asked = 0;
  /** @type {Map<number, (arranged: Arranged) => void>} */
  const waiting = new Map();
  const start = () => {
    made = /** @type {Worker} */ (/** @type {any} */ (globalThis).early?.arranging || new Worker(new URL("./arrange_worker.js", import.meta.url), { type: "module" }));
    made.onmessage = ({ data: { turn, arranged } }) => {
      waiting.get(turn)?.(arranged);
      waiting.delete(turn);
    };
    return made;
  };
  return {
    start: () => void (made || start()),
    /** @param {Wanted} wanted @returns {Promise<Arranged>} */
    ask: (wanted) => new Promise((done) => (waiting.set(++asked, done), (made || start()).postMessage({ turn: asked, wanted }))),
  };
})();

/** What loads while something else is waited for. */
export const prepare = worker.start;
export const arrange = worker.ask;
