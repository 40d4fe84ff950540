/** An API: its routes, and a request to one. */

import { html } from "../html.js";
import { pretty } from "../format.js";
import { Action, Facts, Problem, Rows, Section, To, useAnswer } from "./parts.js";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/** @param {import("./page.js").View} view */
export function ApiPage({ resource, links }) {
  const rest = resource.type === "AWS::ApiGateway::RestApi";
  const { value, error } = useAnswer(rest ? "apigateway" : "apigatewayv2", "GetStages", rest ? { restApiId: resource.physical } : { ApiId: resource.physical });
  const stages = (value?.item || value?.Items || []).map((/** @type {any} */ each) => each.stageName || each.StageName);
  const base = `/_aws/execute-api/${resource.physical}`;
  const routes = links.filter((each) => each.kind === "integration");
  if (!value) return html`<${Problem} error=${error} />`;
  const [method, path] = (routes.find((each) => !each.name.includes("{")) || routes[0])?.name.split(" ") || [];
  return html`<${Section} title="Routes"><${Rows} none="It has no route to a function." heads=${["Route", "Function"]} rows=${routes.map((each) => [html`<code>${each.name}</code>`, html`<${To} arn=${each.to} />`])} /><//>
    <${Section} title="Try"><${Action} label="Send" fields=${[
      { name: "method", label: "Method", options: METHODS, value: METHODS.includes(method) ? method : "GET" },
      { name: "path", label: "Path", value: (stages[0] && stages[0] !== "$default" ? "/" + stages[0] : "") + (path || "/") },
      { name: "headers", label: "Headers, as JSON", value: "{}" },
      { name: "body", label: "Body", lines: 4 },
    ]} run=${send(base)} /><//>
    <${Section} title="API"><${Facts} of=${{ Address: location.origin + base, Stages: stages.join(", ") }} /><//>`;
}

/** @param {string} base */
const send = (base) => async (/** @type {Record<string, string>} */ v) => {
  const answer = await fetch(base + v.path, { method: v.method, headers: JSON.parse(v.headers || "{}"), body: v.method === "GET" || !v.body ? undefined : v.body });
  return `${answer.status} ${answer.statusText}\n${[...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n")}\n\n${pretty(await answer.text())}`;
};
