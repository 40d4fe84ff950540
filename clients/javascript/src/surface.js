/** Headwater's own surface, `/_headwater/…`, as its OpenAPI document describes it. */

const GRACE = 10; // seconds that an answer may come later than it was asked for

/** The server did not do what was asked; `status` is undefined where none answered. */
export class HeadwaterError extends Error {
  constructor(message, status, options) {
    super(message, options);
    this.name = "HeadwaterError";
    this.status = status;
  }
}

/** A running server. Every method may throw HeadwaterError. */
export class Headwater {
  constructor(endpoint = process.env.AWS_ENDPOINT_URL ?? "http://127.0.0.1:4566") {
    this.endpoint = endpoint.replace(/\/+$/, "");
  }

  health() {
    return this.ask("GET", "health");
  }

  /** Forget everything but snapshots; the clock stays as it is. */
  async reset() {
    await this.ask("POST", "reset");
  }

  // ---- universes

  /** Save everything under a name; a snapshot of that name is replaced. */
  save(name) {
    return this.ask("POST", "snapshots", { name });
  }

  /** Make it what it was when that was saved, the clock too. `fresh`: start all functions anew. */
  restore(name, { fresh = false } = {}) {
    return this.ask("POST", `snapshots/${encodeURIComponent(name)}/restore`, { fresh });
  }

  async snapshots() {
    return (await this.ask("GET", "snapshots")).snapshots;
  }

  async deleteSnapshot(name) {
    await this.ask("DELETE", `snapshots/${encodeURIComponent(name)}`);
  }

  // ---- the clock

  time() {
    return this.ask("GET", "time");
  }

  setMode(mode) {
    return this.ask("POST", "time", { mode });
  }

  /** Move time on ("7d", "1h30m"); all that comes due runs to the end of what it causes. */
  advance(duration) {
    return this.ask("POST", "time", { advance: duration });
  }

  // ---- what happens

  /** Wait until nothing is in flight, of everything or of one trace, for so many seconds at most. */
  settle({ trace, timeout = 30 } = {}) {
    return this.ask("POST", "settle", trace === undefined ? { timeout } : { timeout, trace }, timeout + GRACE);
  }

  /** The causal tree that a trace id, an ARN or another id names; the newest without one. */
  trace(id) {
    return this.ask("GET", id === undefined ? "trace" : `trace?id=${encodeURIComponent(id)}`);
  }

  /** What began after a span (its id), oldest first, without children; ten thousand at most. */
  async spans(after = "0") {
    return (await this.ask("GET", `spans?after=${after}&explained=true`)).spans;
  }

  /** One span, uncut, with what it `published`: of each event its `id`, `channel` and `body` (JSON). */
  span(id) {
    return this.ask("GET", `span?id=${encodeURIComponent(id)}`);
  }

  /** What became of an event, message or record of an id, and why. `bus`: its name, or the ARN of any channel. */
  explain(id, bus) {
    return this.ask("GET", `explain?event=${encodeURIComponent(id)}${bus === undefined ? "" : `&bus=${encodeURIComponent(bus)}`}`);
  }

  /** What is deployed and may cause work or be given some: ARN, type, name, stack. */
  async resources({ account = "", region = "" } = {}) {
    const page = `map?account=${encodeURIComponent(account)}&region=${encodeURIComponent(region)}`;
    return (await this.ask("GET", page)).resources;
  }

  /** The id of the newest span, to ask later for what began after it. */
  async lastSpan() {
    return (await this.ask("GET", "spans?limit=0")).last;
  }

  /** What is to be done or in hand, the next first. */
  async deliveries(limit = 100) {
    return (await this.ask("GET", `deliveries?limit=${limit}`)).deliveries;
  }

  /** What roles did here, or tried, that their policies do not allow; of one role, by its name or ARN. */
  async permissions(role = "") {
    return (await this.ask("GET", `permissions?role=${encodeURIComponent(role)}`)).lacking;
  }

  /** Requests, such as by presigned URLs, that were signed otherwise than AWS would take it. */
  async signatures() {
    return (await this.ask("GET", "signatures")).flaws;
  }

  // ---- faults

  /** The faults that are asked for, and those that fired. */
  faults() {
    return this.ask("GET", "faults");
  }

  /** Ask for more faults; with a seed all begins anew. */
  addFaults({ rules, seed } = {}) {
    return this.ask("POST", "faults", { ...(rules && { rules }), ...(seed !== undefined && { seed }) });
  }

  clearFaults() {
    return this.ask("DELETE", "faults");
  }

  // ---- quotas and rates

  /** What holds, of all services or of one. */
  quotas(service) {
    return this.ask("GET", service ? `quotas?service=${encodeURIComponent(service)}` : "quotas");
  }

  /** Numbers by name, and rates of operations: 100, "100/500"; null: as it was at the start. */
  setQuotas(quotas) {
    return this.ask("POST", "quotas", { quotas });
  }

  clearQuotas() {
    return this.ask("DELETE", "quotas");
  }

  // ---- mocks of Step Functions

  /** The cases that there are. */
  async mocks() {
    return (await this.ask("GET", "mocks")).cases;
  }

  /** Mocks as a file of Step Functions Local has them, and no others; of all accounts and regions unless told. */
  async putMocks(file, { account = "", region = "" } = {}) {
    return (await this.ask("PUT", `mocks?account=${account}&region=${region}`, file)).cases;
  }

  /** Mocks beside those that there are. */
  async addMocks(file, { account = "", region = "" } = {}) {
    return (await this.ask("POST", `mocks?account=${account}&region=${region}`, file)).cases;
  }

  /** No mocks any more; what runs with some goes on so. */
  async clearMocks({ account = "", region = "" } = {}) {
    await this.ask("DELETE", `mocks?account=${account}&region=${region}`);
  }

  // ---- executions of Step Functions

  /** What an execution did: its ARN, its name, or anything in its trace. `svg`: a picture of it too. */
  execution(id, { svg = false } = {}) {
    return this.ask("GET", `executions?execution=${encodeURIComponent(id)}${svg ? "&svg=true" : ""}`);
  }

  /** Two executions, visit by visit. */
  compareExecutions(first, second) {
    return this.ask("GET", `executions/diff?first=${encodeURIComponent(first)}&second=${encodeURIComponent(second)}`);
  }

  /**
   * Recorded executions on the present definition of their machine, or on another (a text or an object), without calling
   * anything: one, those of a machine (its ARN), or all. `since` (a Date or milliseconds) and `last` limit which.
   */
  replay({ execution, machine, definition, since = 0, last } = {}) {
    return this.ask("POST", "executions/replay", {
      ...(execution ? { execution } : machine ? { machine } : { all: true }),
      ...(definition !== undefined && { definition: typeof definition === "string" ? definition : JSON.stringify(definition) }),
      since: Number(since),
      ...(last !== undefined && { last }),
    });
  }

  async ask(method, page, body, seconds) {
    let response;
    try {
      response = await fetch(`${this.endpoint}/_headwater/${page}`, {
        method,
        headers: body === undefined ? {} : { "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: seconds === undefined ? undefined : AbortSignal.timeout(1000 * seconds),
      });
    } catch (error) {
      const why = error.cause?.message ?? error.message; // fetch itself says but "fetch failed"
      throw new HeadwaterError(`No Headwater answers at ${this.endpoint}: ${why}`, undefined, { cause: error });
    }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      throw new HeadwaterError(answer.error ?? `The server answered ${response.status}.`, response.status);
    }
    return answer;
  }
}
