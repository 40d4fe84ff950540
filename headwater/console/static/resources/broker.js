/** The MQTT broker: who is connected, devices' shadows, publishing, and listening. */

import { html, useEffect, useRef, useState } from "../html.js";
import { surface } from "../client.js";
import { clockTime } from "../format.js";
import { scope } from "../live.js";
import { Action, Json, Problem, Rows, Section, textBlob, useAnswer } from "./parts.js";

const MOST_KEPT = 200;

/** @param {import("./page.js").View} _view */
export function BrokerPage(_view) {
  const { value, error } = useAnswer("iot-mqtt", "ListClients");
  return html`<${Problem} error=${error} />
    <${Section} title="Clients"><${Rows} none="Nobody is connected, and no session is kept." heads=${["Client", "State", "Listens to"]} rows=${(value?.Clients || []).map((/** @type {any} */ each) => [each.ClientId, html`<span class=${"tag" + (each.Connected ? " good" : "")}>${each.Connected ? "connected" : "kept"}</span>`, each.TopicFilters.map((/** @type {string} */ one) => html`<code key=${one}>${one}</code> `)])} /><//>
    <div class="columns"><${Section} title="Publish"><${Action} label="Publish" fields=${[{ name: "topic", label: "Topic", value: "test" }, { name: "payload", label: "Payload", value: "{}", lines: 4 }]}
      run=${(/** @type {any} */ v) => surface.operation(scope(), "iotdata", "Publish", { topic: v.topic, payload: textBlob(v.payload), qos: 1 }).then(() => "Published.")} /><//>
      <${Listening} /></div>
    <${Shadows} />`;
}

function Shadows() {
  const { value, error } = useAnswer("iot-mqtt", "ListShadows");
  return html`<${Problem} error=${error} />
    <${Section} title="Device shadows"><${Rows} none="No device has a shadow." heads=${["Thing", "Shadow", "Version", "State"]} rows=${(value?.Shadows || []).map((/** @type {any} */ each) => [each.ThingName, each.ShadowName || "classic", each.Version, html`<${Json} value=${each.State} />`])} /><//>`;
}

function Listening() {
  const [filter, setFilter] = useState("#");
  const [state, say] = useState("");
  const [heard, hear] = useState(/** @type {{at: number, topic: string, payload: string}[]} */ ([]));
  const client = useRef(/** @type {any} */ (null));
  useEffect(() => () => client.current?.end(true), []);
  /** @param {Event} event */
  const listen = async (event) => {
    event.preventDefault();
    const { default: mqtt } = await import("../vendor/mqtt.js");
    client.current?.end(true);
    const made = (client.current = mqtt.connect(`ws${location.protocol === "https:" ? "s" : ""}://${location.host}/mqtt`, { clientId: "console-" + Math.random().toString(16).slice(2), reconnectPeriod: 0, timerVariant: "native" }));
    made.on("connect", () => made.subscribe(filter, (/** @type {Error | null} */ problem) => say(problem ? problem.message : `listening to ${filter}`)));
    made.on("error", (/** @type {Error} */ problem) => say(problem.message));
    made.on("message", (/** @type {string} */ topic, /** @type {Uint8Array} */ payload) =>
      hear((former) => [{ at: Date.now(), topic, payload: new TextDecoder().decode(payload) }, ...former].slice(0, MOST_KEPT)));
  };
  return html`<${Section} title="Listen"><form class="row" onSubmit=${listen}><input aria-label="Topic filter" value=${filter} onInput=${(/** @type {any} */ e) => setFilter(e.target.value)} /><button class="main">Listen</button><span class="hint" role="status">${state}</span></form>
    <${Rows} none=${state ? "Nothing was published yet." : "Messages are shown here."} heads=${["At", "Topic", "Payload"]} rows=${heard.map((each) => [clockTime(each.at), html`<code>${each.topic}</code>`, html`<${Json} value=${each.payload} />`])} /><//>`;
}
