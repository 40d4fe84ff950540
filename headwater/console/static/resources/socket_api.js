/** A WebSocket API: its routes, who is connected, and a connection of one's own. */

import { html, useEffect, useRef, useState } from "../html.js";
import { surface } from "../client.js";
import { clockTime } from "../format.js";
import { scope } from "../live.js";
import { Action, At, Facts, Json, Problem, Rows, Section, textBlob, To, useAnswer } from "./parts.js";

const MOST_KEPT = 200;

/** @param {import("./page.js").View} view */
export function SocketApiPage({ resource, links }) {
  const api = { ApiId: resource.physical };
  const { value: stages, error } = useAnswer("apigatewayv2", "GetStages", api);
  const { value: open, again } = useAnswer("execute-api", "ListConnections", api);
  const names = (stages?.Items || []).map((/** @type {any} */ each) => each.StageName);
  const address = `ws${location.protocol === "https:" ? "s" : ""}://${location.host}/_aws/execute-api/${resource.physical}`;
  const routes = links.filter((each) => each.kind === "integration");
  if (!stages) return html`<${Problem} error=${error} />`;
  return html`<${Section} title="Connections"><${Rows} none="Nobody is connected." heads=${["Connection", "Stage", "Since", "Last used", ""]} rows=${(open?.Connections || []).map(line)} /><//>
    <${Section} title="Routes"><${Rows} none="It has no route to a function." heads=${["Route", "Function"]} rows=${routes.map((each) => [html`<code>${each.name}</code>`, html`<${To} arn=${each.to} />`])} /><//>
    <div class="columns">${names.length ? html`<${Own} address=${address} stages=${names} changed=${again} />` : html`<${Section} title="Connect"><p class="hint">It has no stage yet: there is nothing to connect to.</p><//>`}
      <${Section} title="Send to a connection"><${Action} label="Send" fields=${[{ name: "id", label: "Connection" }, { name: "data", label: "Message", value: "{}", lines: 3 }]}
        run=${(/** @type {any} */ v) => surface.operation(scope(), "execute-api", "PostToConnection", { ConnectionId: v.id, Data: textBlob(v.data) }).then(() => "Sent.")} /><//></div>
    <${Section} title="API"><${Facts} of=${{ Address: address, Stages: names.join(", ") }} /><//>`;
}

/** @param {any} each */
const line = (each) => [
  html`<code>${each.ConnectionId}</code>`,
  each.Stage,
  html`<${At} at=${each.ConnectedAt} />`,
  html`<${At} at=${each.LastActiveAt} />`,
  html`<button class="danger" onClick=${() => surface.operation(scope(), "execute-api", "DeleteConnection", { ConnectionId: each.ConnectionId }).catch(() => {})}>Disconnect</button>`,
];

/** A connection from this page; it ends when the page is left. Without a route nothing is seen to happen then: `changed`
 *  is told. @param {{address: string, stages: string[], changed: () => void}} props */
function Own({ address, stages, changed }) {
  const [stage, choose] = useState(stages[0]);
  const [text, set] = useState("{}");
  const [state, say] = useState("");
  const [heard, hear] = useState(/** @type {{at: number, from: string, text: string}[]} */ ([]));
  const socket = useRef(/** @type {WebSocket | null} */ (null));
  useEffect(() => () => socket.current?.close(), []);
  /** @param {string} from @param {string} text */
  const tell = (from, text) => hear((former) => [{ at: Date.now(), from, text }, ...former].slice(0, MOST_KEPT));
  const connect = () => {
    socket.current?.close();
    const made = (socket.current = new WebSocket(`${address}/${stage}`));
    const mine = (/** @type {(event: any) => void} */ act) => (/** @type {any} */ event) => void (socket.current === made && act(event));
    say("connecting");
    made.onopen = mine(() => (say("connected"), changed()));
    made.onmessage = mine(({ data }) => tell("the API", String(data)));
    made.onclose = mine(({ code, reason }) => (say(`not connected (${code}${reason ? ": " + reason : ""})`), (socket.current = null), changed()));
  };
  /** @param {Event} event */
  const send = (event) => {
    event.preventDefault();
    if (socket.current?.readyState !== WebSocket.OPEN) return say("not connected");
    socket.current.send(text);
    tell("you", text);
  };
  return html`<${Section} title="Connect"><div class="row"><select aria-label="Stage" value=${stage} onChange=${(/** @type {any} */ e) => choose(e.target.value)}>${stages.map((each) => html`<option key=${each} value=${each}>${each}</option>`)}</select>
      <button class="main" onClick=${connect}>Connect</button><button onClick=${() => socket.current?.close()}>Disconnect</button><span class="hint" role="status">${state}</span></div>
    <form class="row" onSubmit=${send}><input class="mono" aria-label="Message" value=${text} onInput=${(/** @type {any} */ e) => set(e.target.value)} /><button>Send</button></form>
    <${Rows} none="What is said is shown here." heads=${["At", "From", "Message"]} rows=${heard.map((each) => [clockTime(each.at), each.from, html`<${Json} value=${each.text} />`])} /><//>`;
}
