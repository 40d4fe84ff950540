/** Logs: the groups, and what stands in one, found by a pattern. */

import { html } from "../html.js";
import { dateTime } from "../format.js";
import { A, setQuery, useAddress } from "../router.js";
import { LogLines } from "./log_lines.js";
import { Problem, Rows, Section, useAnswer } from "./parts.js";

export function LogsPage() {
  const { query } = useAddress();
  const { value, error } = useAnswer("logs", "DescribeLogGroups");
  const group = query.get("group");
  return html`<div class="inner"><div class="head"><h1>Logs</h1></div><${Problem} error=${error} />
    <${Rows} none="Nothing has been logged." heads=${["Group", "Created", "Kept for"]} rows=${(value?.logGroups || []).map((/** @type {any} */ each) => [
      html`<${A} to=${"/console/logs?group=" + encodeURIComponent(each.logGroupName)} current=${each.logGroupName === group}>${each.logGroupName}<//>`,
      dateTime(each.creationTime),
      each.retentionInDays ? `${each.retentionInDays} days` : "ever",
    ])} />
    ${group && html`<${Group} key=${group} name=${group} pattern=${query.get("pattern") || ""} />`}</div>`;
}

/** @param {{name: string, pattern: string}} props */
const Group = ({ name, pattern }) => html`<${Section} title=${name} actions=${html`<input type="search" aria-label="Filter pattern" placeholder="Filter pattern" value=${pattern} onChange=${(/** @type {any} */ e) => setQuery({ pattern: e.target.value })} />`}>
  <${LogLines} group=${name} pattern=${pattern} /><//>`;
