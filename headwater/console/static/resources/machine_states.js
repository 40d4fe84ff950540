/**
 * What became of each state in an execution, from its history.
 *
 * @param {any[]} events @returns {Map<string, {outcome: "done" | "failed" | "caught" | "running", visits: number}>}
 */
export function outcomes(events) {
  const states = new Map();
  /** @type {Map<number, string>} which state an event belongs to, by the event's id */
  const owner = new Map();
  for (const event of events) {
    const entered = event.stateEnteredEventDetails?.name;
    const exited = event.stateExitedEventDetails?.name;
    const state = entered || exited || owner.get(event.previousEventId) || "";
    owner.set(event.id, state);
    const known = states.get(state) || { outcome: "running", visits: 0 };
    if (entered) states.set(entered, { outcome: "running", visits: known.visits + 1 });
    else if (exited) states.set(exited, { ...known, outcome: known.outcome === "failed" ? "caught" : "done" });
    else if (state && /(Failed|TimedOut|Aborted)$/.test(event.type)) states.set(state, { ...known, outcome: "failed" });
  }
  return states;
}
