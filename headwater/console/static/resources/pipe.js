/** A pipe: what it reads, how it filters and enriches, where it leads, starting and stopping it. */

import { html } from "../html.js";
import { surface } from "../client.js";
import { scope } from "../live.js";
import { Facts, Json, Problem, Rows, Section, To, useAnswer } from "./parts.js";

/** @param {import("./page.js").View} view */
export function PipePage({ resource }) {
  const { value, error, again } = useAnswer("pipes", "DescribePipe", { Name: resource.name });
  if (!value) return html`<${Problem} error=${error} />`;
  const running = value.DesiredState === "RUNNING";
  const turn = () => surface.operation(scope(), "pipes", running ? "StopPipe" : "StartPipe", { Name: resource.name }).then(again);
  const filters = value.SourceParameters?.FilterCriteria?.Filters || [];
  const state = html`<span class=${"tag " + (value.CurrentState === "RUNNING" ? "good" : /FAILED/.test(value.CurrentState) ? "bad" : "warn")}>${value.CurrentState.toLowerCase()}</span>`;
  return html`<${Section} title="Pipe" actions=${html`<button onClick=${turn}>${running ? "Stop" : "Start"}</button>`}><${Facts} of=${{
      State: html`${state} ${value.StateReason || ""}`,
      Source: html`<${To} arn=${value.Source} />`,
      Enrichment: value.Enrichment && html`<${To} arn=${value.Enrichment} />`,
      Target: html`<${To} arn=${value.Target} />`,
      "Input template": value.TargetParameters?.InputTemplate,
    }} /><//>
    <${Section} title="Filters"><${Rows} none="Everything passes." heads=${["Passes what matches"]} rows=${filters.map((/** @type {any} */ each) => [html`<${Json} value=${each.Pattern} />`])} /><//>`;
}
