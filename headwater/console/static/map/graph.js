/**
 * What is drawn of an architecture: all of it, or, where that is too much, its stacks as groups that can be opened.
 *
 * @typedef {import("../client.js").Resource} Resource
 * @typedef {import("../client.js").Link} Link
 * @typedef {{id: string, type: string, title: string, lines: string[], small: boolean, subtitle: string, alarm: string, badge: string, members: number,
 *   resource: Resource | null, width: number, height: number}} Node
 * @typedef {{id: string, from: string, to: string, kind: string, links: Link[]}} Edge
 * @typedef {{nodes: Node[], edges: Edge[], home: Map<string, string>}} Graph `home` tells which node stands for a resource
 */

import { kindOf } from "../kinds.js";
import { count } from "../format.js";

const MOST_DRAWN = 220;

/** @param {import("../client.js").Architecture} all @param {{stack: string, text: string, open: Set<string>}} wanted @returns {Graph} */
export function drawn(all, wanted) {
  const dead = new Set(all.links.filter((each) => each.kind === "dead letter").map((each) => each.to));
  let resources = all.resources;
  if (wanted.stack) resources = around(resources, all.links, (each) => each.stack === wanted.stack);
  if (wanted.text) resources = around(resources, all.links, (each) => matches(each, wanted.text));
  resources = connected(resources, all.links, !wanted.text);
  const grouped = resources.length > MOST_DRAWN;
  /** @type {Map<string, string>} */
  const home = new Map();
  /** @type {Map<string, Resource[]>} */
  const groups = new Map();
  for (const each of resources) {
    const group = each.stack || kindOf(each.type).plural;
    const id = grouped && !wanted.open.has(group) ? "group:" + group : each.arn;
    home.set(each.arn, id);
    const members = groups.get(id);
    members ? members.push(each) : groups.set(id, [each]);
  }
  const nodes = [...groups].map(([id, members]) => (id.startsWith("group:") ? groupNode(id, members, dead) : node(members[0], dead)));
  return { nodes, edges: edges(all.links, home), home };
}

/** @param {Resource} each @param {string} text */
const matches = (each, text) => `${each.name} ${each.arn} ${each.logical || ""} ${each.type}`.toLowerCase().includes(text.toLowerCase());

/** Those wanted, and their neighbours. @param {Resource[]} resources @param {Link[]} links
 *  @param {(each: Resource) => boolean} wanted */
function around(resources, links, wanted) {
  const core = new Set(resources.filter(wanted).map((each) => each.arn));
  const near = new Set(core);
  for (const each of links) {
    if (core.has(each.from)) near.add(each.to);
    if (core.has(each.to)) near.add(each.from);
  }
  return resources.filter((each) => near.has(each.arn));
}

/** What stands alone is listed under Resources; a map shows what works together. @param {Resource[]} resources
 *  @param {Link[]} links @param {boolean} only */
function connected(resources, links, only) {
  const linked = new Set(links.flatMap((each) => [each.from, each.to]));
  const kept = only ? resources.filter((each) => linked.has(each.arn)) : resources;
  return kept.length ? kept : resources;
}

const LINE = 11; // characters
const MOST_LINES = 4;

/** A name on up to four lines, broken where its words end. @param {string} title @returns {string[]} */
export function broken(title) {
  const words = title.match(/[A-Z]+(?![a-z])|[A-Z]?[^A-Z\s_./-]+|[\s_./-]+/g) || [title];
  const lines = [""];
  while (words.length) {
    const last = lines.length - 1;
    if (lines.length === MOST_LINES && (lines[last] + words.join("")).length > LINE) return [...lines.slice(0, last), shortened(lines[last] + words.join(""))];
    if (!lines[last] || (lines[last] + words[0]).length <= LINE) lines[last] += words.shift();
    else lines.push("");
  }
  return lines.map(shortened);
}

/** @param {string} text */
const shortened = (text) => (text.length <= LINE ? text : text.slice(0, LINE - 1) + "…");

/** @param {Resource} resource @param {Set<string>} dead @returns {Node} */
function node(resource, dead) {
  const small = resource.type === "AWS::Events::Rule" || resource.type === "AWS::IoT::TopicRule";
  const { badge, alarm } = state(resource, dead.has(resource.arn));
  const title = resource.logical || resource.name;
  const lines = broken(title);
  const longest = Math.max(...lines.map((each) => each.length));
  return {
    id: resource.arn, type: resource.type, title, lines, small, subtitle: kindOf(resource.type).title,
    alarm, badge, members: 1, resource, width: Math.max(72, 16 + longest * 7.7), height: (small ? 38 : 51) + lines.length * 14,
  };
}

/** @param {Resource} resource @param {boolean} dead whether it takes dead letters */
export function state(resource, dead) {
  const { visible = 0, hidden = 0, retrying = 0, running = 0, clients = 0, disabled = 0 } = resource.counts;
  const alarm = retrying ? `${count(retrying)} being retried` : dead && visible + hidden ? `${count(visible + hidden)} dead letter${visible + hidden === 1 ? "" : "s"}` : "";
  const parts = [visible && `${count(visible)} waiting`, hidden && `${count(hidden)} in flight`, running && `${count(running)} running`, clients && `${count(clients)} connected`, disabled && "disabled"];
  return { alarm, badge: alarm || parts.filter(Boolean).join(" · ") };
}

/** @param {string} id @param {Resource[]} members @param {Set<string>} dead @returns {Node} */
function groupNode(id, members, dead) {
  const alarms = members.filter((each) => state(each, dead.has(each.arn)).alarm).length;
  return {
    id, type: "group", title: id.slice(6), lines: [id.slice(6, 28)], small: false, subtitle: `${count(members.length)} resources`, alarm: alarms ? `${alarms} in trouble` : "",
    badge: alarms ? `${alarms} in trouble` : "", members: members.length, resource: null, width: 190, height: 56,
  };
}

/** @param {Link[]} links @param {Map<string, string>} home @returns {Edge[]} */
function edges(links, home) {
  /** @type {Map<string, Edge>} */
  const made = new Map();
  for (const each of links) {
    const from = home.get(each.from);
    const to = home.get(each.to);
    if (from === undefined || to === undefined || from === to) continue;
    const kind = each.kind === "dead letter" ? "dead" : each.kind === "call" ? "call" : "flow";
    const id = `${from} ${to}` + (kind === "dead" ? " dead" : "");
    const known = made.get(id);
    if (known) {
      known.links.push(each);
      if (kind === "flow") known.kind = kind;
    } else made.set(id, { id, from, to, kind, links: [each] });
  }
  return [...made.values()];
}
