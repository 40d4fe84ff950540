/** What roles did, or tried, that their policies do not allow, and policies that would. */

import { html } from "./html.js";
import { surface } from "./client.js";
import { clockTime, dateTime, shortName } from "./format.js";
import { useFresh } from "./live.js";
import { A } from "./router.js";
import { Copy } from "./traces/detail.js";

/** @typedef {import("./client.js").Lacking} Lacking */
/** @typedef {import("./client.js").MissingPolicy} MissingPolicy */

export function PermissionsPage() {
  const { value, error } = useFresh(() => surface.permissions(), []);
  const roles = [...new Set((value?.lacking || []).map((each) => each.role))];
  const trusts = (value?.policies || []).filter((each) => each.trust);
  return html`<div class="inner">
    <div class="head"><h1>Permissions</h1><span class="hint">What AWS would refuse, because no policy allows it.</span></div>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${value && roles.length === 0 && html`<div class="empty"><p>Nothing was lacked by what happened so far.</p><p class="hint">Functions, executions, pipes, schedules and rules are watched as soon as they act in roles that exist here.</p></div>`}
    ${roles.map((role) => html`<${Role} key=${role} role=${role} lacking=${value?.lacking.filter((each) => each.role === role)} policy=${value?.policies.find((each) => !each.trust && each.role === role)} />`)}
    ${trusts.map((each) => html`<section key=${each.role} class="lacks"><h2>${shortName(each.role)}</h2><${Policy} policy=${each} title="Its trust policy must also say" /></section>`)}
  </div>`;
}

/** @param {{role: string, lacking: Lacking[], policy: MissingPolicy | undefined}} props */
function Role({ role, lacking, policy }) {
  const sessions = [...new Set(lacking.flatMap((each) => each.sessions))].sort();
  return html`<section class="lacks"><h2 title=${role}>${shortName(role)}</h2><p class="hint">${sessions.join(", ")}</p>
    <div class="scroller"><table class="table"><thead><tr><th>Lacks</th><th>On</th><th class="number wide">Times</th><th>Last</th></tr></thead>
      <tbody>${lacking.map(
        (each) => html`<tr key=${each.action + each.resource}><td><b>${each.action}</b> ${each.refused && html`<span class="tag bad">refused</span>`}${each.reason.startsWith("with") ? html`<div class="hint">${each.reason}</div>` : ""}</td><td class="mono">${each.resource}</td>
          <td class="number wide">${each.times}</td><td class="time"><${A} to=${"/console/traces/" + each.trace} title=${dateTime(each.at)}>${clockTime(each.at)}<//></td></tr>`,
      )}</tbody></table></div>
    ${policy && html`<${Policy} policy=${policy} title="A policy that allows it" />`}
  </section>`;
}

/** @param {{policy: MissingPolicy, title: string}} props */
function Policy({ policy, title }) {
  const text = JSON.stringify(policy.document, null, 2);
  return html`<details><summary>${title}</summary><pre>${text}</pre><${Copy} text=${text} what="JSON" /></details>`;
}
