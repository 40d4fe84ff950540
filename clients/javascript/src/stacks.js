/** Templates deployed once, and a universe with what was deployed for each test that asks. */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";

import { firstLine, end } from "./processes.js";
import { signedHeaders } from "./signing.js";

/** A template could not be deployed; the text says why. */
export class StackFailed extends Error {
  constructor(message) {
    super(message);
    this.name = "StackFailed";
  }
}

/** A stack that is up. */
export class Stack {
  #endpoint;
  #resources;

  constructor(name, outputs, endpoint) {
    this.name = name;
    this.outputs = outputs;
    this.#endpoint = endpoint;
  }

  /** The physical id of a resource: a name, an ARN or a URL, as its type has it. */
  async resource(logicalId) {
    this.#resources ??= await this.#list();
    const found = this.#resources.get(logicalId);
    if (found === undefined) {
      throw new StackFailed(`${this.name} has no resource ${logicalId}; there are ${[...this.#resources.keys()].sort().join(", ")}.`);
    }
    return found;
  }

  async #list() {
    const found = new Map();
    for (let next = ""; next !== undefined; ) {
      const asked = { Action: "ListStackResources", Version: "2010-05-15", StackName: this.name };
      const text = await this.#cloudFormation(next ? { ...asked, NextToken: next } : asked);
      for (const [, member] of text.matchAll(/<member>(.*?)<\/member>/gs)) {
        found.set(element(member, "LogicalResourceId"), element(member, "PhysicalResourceId") ?? "");
      }
      next = element(text, "NextToken");
    }
    return found;
  }

  /** A request without an SDK: the scope of its signature says which service it is for. */
  async #cloudFormation(parameters) {
    const body = new URLSearchParams(parameters).toString();
    const headers = signedHeaders(this.#endpoint, "cloudformation", body);
    const response = await fetch(this.#endpoint, { method: "POST", headers, body });
    const text = await response.text();
    if (!response.ok) throw new StackFailed(text);
    return text;
  }
}

/** The text of an XML element. */
function element(text, name) {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text);
  return found?.[1].replace(/&(lt|gt|quot|#39|apos|amp);/g, (_, entity) => ENTITIES[entity]);
}

const ENTITIES = { lt: "<", gt: ">", quot: '"', "#39": "'", apos: "'", amp: "&" };

/** Those of one server: by template and parameters, deployed once; by what is asked for together, saved once. */
export class Stacks {
  #headwater;
  #command;
  #stacks = new Map();
  #saved = new Map();

  constructor(headwater, command) {
    this.#headwater = headwater;
    this.#command = command;
  }

  /** Make the server a universe with these stacks as they were deployed, and nothing else. */
  async enter(asked, { fresh = false } = {}) {
    const keys = asked.map(({ template, parameters = {} }) => [resolve(template), Object.entries(parameters).sort()]);
    await this.#enter(keys, fresh);
    return keys.map((key) => this.#stacks.get(JSON.stringify(key)));
  }

  async #enter(keys, fresh) {
    const all = JSON.stringify(keys);
    if (this.#saved.has(all)) {
      await this.#headwater.restore(this.#saved.get(all), { fresh });
      return;
    }
    if (keys.length) {
      await this.#enter(keys.slice(0, -1), fresh);
      const [template, parameters] = keys.at(-1);
      this.#stacks.set(JSON.stringify(keys.at(-1)), await this.#up(template, parameters));
      await this.#headwater.settle();
    } else {
      await this.#headwater.setMode("real");
      await this.#headwater.reset();
    }
    const name = `test-${digest(all, 16)}`;
    await this.#headwater.save(name);
    this.#saved.set(all, name);
  }

  async #up(template, parameters) {
    if (!existsSync(template)) throw new StackFailed(`There is no ${template}.`);
    const { hostname, port } = new URL(this.#headwater.endpoint);
    const name = nameOf(template, parameters);
    const [program, ...first] = this.#command;
    const given = parameters.flatMap(([key, value]) => ["--parameter", `${key}=${value}`]);
    const options = ["--stack", name, "--json", "--host", hostname, "--port", port || "80", ...given];
    const deploying = spawn(program, [...first, "up", template, ...options], { stdio: ["ignore", "pipe", "pipe"] });
    const { line, log } = await firstLine(deploying);
    await end(deploying); // it stays until it is told to go
    if (line === undefined) throw new StackFailed(log.replace(/^using the Headwater at .*\n/m, "").trim());
    return new Stack(name, JSON.parse(line).outputs, this.#headwater.endpoint);
  }
}

/** Told by the template's folder; another for other parameters. */
function nameOf(template, parameters) {
  const folder = basename(dirname(template)).replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
  return `test-${folder}-${digest(JSON.stringify([template, parameters]), 8)}`;
}

function digest(text, length) {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}
