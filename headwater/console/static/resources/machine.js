/** A state machine: its graph with an execution on it, its executions, their history. */

import { html, useMemo, useState } from "../html.js";
import { surface } from "../client.js";
import { clockTime, dateTime, length } from "../format.js";
import { scope } from "../live.js";
import { setQuery, useAddress } from "../router.js";
import { Action, Json, parsed, Problem, Rows, Section, useAnswer } from "./parts.js";
import { Graph } from "./machine_graph.js";
import { outcomes } from "./machine_states.js";

/** @param {import("./page.js").View} view */
export function MachinePage({ resource }) {
  const { query } = useAddress();
  const { value: machine, error } = useAnswer("states", "DescribeStateMachine", { stateMachineArn: resource.arn });
  const list = useAnswer("states", "ListExecutions", { stateMachineArn: resource.arn, maxResults: 50 });
  const executions = list.value?.executions || [];
  const chosen = query.get("execution") || executions[0]?.executionArn || "";
  const definition = useMemo(() => (machine ? JSON.parse(machine.definition) : null), [machine]);
  if (!machine || !definition) return html`<${Problem} error=${error} />`;
  /** @param {any} each */
  const line = (each) => [
    html`<button aria-pressed=${each.executionArn === chosen} onClick=${() => setQuery({ execution: each.executionArn })}>${each.name.slice(0, 36)}</button>`,
    dateTime(each.startDate),
    each.stopDate ? length((each.stopDate - each.startDate) * 1000) : "",
    html`<span class=${"tag " + (each.status === "SUCCEEDED" ? "good" : each.status === "RUNNING" ? "warn" : "bad")}>${each.status.toLowerCase()}</span>`,
  ];
  return html`<div class="columns wide-left">
      <${Execution} key=${chosen} arn=${chosen} definition=${definition} again=${list.again} />
      <div><${Section} title="Start"><${Action} label="Start an execution" fields=${[{ name: "input", label: "Input", value: "{}", lines: 4 }]} run=${async (/** @type {any} */ v) => {
        parsed(v.input);
        const { executionArn } = await surface.operation(scope(), "states", "StartExecution", { stateMachineArn: resource.arn, input: v.input });
        setQuery({ execution: executionArn });
        list.again();
      }} /><//></div>
    </div>
    <${Section} title="Executions"><${Rows} none=${machine.type === "EXPRESS" ? "Express executions are told of in logs." : "None has been started."} heads=${["Name", "Started", "Took", "Status"]} rows=${executions.map(line)} /><//>`;
}

/** @param {{arn: string, definition: any, again: () => void}} props */
function Execution({ arn, definition, again }) {
  if (!arn) return html`<${Section} title="Definition"><${Graph} definition=${definition} states=${new Map()} /><//>`;
  return html`<${Run} arn=${arn} definition=${definition} again=${again} />`;
}

/** @param {{arn: string, definition: any, again: () => void}} props */
function Run({ arn, definition, again }) {
  const described = useAnswer("states", "DescribeExecution", { executionArn: arn }).value;
  const { value: history, error } = useAnswer("states", "GetExecutionHistory", { executionArn: arn, maxResults: 1000 });
  const events = history?.events || [];
  const states = useMemo(() => outcomes(events), [history]);
  /** @param {string} operation */
  const run = (operation) => surface.operation(scope(), "states", operation, { executionArn: arn }).then(again, (/** @type {Error} */ problem) => alert(problem.message));
  const status = described?.status || "";
  return html`<div><${Section} title=${`Execution ${arn.split(":").slice(-1)[0]}`} actions=${html`${status === "RUNNING" && html`<button class="danger" onClick=${() => run("StopExecution")}>Stop</button>`}${["FAILED", "ABORTED", "TIMED_OUT"].includes(status) && html`<button onClick=${() => run("RedriveExecution")}>Redrive</button>`}`}>
      <${Problem} error=${error} /><${Graph} definition=${definition} states=${states} />
      ${described?.error && html`<p class="error">${described.error}: ${described.cause}</p>`}
      <div class="row"><span class="hint">Input</span><${Json} value=${described?.input || ""} />${described?.output && html`<span class="hint">Output</span><${Json} value=${described.output} />`}</div><//>
    <${Section} title="History"><${Rows} none="No event is there." heads=${["", "At", "Event", "State", "Details"]} rows=${events.map((/** @type {any} */ each) => [each.id, clockTime(each.timestamp), each.type, name(each), html`<${Json} value=${details(each)} />`])} /><//></div>`;
}

/** @param {any} event */
const details = (event) => Object.entries(event).find(([key]) => key.endsWith("EventDetails"))?.[1] || {};

/** @param {any} event */
const name = (event) => details(event).name || "";
