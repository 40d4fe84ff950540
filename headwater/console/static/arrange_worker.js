/** Beside the page: see arrange.js. */

import dagre from "./vendor/dagre.js";

/** @param {import("./arrange.js").Wanted} wanted @returns {import("./arrange.js").Arranged} */
function arranged({ options, nodes, edges }) {
  const plan = new dagre.graphlib.Graph({ multigraph: true });
  plan.setGraph(options);
  plan.setDefaultEdgeLabel(() => ({}));
  for (const { id, width, height } of nodes) plan.setNode(id, { width, height });
  for (const { id, from, to, weight = 1 } of edges) plan.setEdge(from, to, { weight }, id);
  dagre.layout(plan);
  const { width = 0, height = 0 } = plan.graph();
  return {
    width,
    height,
    at: new Map(nodes.map(({ id }) => [id, plan.node(id)])),
    paths: new Map(edges.map(({ id, from, to }) => [id, plan.edge(from, to, id).points])),
  };
}

addEventListener("message", ({ data: { turn, wanted } }) => postMessage({ turn, arranged: arranged(wanted) }));
