/** What happened to an event, as tests ask it. */

import { AssertionError } from "node:assert";

import { refusals } from "./misses.js";
import { nearMisses, tell, unheard } from "./story.js";

const RUNS = ["lambda:Invoke", "pipes:Execute"];
const JOIN = ":JoinBatch"; // of Lambda and of Pipes
const SERVICE_EVENT = "events:PutServiceEvent";
const MOST_TOLD = 200;
const MOST_IN_MESSAGE = 20;

/** From the beginning of the present universe on. Every assertion settles first, so nothing need be waited for. */
export class Events {
  #headwater;
  #beginning = "0";

  constructor(headwater) {
    this.#headwater = headwater;
  }

  /** Forget what happened until now. */
  async begin() {
    this.#beginning = await this.#headwater.lastSpan();
  }

  /** Wait until nothing is in flight; AssertionError that names what holds it up after so many seconds. */
  async settle({ trace, timeout = 30 } = {}) {
    const settlement = await this.#headwater.settle({ trace, timeout });
    if (!settlement.settled) {
      const held = settlement.holding.map((each) => `  ${each.name} ${each.subject ?? ""}`);
      fail(`not settled within ${timeout} s; still in flight:\n${held.join("\n")}`, this.settle);
    }
    return settlement;
  }

  /**
   * An event of that source and type reached `to`, directly or through what came of it. `to` is an ARN, or a name in
   * one: of a queue, function, state machine, topic, table. `times`: so often exactly; else at least once.
   */
  async assertDelivered({ to, source, detailType, times }) {
    const { seen, missing, everything } = await this.#look(to, source, detailType);
    const reached = seen.length - missing.length;
    if (times === undefined ? reached > 0 : reached === times) return;
    const expected = times === undefined ? "to be delivered" : `${times} times`;
    const offered = everything.filter((span) => span.name !== SERVICE_EVENT || source?.startsWith("aws."));
    const misses = nearMisses(offered).slice(0, MOST_IN_MESSAGE);
    misses.push(...(await refusals(this.#headwater, missing, { source, "detail-type": detailType }, named(to))));
    const told = [...(await this.#unknown(to)), ...misses.map((miss) => `near miss: ${miss}`)];
    told.push(...unheard(everything).slice(0, MOST_IN_MESSAGE));
    if (missing.length) told.push(`these went elsewhere, or did not arrive:\n${tell(missing, MOST_IN_MESSAGE)}`);
    const what = `Expected an event ${described(source, detailType)} ${expected} to ${to}`;
    fail([`${what}; ${seen.length} such were routed, ${reached} arrived.`, ...told].join("\n"), this.assertDelivered);
  }

  /**
   * Something reached `to`, whatever carried it: event, message, call. What a client asked by itself, as the test does,
   * is a cause and does not count. `times`: so often exactly; else at least once.
   */
  async assertReached({ to, times }) {
    await this.settle();
    const wanted = named(to);
    const reached = (await this.spans()).flatMap(walk).filter((span) => span.parent !== null && arrived(span, wanted)).length;
    if (times === 0 && !reached) await this.#mustBeThere(to, this.assertReached);
    if (times === undefined ? reached > 0 : reached === times) return;
    const expected = times === undefined ? "to be reached" : `${times} times`;
    fail(`Expected ${to} ${expected}; it was ${reached} times.\n${await this.story()}`, this.assertReached);
  }

  /** No such event has reached `to`, and none is on its way. */
  async assertNever({ to, source, detailType }) {
    const { seen, missing } = await this.#look(to, source, detailType);
    const reached = seen.length - missing.length;
    if (!reached) return this.#mustBeThere(to, this.assertNever);
    const what = `Expected no event ${described(source, detailType)} to reach ${to}; ${reached} did.`;
    fail(`${what}\n${tell(seen, MOST_IN_MESSAGE)}`, this.assertNever);
  }

  /** Of what is misspelt it would always hold that it was not reached. */
  async #mustBeThere(to, asked) {
    const unknown = await this.#unknown(to);
    if (unknown.length) fail(unknown.join("\n"), asked);
  }

  /** That there is nothing of that name, and whose name is alike; nothing where there is such a thing. */
  async #unknown(to) {
    const [arn, , , region, account, rest] = to.split(":");
    const wanted = named(to);
    const there = await this.#headwater.resources(arn === "arn" && rest !== undefined ? { account, region } : {});
    if (there.some((each) => wanted.test(each.arn))) return [];
    const alike = there.find((each) => each.arn.toLowerCase().includes(to.toLowerCase()));
    return [`Nothing here is named ${to}, so that nothing could reach it.${alike ? ` Is it ${alike.arn}?` : ""}`];
  }

  /** The causal tree that an id names, as text; the newest without one. */
  async trace(cause) {
    return tell((await this.#headwater.trace(cause)).spans);
  }

  /** Everything that happened since, each span with its `children`; the roots. */
  async spans() {
    const spans = new Map();
    for (let after = this.#beginning, found; (found = await this.#headwater.spans(after)).length; ) {
      for (const span of found) spans.set(span.id, span);
      after = found.at(-1).id;
    }
    const roots = [];
    for (const span of spans.values()) {
      (spans.get(span.parent)?.children ?? roots).push(span);
    }
    return roots;
  }

  /** What came of what since, as text: deployments, and what only looked, are left out. */
  async story() {
    return tell((await this.spans()).filter((root) => !root.name.startsWith("cloudformation:")), MOST_TOLD);
  }

  async #look(to, source, detailType) {
    await this.settle();
    const everything = (await this.spans()).flatMap(walk);
    const wanted = named(to);
    const seen = everything.filter((span) => isOf(span, source, detailType));
    const runs = everything.filter((span) => RUNS.includes(span.name));
    const missing = seen.filter((span) => !consequences(span, runs).some((each) => arrived(each, wanted)));
    return { seen, missing, everything };
  }
}

/** Who has it in an ARN: of a queue's address the name, of a state machine that of its executions. */
function named(to) {
  const name = to.includes("://") || to.includes(":stateMachine:") ? to.split(/[:/]/).at(-1) : to;
  return new RegExp(`(?:^|[:/])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?:[:/]|$)`);
}

function walk(span) {
  return [span, ...span.children.flatMap(walk)];
}

/** Whether it is a rule's delivery of such an event. */
function isOf(span, source, detailType) {
  if (span.kind !== "delivery" || !span.notes.event) return false;
  const [, itsSource, itsType] = /^(.*?)(?:: (.*))?$/s.exec(span.notes.event);
  return (source ?? itsSource) === itsSource && (detailType ?? itsType) === itsType;
}

/** What came of a span, itself included; also through a batch that was handled in another trace. */
function consequences(span, runs) {
  const found = [span, ...span.children.flatMap((child) => consequences(child, runs))];
  if (span.name.endsWith(JOIN)) {
    const trace = span.notes["handled in trace"];
    const run = runs.filter((each) => each.trace === trace && each.subject === span.subject);
    found.push(...run.flatMap((each) => consequences(each, runs)));
  }
  return found;
}

function arrived(span, named) {
  return span.kind === "operation" && span.outcome === "ok" && named.test(span.subject ?? "");
}

function described(source, detailType) {
  return [source && `of ${source}`, detailType && `'${detailType}'`].filter(Boolean).join(" ") || "at all";
}

function fail(message, at) {
  throw new AssertionError({ message, operator: at.name, stackStartFn: at });
}
