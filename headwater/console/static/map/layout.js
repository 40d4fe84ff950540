/**
 * Where nodes stand: in layers from left to right (dagre), or, where they are too many for that, in columns by kind.
 *
 * @typedef {{x: number, y: number}} Point
 * @typedef {{at: Map<string, Point>, paths: Map<string, Point[]>, width: number, height: number}} Layout
 */

import { kindOf } from "../kinds.js";

const MOST_LAYERED = 420;
const GAP = 26;

/** @param {import("./graph.js").Graph} graph @returns {Promise<Layout>} */
export async function layout(graph) {
  if (graph.nodes.length > MOST_LAYERED || graph.edges.length > MOST_LAYERED * 4) return columns(graph);
  const { default: dagre } = await import("../vendor/dagre.js");
  const plan = new dagre.graphlib.Graph({ multigraph: true });
  plan.setGraph({ rankdir: "LR", nodesep: 30, ranksep: 40, edgesep: 6, marginx: 24, marginy: 24 });
  plan.setDefaultEdgeLabel(() => ({}));
  for (const each of graph.nodes) plan.setNode(each.id, { width: each.width, height: each.height });
  const lines = graph.edges.filter(shaping(graph.edges));
  for (const each of lines) plan.setEdge(each.from, each.to, { weight: each.kind === "flow" ? 6 : 1 }, each.id);
  dagre.layout(plan);
  const { width = 0, height = 0 } = plan.graph();
  return {
    at: new Map(graph.nodes.map((each) => [each.id, plan.node(each.id)])),
    paths: new Map(graph.edges.map((each) => [each.id, lines.includes(each) ? plan.edge(each.from, each.to, each.id).points : straight(plan.node(each.from), plan.node(each.to))])),
    width,
    height,
  };
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
  /** @type {Map<string, Point>} */
  const at = new Map();
  let x = 24;
  for (const rank of [...ranks.keys()].sort((a, b) => a - b)) {
    const column = /** @type {import("./graph.js").Node[]} */ (ranks.get(rank));
    column.forEach((each, index) => {
      at.set(each.id, { x: x + Math.floor(index / side) * (190 + GAP) + 95, y: 24 + (index % side) * (46 + GAP) + 23 });
    });
    x += Math.ceil(column.length / side) * (190 + GAP) + 60;
  }
  const paths = new Map(graph.edges.map((each) => [each.id, [at.get(each.from), at.get(each.to)]]));
  return { at, paths: /** @type {Map<string, Point[]>} */ (paths), width: x, height: side * (46 + GAP) + 48 };
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
