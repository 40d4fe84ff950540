/**
 * What is to be drawn and where it stands, made in steps, so that no frame waits for ten thousand resources.
 *
 * @typedef {import("./graph.js").Node} Node
 * @typedef {import("./graph.js").Edge} Edge
 * @typedef {{node: Node, x: number, y: number}} Placed at its middle
 * @typedef {{edge: Edge, points: import("./layout.js").Point[], left: number, right: number, top: number, bottom: number}} Line
 * @typedef {{shape: string, graph: import("./graph.js").Graph, layout: import("./layout.js").Layout, nodes: Placed[], lines: Line[]}} Scene
 * @typedef {{left: number, right: number, top: number, bottom: number}} Window
 */

import { useEffect, useRef, useState } from "../html.js";
import { drawn } from "./graph.js";
import { layouts } from "./layout.js";

const breath = () => new Promise((done) => setTimeout(done));

/**
 * @param {import("../client.js").Architecture | null} all @param {{stack: string, text: string, open: string}} wanted
 * @returns {Scene | null} the present one, until the next is ready
 */
export function useScene(all, { stack, text, open }) {
  const [scene, set] = useState(/** @type {Scene | null} */ (null));
  const newest = useRef(/** @type {{shape: string, graph: import("./graph.js").Graph, layout: import("./layout.js").Layout | null} | null} */ (null));
  useEffect(() => {
    if (!all) return;
    let over = false;
    /** @param {NonNullable<typeof newest.current>} of */
    const put = async (of) => {
      const made = placed(of.shape, of.graph, /** @type {any} */ (of.layout));
      await breath();
      if (newest.current === of) set(made);
    };
    const make = async () => {
      const graph = drawn(all, { stack, text, open: new Set(open.split(",").filter(Boolean)) });
      await breath();
      const shape = [...graph.nodes.map((each) => each.id), ...graph.edges.map((each) => each.id)].join("\n");
      if (over) return;
      if (newest.current?.shape === shape) {
        newest.current.graph = graph; // all stands where it stood, or is being laid out
        if (newest.current.layout) await put(newest.current);
        return;
      }
      const mine = (newest.current = { shape, graph, layout: /** @type {any} */ (null) });
      for await (const layout of layouts(graph)) {
        await breath();
        if (newest.current !== mine) return;
        mine.layout = layout;
        await put(mine);
      }
    };
    make();
    return () => void (over = true);
  }, [all, stack, text, open]);
  return scene;
}

/** @param {string} shape @param {import("./graph.js").Graph} graph @param {import("./layout.js").Layout} layout @returns {Scene} */
function placed(shape, graph, layout) {
  const nodes = graph.nodes.map((node) => ({ node, .../** @type {any} */ (layout.at.get(node.id)) }));
  const lines = graph.edges.map((edge) => {
    const points = layout.paths.get(edge.id) || [];
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const { x, y } of points) {
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    return { edge, points, left, right, top, bottom };
  });
  return { shape, graph, layout, nodes, lines };
}

/**
 * What is within a window: all of it, or where that would be more than `most` without the lines that only cross it. Null
 * where it is too much even so; that is known soon, and asked with each step of the eye.
 * @param {Scene} scene @param {Window} seen @param {number} most
 */
export function within(scene, seen, most) {
  const nodes = [];
  for (const each of scene.nodes) {
    const { width, height } = each.node;
    if (each.x + width / 2 <= seen.left || each.x - width / 2 >= seen.right || each.y + height / 2 <= seen.top || each.y - height / 2 >= seen.bottom) continue;
    if (nodes.push(each) > most) return null;
  }
  const lines = scene.lines.filter((each) => each.right > seen.left && each.left < seen.right && each.bottom > seen.top && each.top < seen.bottom);
  if (nodes.length + lines.length <= most) return { nodes, lines };
  const inside = new Set(nodes.map(({ node }) => node.id));
  const ending = lines.filter(({ edge }) => inside.has(edge.from) || inside.has(edge.to));
  return nodes.length + ending.length <= most ? { nodes, lines: ending } : null;
}
