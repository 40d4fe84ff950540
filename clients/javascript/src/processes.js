/** Commands of Headwater's that say one line of JSON once they are ready, and stay. */

import { once } from "node:events";
import { createInterface } from "node:readline";

const MOST_LOGGED = 4000;
const PATIENCE = 10_000; // milliseconds that a process has to end by itself

/** The first line that a process says, undefined where it ends without one; and the end of its log. */
export function firstLine(child) {
  let log = "";
  child.stderr.on("data", (chunk) => (log = (log + chunk).slice(-MOST_LOGGED)));
  const lines = createInterface({ input: child.stdout });
  return new Promise((resolve) => {
    lines.once("line", (line) => resolve({ line, log }));
    child.once("close", () => resolve({ log }));
    child.once("error", (error) => resolve({ log: `${log}${error.message}` }));
  });
}

/** Tell a process to go; returns once it has gone. */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  await gone;
  clearTimeout(timer);
}
