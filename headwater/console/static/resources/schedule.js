/** A schedule: when it fires next, and firing it now. */

import { html } from "../html.js";
import { surface } from "../client.js";
import { dateTime } from "../format.js";
import { scope } from "../live.js";
import { Action, Facts, Problem, Rows, Section, To, useAnswer } from "./parts.js";

/** @param {import("./page.js").View} view */
export function SchedulePage({ resource }) {
  const [group, name] = resource.arn.split(":schedule/")[1].split("/");
  const { value, error } = useAnswer("scheduler", "GetSchedule", { Name: name, GroupName: group });
  const next = useAnswer("scheduler", "ListOccurrences", { Arn: resource.arn, MaxResults: 10 }).value?.Occurrences || [];
  if (!value) return html`<${Problem} error=${error} />`;
  return html`<div class="columns"><${Section} title="Fires next"><${Rows} none="It does not fire again." heads=${["At"]} rows=${next.map((/** @type {number} */ at) => [dateTime(at)])} />
      <${Action} label="Fire now" fields=${[]} run=${() => surface.operation(scope(), "scheduler", "FireNow", { Arn: resource.arn }).then(() => "It fired.")} /><//>
    <${Section} title="Schedule"><${Facts} of=${{ Expression: value.ScheduleExpression, "Time zone": value.ScheduleExpressionTimezone, State: value.State, Target: html`<${To} arn=${value.Target.Arn} />`, Input: value.Target.Input, Afterwards: value.ActionAfterCompletion, Retries: value.Target.RetryPolicy }} /><//></div>`;
}
