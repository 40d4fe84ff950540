/** Stacks: what each made, its outputs, and what happened to it. */

import { html } from "../html.js";
import { dateTime } from "../format.js";
import { A, useAddress } from "../router.js";
import { Problem, Rows, Section, useAnswer } from "./parts.js";

/** @param {string} status */
const tag = (status) => html`<span class=${"tag " + (/FAILED|ROLLBACK/.test(status) ? "bad" : /PROGRESS/.test(status) ? "warn" : "good")}>${status}</span>`;

export function StacksPage() {
  const { query } = useAddress();
  const chosen = query.get("stack");
  const { value, error } = useAnswer("cloudformation", "DescribeStacks");
  const stacks = value?.Stacks || [];
  const stack = stacks.find((/** @type {any} */ each) => each.StackName === chosen) || stacks[0];
  return html`<div class="inner"><div class="head"><h1>Stacks</h1></div><${Problem} error=${error} />
    ${value && html`<${Rows} none="No stack is there: headwater up template.yaml" heads=${["Stack", "Status", "Changed"]} rows=${stacks.map((/** @type {any} */ each) => [html`<${A} to=${"/console/stacks?stack=" + encodeURIComponent(each.StackName)}>${each.StackName}<//>`, tag(each.StackStatus), dateTime(each.LastUpdatedTime || each.CreationTime)])} />`}
    ${stack && html`<${Stack} key=${stack.StackId} stack=${stack} />`}</div>`;
}

/** @param {{stack: any}} props */
function Stack({ stack }) {
  const resources = useAnswer("cloudformation", "DescribeStackResources", { StackName: stack.StackName }).value?.StackResources || [];
  const events = useAnswer("cloudformation", "DescribeStackEvents", { StackName: stack.StackName }).value?.StackEvents || [];
  return html`<${Section} title=${`Outputs of ${stack.StackName}`}><${Rows} none="It has none." heads=${["Output", "Value"]} rows=${(stack.Outputs || []).map((/** @type {any} */ each) => [each.OutputKey, /^https?:/.test(each.OutputValue) ? html`<a href=${each.OutputValue}>${each.OutputValue}</a>` : html`<code>${each.OutputValue}</code>`])} /><//>
    <${Section} title="Resources"><${Rows} none="It has none." heads=${["Name", "Type", "Status", "Id"]} rows=${resources.map((/** @type {any} */ each) => [each.LogicalResourceId, each.ResourceType, tag(each.ResourceStatus), html`<code>${each.PhysicalResourceId}</code>`])} /><//>
    <${Section} title="Events"><${Rows} none="Nothing happened." heads=${["At", "Resource", "Status", "Reason"]} rows=${events.slice(0, 100).map((/** @type {any} */ each) => [dateTime(each.Timestamp), each.LogicalResourceId, tag(each.ResourceStatus), each.ResourceStatusReason || ""])} /><//>`;
}
