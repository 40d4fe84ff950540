/**
 * What goes wrong, and when, in the hands of a test. `to` and `resource` are an ARN, a name or a template's logical id, with
 * `*` and `?` as patterns have them; `nth`, `every`, `times` and `probability` say when. See docs/faults.md of Headwater.
 */
export class Faults {
  #headwater;

  constructor(headwater) {
    this.#headwater = headwater;
  }

  /** The service says that it is asked too often, in its own way. */
  throttle(service, operation, options = {}) {
    return this.#add("throttle", { service, operation, ...options });
  }

  /** The service fails: with its internal error (5xx), or with `code`, `status` and `message`. */
  error(service, operation, options = {}) {
    return this.#add("error", { service, operation, ...options });
  }

  /** The operation happens so many `milliseconds` later, by the cloud's clock. */
  latency(service, operation, options = {}) {
    return this.#add("latency", { service, operation, milliseconds: 1000, ...options });
  }

  /** It is done, and the client gets no answer. */
  timeoutAfterCommit(service, operation, options = {}) {
    return this.#add("timeout-after-commit", { service, operation, ...options });
  }

  /** What is delivered to it, or sent to the queue, comes twice. */
  duplicate({ to, ...options } = {}) {
    return this.#add("duplicate", { resource: to, ...options });
  }

  /** Of the messages in that standard queue the newest are received first. */
  reorder({ to, ...options } = {}) {
    return this.#add("reorder", { resource: to, ...options });
  }

  /** What is delivered to it comes so many `milliseconds` later. */
  delay({ to, ...options } = {}) {
    return this.#add("delay", { resource: to, milliseconds: 1000, ...options });
  }

  /** The target took it, but nobody learns of that: it happens again. */
  crashAfterSend({ to, ...options } = {}) {
    return this.#add("crash-after-send", { resource: to, ...options });
  }

  /** What comes by chance follows this seed; counting begins anew. */
  seed(seed) {
    return this.#headwater.addFaults({ seed });
  }

  /** Those that fired, in order. */
  async fired() {
    return (await this.#headwater.faults()).fired;
  }

  clear() {
    return this.#headwater.clearFaults();
  }

  #add(kind, said) {
    const rule = Object.fromEntries(Object.entries({ kind, ...said }).filter(([, value]) => value !== undefined));
    return this.#headwater.addFaults({ rules: [rule] });
  }
}
