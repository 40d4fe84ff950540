/** Distributed maps of an execution: how far each is, and the executions that it started. */

import { html } from "../html.js";
import { setQuery } from "../router.js";
import { At, Problem, Rows, Section, useAnswer } from "./parts.js";

/** @param {{arn: string}} props of an execution */
export function MapRuns({ arn }) {
  const { value } = useAnswer("states", "ListMapRuns", { executionArn: arn });
  return (value?.mapRuns || []).map((/** @type {any} */ each) => html`<${MapRun} key=${each.mapRunArn} arn=${each.mapRunArn} />`);
}

/** @param {{arn: string}} props */
function MapRun({ arn }) {
  const { value: run, error } = useAnswer("states", "DescribeMapRun", { mapRunArn: arn });
  const { value: list } = useAnswer("states", "ListExecutions", { mapRunArn: arn, maxResults: 50 });
  const { total = 0, succeeded = 0, failed = 0, running = 0, pending = 0 } = run?.itemCounts || {};
  const told = run && `${run.status.toLowerCase()} · ${succeeded} of ${total} items done${failed ? `, ${failed} failed` : ""}${running + pending ? `, ${running + pending} to come` : ""}`;
  return html`<${Section} title=${`Map run ${arn.split(":").slice(-1)[0]}`} actions=${html`<span class="hint">${told}</span>`}><${Problem} error=${error} />
    <${Rows} none="It has started no execution." heads=${["Execution", "Status", "Began"]} rows=${(list?.executions || []).map((/** @type {any} */ each) => [
      html`<button class="name" title=${each.name} onClick=${() => setQuery({ execution: each.executionArn })}>${each.name}</button>`, each.status.toLowerCase(), html`<${At} at=${each.startDate} />`])} /><//>`;
}
