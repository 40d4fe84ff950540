/** A function: invoking it, what it wrote, its code and configuration. */

import { html, useEffect, useState } from "../html.js";
import { surface } from "../client.js";
import { pretty } from "../format.js";
import { scope } from "../live.js";
import { Action, blobText, Facts, parsed, Problem, Section, textBlob, useAnswer } from "./parts.js";
import { LogLines } from "./log_lines.js";
import { unzip } from "./unzip.js";
import { rows } from "../traces/rows.js";
import { isCut } from "../traces/whole.js";

/** @param {import("./page.js").View} view */
export function FunctionPage({ resource }) {
  const { value, error } = useAnswer("lambda", "GetFunction", { FunctionName: resource.name });
  if (!value) return html`<${Problem} error=${error} />`;
  const settings = value.Configuration;
  const group = settings.LoggingConfig?.LogGroup || `/aws/lambda/${resource.name}`;
  return html`<div class="columns">
      <${Invoke} resource=${resource} />
      <${Section} title="Configuration"><${Facts} of=${{ Runtime: settings.Runtime, Handler: settings.Handler, Memory: `${settings.MemorySize} MB`, Timeout: `${settings.Timeout} s`, State: settings.State, Environment: settings.Environment?.Variables }} /><//>
    </div>
    <${Section} title="Logs"><${LogLines} group=${group} of=${group.endsWith("/" + resource.name) ? "" : resource.name} /><//>
    <${Code} location=${value.Code?.Location} digest=${settings.CodeSha256} />`;
}

/** @param {{resource: import("../client.js").Resource}} props */
function Invoke({ resource }) {
  const [event, set] = useState("{}");
  const [said, say] = useState("");
  const last = async () => {
    const found = await lastEvent(resource);
    found === null ? say("It has not been invoked yet.") : (set(pretty(found)), say(""));
  };
  return html`<${Section} title="Invoke" actions=${html`<button onClick=${last}>Take the last event</button><span class="hint" role="status">${said}</span>`}>
    <${Action} key=${event} label="Invoke" fields=${[{ name: "event", label: "Event", value: event, lines: 8 }]} run=${(/** @type {any} */ v) => invoke(resource.name, v.event)} /><//>`;
}

/** What the function was last given, or null. @param {import("../client.js").Resource} resource */
async function lastEvent(resource) {
  for (const { trace } of (await surface.traces({ text: resource.name, limit: 10 })).traces) {
    const runs = rows((await surface.trace(trace)).spans).filter(({ span }) => span.subject?.startsWith(resource.arn) && span.notes.input !== undefined);
    const last = runs[runs.length - 1]?.span;
    if (last) return isCut(last.notes.input) ? (await surface.span(last.id)).notes.input : last.notes.input;
  }
  return null;
}

/** @param {string} name @param {string} event */
async function invoke(name, event) {
  parsed(event);
  const answer = await surface.operation(scope(), "lambda", "Invoke", { FunctionName: name, Payload: textBlob(event), LogType: "Tail" });
  const payload = blobText(answer.Payload);
  const log = answer.LogResult ? new TextDecoder().decode(Uint8Array.from(atob(answer.LogResult), (each) => each.charCodeAt(0))) : "";
  const shown = `${pretty(payload)}\n\n${log}`;
  if (answer.FunctionError) throw new Error(`${answer.FunctionError}: ${shown}`);
  return shown;
}

/** @param {{location: string | undefined, digest: string}} props */
function Code({ location, digest }) {
  const [files, set] = useState(/** @type {{name: string, text: () => Promise<string>}[]} */ ([]));
  const [shown, show] = useState(/** @type {{name: string, text: string} | null} */ (null));
  useEffect(() => {
    if (!location) return;
    fetch(new URL(location).pathname)
      .then((answer) => answer.arrayBuffer())
      .then((bytes) => set(unzip(bytes)), () => set([]));
  }, [digest]);
  if (!files.length) return null;
  return html`<${Section} title="Code"><div class="row">${files.slice(0, 60).map((each) => html`<button key=${each.name} aria-pressed=${shown?.name === each.name} onClick=${async () => show({ name: each.name, text: await each.text() })}>${each.name}</button>`)}</div>
    ${shown && html`<pre class="code" tabindex="0">${shown.text}</pre>`}<//>`;
}
