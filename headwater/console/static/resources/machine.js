/** A state machine: its graph with an execution on it, its executions, their history. */

import { html, useState } from "../html.js";
import { surface } from "../client.js";
import { between } from "../format.js";
import { scope, useFresh } from "../live.js";
import { setQuery, useAddress } from "../router.js";
import { Action, At, Json, parsed, Problem, Rows, Section, useAnswer } from "./parts.js";
import { Graph } from "./machine_graph.js";
import { MapRuns } from "./map_runs.js";

/** @param {import("./page.js").View} view */
export function MachinePage({ resource }) {
  const { query } = useAddress();
  const { value: machine, error } = useAnswer("states", "DescribeStateMachine", { stateMachineArn: resource.arn });
  const list = useAnswer("states", "ListExecutions", { stateMachineArn: resource.arn, maxResults: 50 });
  const executions = list.value?.executions || [];
  const chosen = query.get("execution") || executions[0]?.executionArn || "";
  if (!machine) return html`<${Problem} error=${error} />`;
  /** @param {any} each */
  const line = (each) => [
    html`<button class="name" aria-pressed=${each.executionArn === chosen} title=${each.name} onClick=${() => setQuery({ execution: each.executionArn })}>${each.name}</button>`,
    html`<span class=${"tag " + (each.status === "SUCCEEDED" ? "good" : each.status === "RUNNING" ? "warn" : "bad")}>${each.status.toLowerCase().replace("_", " ")}</span>
      <div class="hint"><${At} at=${each.startDate} />${each.stopDate ? ` · ${between(each.startDate, each.stopDate)}` : ""}</div>`,
  ];
  return html`<div class="columns wide-left">
      ${chosen ? html`<${Run} key=${chosen} arn=${chosen} again=${list.again} />` : html`<${Definition} arn=${resource.arn} />`}
      <div><${Section} title="Start"><${Action} label="Start an execution" fields=${[{ name: "input", label: "Input", value: "{}", lines: 4 }]} run=${async (/** @type {any} */ v) => {
        parsed(v.input);
        const { executionArn } = await surface.operation(scope(), "states", "StartExecution", { stateMachineArn: resource.arn, input: v.input });
        setQuery({ execution: executionArn });
        list.again();
      }} /><//>
      <${Section} title="Executions"><${Rows} none=${machine.type === "EXPRESS" ? "Express executions are told of in logs." : "None has been started."} heads=${["Name", "Status"]} rows=${executions.map(line)} /><//></div>
    </div>
    ${chosen && html`<${MapRuns} key=${"runs of " + chosen} arn=${chosen} /><${History} key=${chosen} arn=${chosen} />`}`;
}

/** @param {{arn: string}} props */
function Definition({ arn }) {
  const { value: plan, error } = useFresh(() => surface.machineGraph(arn), [arn]);
  return html`<${Section} title="Definition"><${Problem} error=${error} /><${Graph} plan=${plan} /><//>`;
}

/** @param {{arn: string, again: () => void}} props */
function Run({ arn, again }) {
  const { value: shown, error } = useFresh(() => surface.execution(arn), [arn]);
  const [chosen, choose] = useState("");
  const [replayed, say] = useState("");
  const described = shown?.execution;
  /** @param {string} operation */
  const run = (operation) => surface.operation(scope(), "states", operation, { executionArn: arn }).then(again, (/** @type {Error} */ problem) => alert(problem.message));
  const replay = () => surface.replay(arn).then(({ executions: [each] }) => say(way(each)), (/** @type {Error} */ problem) => say(problem.message));
  const status = described?.status || "";
  return html`<div><${Section} title=${`Execution ${arn.split(":").slice(-1)[0]}`} actions=${html`<button onClick=${replay} title="Without calling anything">Replay on the present definition</button>${status === "RUNNING" && html`<button class="danger" onClick=${() => run("StopExecution")}>Stop</button>`}${["FAILED", "ABORTED", "TIMED_OUT"].includes(status) && html`<button onClick=${() => run("RedriveExecution")}>Redrive</button>`}`}>
      ${replayed && html`<p class="hint" role="status">${replayed}</p>`}
      <${Problem} error=${error} /><${Graph} plan=${shown?.graph || null} states=${shown?.states} chosen=${chosen} choose=${choose} />
      ${described?.error && html`<p class="error">${described.error}: ${described.cause}</p>`}
      <div class="row"><span class="hint">Input</span><${Json} value=${described?.input || ""} />${described?.output && html`<span class="hint">Output</span><${Json} value=${described.output} />`}</div><//>
    ${chosen && html`<${Section} title=${chosen}><${Rows} none="" heads=${["", "At", "Took", "Attempts", "Input", "Output"]} rows=${visits(shown?.visits || [], chosen).map(visit)} /><//>`}</div>`;
}

/** @param {{arn: string}} props of an execution */
function History({ arn }) {
  const { value, error } = useAnswer("states", "GetExecutionHistory", { executionArn: arn, maxResults: 1000 });
  const events = value?.events || [];
  return html`<${Problem} error=${error} /><${Section} title="History"><${Rows} none="No event is there." heads=${["", "At", "Event", "State", "Details"]} rows=${events.map((/** @type {any} */ each) => [each.id, html`<${At} at=${each.timestamp} />`, each.type, name(each), html`<${Json} value=${details(each)} />`])} /><//>`;
}

/** @param {{departure?: {state: string | null, recorded: any, why: string}, undecided?: Record<string, string>, problem?: string}} each */
function way({ departure, undecided, problem }) {
  if (problem) return "It cannot be replayed: " + problem;
  if (undecided) return "It would go the recorded way, but what a changed state makes of it cannot be told. " + Object.entries(undecided).map((each) => each.join(": ")).join("; ");
  if (!departure) return "It would go the recorded way.";
  return `It would leave its path in ${departure.state || "the execution"}${departure.recorded ? ` (event ${departure.recorded.id})` : ""}: ${departure.why}`;
}

/** Those of a state, wherever they are within. @param {import("../client.js").Visit[]} all @param {string} state @returns {import("../client.js").Visit[]} */
const visits = (all, state) => all.flatMap((each) => [...(each.state === state ? [each] : []), ...visits(each.inner, state)]);

/** @param {import("../client.js").Visit} each */
const visit = (each) => [
  html`${each.iteration === undefined ? "" : `[${each.iteration}] `}<span class=${"tag " + (each.outcome === "done" ? "good" : each.outcome === "failed" ? "bad" : "warn")}>${each.outcome}</span>`,
  html`<${At} at=${each.entered} />`,
  each.exited === undefined ? "" : between(each.entered, each.exited),
  each.attempts || "",
  html`<${Json} value=${each.given || ""} />`,
  each.error ? `${each.error}: ${each.cause || ""}` : html`<${Json} value=${each.gave || ""} />`,
];

/** @param {any} event */
const details = (event) => Object.entries(event).find(([key]) => key.endsWith("EventDetails"))?.[1] || {};

/** @param {any} event */
const name = (event) => details(event).name || "";
