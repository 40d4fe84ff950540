/** A Headwater for tests: started for them, or found running. */

import { spawn } from "node:child_process";

import { Clock } from "./clock.js";
import { Events } from "./events.js";
import { Faults } from "./faults.js";
import { mock } from "./mocks.js";
import { end, firstLine } from "./processes.js";
import { Stacks } from "./stacks.js";
import { Headwater, HeadwaterError } from "./surface.js";

const OPTIONS = ["start", "--json", "--ephemeral", "--port", "0", "--mqtt-port", "0"];

export class Cloud {
  #child;
  #stacks;

  constructor(endpoint, command, child) {
    this.#child = child;
    this.headwater = new Headwater(endpoint);
    this.clock = new Clock(this.headwater);
    this.events = new Events(this.headwater);
    this.faults = new Faults(this.headwater);
    this.#stacks = new Stacks(this.headwater, command);
  }

  get endpoint() {
    return this.headwater.endpoint;
  }

  /** What any AWS SDK or tool needs to find it. */
  get environment() {
    return {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
      AWS_DEFAULT_REGION: "us-east-1",
    };
  }

  /** A universe with the stack of a template, as it was when it was deployed; that is done once. */
  async stack(template, parameters = {}, options = {}) {
    const [stack] = await this.stacks([{ template, parameters }], options);
    return stack;
  }

  /** A universe with several stacks side by side. */
  async stacks(asked, options = {}) {
    const stacks = await this.#stacks.enter(asked, options);
    await this.events.begin();
    return stacks;
  }

  /** A universe in which there is nothing. */
  async empty(options = {}) {
    await this.stacks([], options);
  }

  /** Mock a state machine's tasks, see mocks.js; the next universe has none. What is returned starts an execution so. */
  mock(machine, answers, options = {}) {
    return mock(this.headwater, machine, answers, options);
  }

  /** End it, if it was started for these tests. */
  async stop() {
    if (this.#child !== undefined) await end(this.#child);
  }
}

/**
 * Start one for these tests, which keeps nothing. `command`: what runs `headwater`; `environment`: whether this
 * process's own environment shall name it, so that every AWS SDK finds it by itself.
 */
export async function startCloud({ command = ["headwater"], environment = true } = {}) {
  const [program, ...first] = command;
  const child = spawn(program, [...first, ...OPTIONS], { stdio: ["ignore", "pipe", "pipe"] });
  const { line, log } = await firstLine(child);
  if (line === undefined) throw new HeadwaterError(`Headwater did not start:\n${log}`);
  const killed = () => child.kill(); // it is not to outlive a process that forgot to stop it
  process.once("exit", killed);
  child.once("exit", () => process.off("exit", killed));
  return ready(new Cloud(JSON.parse(line).endpoint, command, child), environment);
}

/** One that runs: at `endpoint`, AWS_ENDPOINT_URL, or port 4566. Whatever it holds is lost with the first universe. */
export async function findCloud({ endpoint, command = ["headwater"], environment = true } = {}) {
  const cloud = new Cloud(endpoint, command);
  await cloud.headwater.health();
  return ready(cloud, environment);
}

async function ready(cloud, environment) {
  if (environment) {
    Object.assign(process.env, cloud.environment);
    delete process.env.AWS_PROFILE; // it would bring the credentials of a real account
  }
  await cloud.events.begin();
  return cloud;
}
