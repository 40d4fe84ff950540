/** One resource: what it is, what it is linked with, what happened to it of late. */

import { html, useEffect, useState } from "../html.js";
import { surface } from "../client.js";
import { kindOf, Glyph } from "../kinds.js";
import { clockTime, length, ownerOf, shortName } from "../format.js";
import { architecture, scope, useFresh } from "../live.js";
import { state } from "../map/graph.js";
import { A } from "../router.js";
import { Json } from "./parts.js";

/**
 * What the page of a kind is given.
 * @typedef {{resource: import("../client.js").Resource, links: import("../client.js").Link[], dead: boolean}} View
 * @type {Record<string, () => Promise<any>>}
 */
const VIEWS = {
  "AWS::SQS::Queue": () => import("./queue.js").then((m) => m.QueuePage),
  "AWS::SNS::Topic": () => import("./topic.js").then((m) => m.TopicPage),
  "AWS::Events::EventBus": () => import("./bus.js").then((m) => m.BusPage),
  "AWS::Events::Rule": () => import("./rule.js").then((m) => m.RulePage),
  "AWS::DynamoDB::Table": () => import("./table.js").then((m) => m.TablePage),
  "AWS::S3::Bucket": () => import("./bucket.js").then((m) => m.BucketPage),
  "AWS::Lambda::Function": () => import("./function.js").then((m) => m.FunctionPage),
  "AWS::StepFunctions::StateMachine": () => import("./machine.js").then((m) => m.MachinePage),
  "AWS::ApiGatewayV2::Api": () => import("./api.js").then((m) => m.ApiPage),
  WebSocketApi: () => import("./socket_api.js").then((m) => m.SocketApiPage),
  "AWS::ApiGateway::RestApi": () => import("./api.js").then((m) => m.ApiPage),
  "AWS::IoT::Broker": () => import("./broker.js").then((m) => m.BrokerPage),
  "AWS::Pipes::Pipe": () => import("./pipe.js").then((m) => m.PipePage),
  "AWS::Kinesis::Stream": () => import("./stream.js").then((m) => m.StreamPage),
  "AWS::Events::Archive": () => import("./described.js").then((m) => m.DescribedPage),
  "AWS::Events::ApiDestination": () => import("./described.js").then((m) => m.DescribedPage),
  "AWS::KinesisFirehose::DeliveryStream": () => import("./described.js").then((m) => m.DescribedPage),
  "AWS::Scheduler::Schedule": () => import("./schedule.js").then((m) => m.SchedulePage),
};

/** The page of a kind, loaded when it is asked for. @param {View} view */
function Own(view) {
  const [drawn, set] = useState(/** @type {{of: string, draw: any} | null} */ (null));
  const { type } = view.resource;
  useEffect(() => void VIEWS[type]?.().then((draw) => set({ of: type, draw })), [type]);
  return drawn && drawn.of === type ? html`<${drawn.draw} key=${view.resource.arn} ...${view} />` : null;
}

/** @param {{found: string[]}} props */
export function ResourcePage({ found: [arn] }) {
  const here = scope();
  const { value, error } = useFresh(() => architecture(here), [here.account, here.region]);
  const resource = value?.resources.find((each) => each.arn === arn) || null;
  const dead = value?.links.some((each) => each.kind === "dead letter" && each.to === arn) || false;
  if (value && !resource && ownerOf(arn) !== arn) return html`<${ResourcePage} found=${[ownerOf(arn)]} />`;
  if (value && !resource) return html`<div class="empty"><h1>No such resource</h1><p><code>${arn}</code></p><p><${A} to="/console/resources">All resources<//></p></div>`;
  if (!value || !resource) return error ? html`<p class="error" role="alert">${error}</p>` : null;
  const { badge, alarm } = state(resource, dead);
  return html`<div class="inner">
    <div class="head"><${Glyph} type=${resource.type} size=${28} /><div><h1>${resource.name}</h1><span class="hint">${[kindOf(resource.type).service, kindOf(resource.type).title].filter(Boolean).join(" · ")}${resource.stack ? ` · ${resource.logical} of ${resource.stack}` : ""}</span></div>${badge && html`<span class=${"tag" + (alarm ? " bad" : "")}>${badge}</span>`}</div>
    ${resource.type === "stranger" && html`<p class="hint">Something names it, but it is not here: it was deleted, never made, or is in another account or region.</p>`}
    ${resource.error && html`<p class="error">${resource.error}</p>`}
    <p class="mono">${resource.arn}</p>
    <${Own} resource=${resource} links=${value.links.filter((each) => each.from === arn || each.to === arn)} dead=${dead} />
    <${Links} title="Gets work from" links=${value.links.filter((each) => each.to === arn)} end="from" all=${value.resources} />
    <${Links} title="Gives work to" links=${value.links.filter((each) => each.from === arn)} end="to" all=${value.resources} />
    <${Recent} resource=${resource} />
  </div>`;
}

/** @param {{title: string, links: import("../client.js").Link[], end: "from" | "to", all: import("../client.js").Resource[]}} props */
function Links({ title, links, end, all }) {
  if (links.length === 0) return null;
  return html`<h2>${title}</h2><div class="scroller"><table class="table"><tbody>${links.map((each, index) => {
    const other = all.find((one) => one.arn === each[end]);
    return html`<tr key=${index}><td>${other && html`<${Glyph} type=${other.type} />`} <${A} to=${"/console/resources/" + encodeURIComponent(each[end])}>${other?.logical || other?.name || each[end]}<//></td><td>${each.kind} <span class="hint">${shortName(each.name).split(":").slice(-1)[0]}</span></td><td>${each.only && html`<${Json} value=${each.only} />`}</td></tr>`;
  })}</tbody></table></div>`;
}

/** @param {{resource: import("../client.js").Resource}} props */
function Recent({ resource }) {
  const { value } = useFresh(() => surface.traces({ text: resource.name, limit: 20 }), [resource.arn]);
  if (!value?.traces.length) return null;
  return html`<h2>Of late</h2><div class="scroller"><table class="table"><tbody>${value.traces.map(
    (each) => html`<tr key=${each.trace}><td class="time"><${A} to=${"/console/traces/" + each.trace}>${clockTime(each.started)}<//></td><td>${each.name}</td><td class="number">${length(each.duration)}</td><td>${each.failures ? html`<span class="tag bad">${each.failures} failed</span>` : html`<span class="tag good">ok</span>`}</td></tr>`,
  )}</tbody></table></div>`;
}
