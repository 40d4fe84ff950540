/**
 * Where nodes stand: in layers from left to right, or, where they are too many for that, in columns by kind.
 *
 * @typedef {import("../arrange.js").Point} Point
 * @typedef {{at: Map<string, Point>, paths: Map<string, Point[]>, width: number, height: number}} Layout
 */

import { arrange } from "../arrange.js";
import { kindOf } from "../kinds.js";

const MOST_LAYERED = 420;
const SOON_LAYERED = 90; // more than that take so long that columns are shown meanwhile
const GAP = 26;
const OPTIONS = { rankdir: "LR", nodesep: 20, ranksep: 34, edgesep: 6, marginx: 24, marginy: 24 };

/** The first that can be had, then the best. @param {import("./graph.js").Graph} graph @returns {AsyncGenerator<Layout>} */
export async function* layouts(graph) {
  const many = graph.nodes.length > MOST_LAYERED || graph.edges.length > MOST_LAYERED * 4;
  if (many || graph.nodes.length > SOON_LAYERED) yield columns(graph);
  if (!many) yield await layers(graph);
}

/** @param {import("./graph.js").Graph} graph @returns {Promise<Layout>} */
async function layers(graph) {
  const lines = graph.edges.filter(shaping(graph.edges));
  const nodes = graph.nodes.map(({ id, width, height }) => ({ id, width, height }));
  const edges = lines.map(({ id, from, to, kind }) => ({ id, from, to, weight: kind === "flow" ? 6 : 1 }));
  const { at, paths, width, height } = await arrange({ options: OPTIONS, nodes, edges });
  return { at, paths: new Map(graph.edges.map(({ id, from, to }) => [id, paths.get(id) || straight(at.get(from), at.get(to))])), width, height };
}

/** What is deployed shapes the picture. What else was seen, and dead letters, do so only for a node that would have no
 *  place: it stands behind the first from which it gets anything. @param {import("./graph.js").Edge[]} edges */
function shaping(edges) {
  const placed = new Set(edges.filter((each) => each.kind === "flow").map((each) => each.to));
  const called = new Set(edges.filter((each) => each.kind === "call").map((each) => each.to));
  return (/** @type {import("./graph.js").Edge} */ each) => {
    if (each.kind === "flow") return true;
    if (placed.has(each.to) || (each.kind === "dead" && called.has(each.to))) return false;
    placed.add(each.to);
    return true;
  };
}

/** From the side of one node to the side of another that faces it. @param {any} from @param {any} to @returns {Point[]} */
function straight(from, to) {
  const side = to.x < from.x ? -1 : 1;
  return [{ x: from.x + (side * from.width) / 2, y: from.y }, { x: to.x - (side * to.width) / 2, y: to.y }];
}

/** @param {import("./graph.js").Graph} graph @returns {Layout} */
function columns(graph) {
  /** @type {Map<number, import("./graph.js").Node[]>} */
  const ranks = new Map();
  for (const each of graph.nodes) {
    const rank = each.type === "group" ? 0 : kindOf(each.type).rank;
    const column = ranks.get(rank);
    column ? column.push(each) : ranks.set(rank, [each]);
  }
  const side = Math.max(12, Math.ceil(Math.sqrt(graph.nodes.length)));
  const wide = Math.max(0, ...graph.nodes.map((each) => each.width)) + GAP;
  const high = Math.max(0, ...graph.nodes.map((each) => each.height)) + GAP;
  /** @type {Map<string, any>} */
  const at = new Map();
  let x = 24;
  for (const rank of [...ranks.keys()].sort((a, b) => a - b)) {
    const column = /** @type {import("./graph.js").Node[]} */ (ranks.get(rank));
    column.forEach(({ id, width, height }, index) => {
      at.set(id, { x: x + (Math.floor(index / side) + 0.5) * wide, y: 24 + ((index % side) + 0.5) * high, width, height });
    });
    x += Math.ceil(column.length / side) * wide + 60;
  }
  const paths = new Map(graph.edges.map(({ id, from, to }) => [id, straight(at.get(from), at.get(to))]));
  return { at, paths, width: x, height: side * high + 48 };
}

/** A smooth line through points, as an SVG path. @param {Point[]} points */
export function path(points) {
  const [first, ...rest] = points;
  let text = `M${first.x.toFixed(1)},${first.y.toFixed(1)}`;
  let from = first;
  for (const to of rest) {
    const bend = (to.x - from.x) / 2;
    text += `C${(from.x + bend).toFixed(1)},${from.y.toFixed(1)} ${(to.x - bend).toFixed(1)},${to.y.toFixed(1)} ${to.x.toFixed(1)},${to.y.toFixed(1)}`;
    from = to;
  }
  return text;
}
