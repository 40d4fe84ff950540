/**
 * Headwater's surface (`/_headwater/openapi.json`) for pages: thin, typed, nothing but fetch.
 *
 * @typedef {{account: string, region: string}} Scope
 * @typedef {{arn: string, type: string, name: string, physical: string, stack?: string | null, logical?: string | null,
 *   counts: Record<string, number>, error?: string}} Resource
 * @typedef {{from: string, to: string, kind: string, name: string, only: string | null}} Link
 * @typedef {{resources: Resource[], links: Link[]}} Architecture
 * @typedef {{id: string, trace: string, parent: string | null, kind: string, name: string, subject: string | null,
 *   account: string, region: string, started: number, duration: number | null, outcome: string | null,
 *   notes: Record<string, any>, delivery?: string, children: Span[]}} Span
 * @typedef {{at: number, outcome: string | null, error?: string, input?: string, response?: string}} Attempt
 * @typedef {{id: string, span: string, channel: string, at: number, body: string, deliveries: string[]}} Published
 * @typedef {{kind: string, arn: string, name: string, state: string, reason: string, failed?: number,
 *   targets?: {id: string, arn: string, given?: string, state?: string}[], explanation?: any}} Verdict
 * @typedef {{trace: string, first: string, kind: string, name: string, subject: string | null, started: number,
 *   duration: number, spans: number, failures: number, running: number, outcome: string | null}} TraceSummary
 * @typedef {{mode: "real" | "frozen" | "auto", now: number, at: string, ahead: number, next: number | null}} Time
 * @typedef {{due: number, kind: string, name: string, subject: string | null, id: string, attempt: number,
 *   trace: string, created: number, running: boolean, error: string | null}} Delivery
 * @typedef {{state: string, kind: string, entered: number, exited?: number, outcome: string, attempts: number, error?: string,
 *   cause?: string, iteration?: number, given?: string, gave?: string, inner: Visit[]}} Visit
 * @typedef {{width: number, height: number, boxes: {name: string, kind: string, group: boolean, x: number, y: number,
 *   width: number, height: number}[], lines: {kind: string, path: string}[]}} Plan
 * @typedef {{outcome: string, visits: number, failed: number, retries: number, took: number}} StateTold
 * @typedef {{execution: any, visits: Visit[], states: Record<string, StateTold>, graph: Plan}} ExecutionTold
 * @typedef {{role: string, sessions: string[], action: string, resource: string, reason: string, refused: boolean, times: number,
 *   trace: string, at: number, sources?: string[]}} Lacking
 * @typedef {{role: string, trust: boolean, document: any}} MissingPolicy
 * @typedef {{spans: number, flows: [string, string, number, number][]}} Pulse
 */

import { kindNamed } from "./kinds.js";

const BASE = "/_headwater";

/** What the server refused, in its words. */
export class Refused extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} method @param {string} path @param {unknown} [body]
 * @returns {Promise<any>}
 */
async function ask(method, path, body) {
  const answer = await (already(method, path) || fetch(BASE + path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => null));
  if (answer === null) throw new Refused("Headwater does not answer.", 0);
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(value.error || `The server answered ${answer.status}.`, answer.status);
  return value;
}

/** What start.js asked already; it is taken once. @param {string} method @param {string} path @returns {Promise<Response | null> | null} */
function already(method, path) {
  const { early } = /** @type {any} */ (globalThis);
  if (method !== "GET" || early?.path !== path) return null;
  delete early.path;
  return early.answer;
}

/** @param {Record<string, string | number | boolean | undefined | null>} values */
function query(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return kept.length ? "?" + new URLSearchParams(kept.map(([key, value]) => [key, String(value)])) : "";
}

export const surface = {
  /** @returns {Promise<{version: string, endpoint: string, services: string[]}>} */
  health: () => ask("GET", "/health"),
  /** @param {Scope} scope @param {number} [spans] how many of late tell what calls what @returns {Promise<Architecture>} */
  map: async (scope, spans) => {
    const told = await ask("GET", "/map" + query({ ...scope, spans }));
    for (const each of told.resources) each.type = kindNamed(each);
    return told;
  },
  /** @param {{text?: string, status?: string, since?: number, before?: string, limit?: number, looks?: boolean}} wanted
   *  @returns {Promise<{traces: TraceSummary[], next: string | null}>} */
  traces: (wanted) => ask("GET", "/traces" + query(wanted)),
  /** @param {string} id @returns {Promise<{trace: string, spans: Span[], published: Published[]}>} */
  trace: (id) => ask("GET", "/trace" + query({ id })),
  /** A span with what it noted and published, uncut. @param {string} id @returns {Promise<Span & {published: Published[]}>} */
  span: (id) => ask("GET", "/span" + query({ id })),
  /** @returns {Promise<Time>} */
  time: () => ask("GET", "/time"),
  /** @param {"real" | "frozen" | "auto"} mode @returns {Promise<Time>} */
  setMode: (mode) => ask("POST", "/time", { mode }),
  /** @param {string} length @returns {Promise<Time & {count: number}>} */
  advance: (length) => ask("POST", "/time", { advance: length }),
  /** @param {number} [limit] @param {string} [state] @returns {Promise<{now: number, deliveries: Delivery[]}>} */
  deliveries: (limit, state) => ask("GET", "/deliveries" + query({ limit, state })),
  /** Of an event, message or record: what became of it, and why. @param {string} event its id
   *  @param {string} bus the ARN of its channel @returns {Promise<{event: any, verdicts: Verdict[]}>} */
  explain: (event, bus) => ask("GET", "/explain" + query({ event, bus })),
  /** @param {string} id @returns {Promise<{attempts: Attempt[]}>} */
  delivery: (id) => ask("GET", "/delivery" + query({ id })),
  /** @param {string[]} ids @returns {Promise<any>} */
  redeliver: (ids) => ask("POST", "/deliveries/redeliver", { ids }),
  /** @returns {Promise<{lacking: Lacking[], policies: MissingPolicy[]}>} */
  permissions: () => ask("GET", "/permissions"),
  /** @returns {Promise<any>} */
  faults: () => ask("GET", "/faults"),
  clearFaults: () => ask("DELETE", "/faults"),
  /** What an execution did, over the graph of its machine. @param {string} execution its ARN @returns {Promise<ExecutionTold>} */
  execution: (execution) => ask("GET", "/executions" + query({ execution })),
  /** Whether the present definition of its machine would go an execution's way. @param {string} execution its ARN
   *  @returns {Promise<{executions: {departure?: {state: string | null, recorded: any, why: string}, problem?: string}[]}>} */
  replay: (execution) => ask("POST", "/executions/replay", { execution }),
  /** A state machine's graph, laid out. @param {string} machine its ARN @returns {Promise<Plan>} */
  machineGraph: (machine) => ask("GET", "/executions/graph" + query({ machine })),
  /** Any AWS operation by its name; the answer as in AWS's API. @param {Scope} scope @param {string} service
   *  @param {string} operation @param {Record<string, unknown>} [request] @returns {Promise<any>} */
  operation: async (scope, service, operation, request = {}) =>
    (await ask("POST", "/operations", { service, operation, request, ...scope })).result,
  /** Hear of flows until the returned function is called. @param {(pulse: Pulse) => void} heard
   *  @param {(up: boolean) => void} [connected] */
  pulse(heard, connected = () => {}) {
    const source = new EventSource(BASE + "/pulse");
    source.onmessage = (event) => heard(JSON.parse(event.data));
    source.onopen = () => connected(true);
    source.onerror = () => connected(false);
    return () => source.close();
  },
  ask,
};
