/** What the pages of resources are made of. */

import { html, useState } from "../html.js";
import { surface } from "../client.js";
import { clockTime, dateTime, pretty, shortName } from "../format.js";
import { scope, useFresh } from "../live.js";
import { A } from "../router.js";

/** An operation's answer, kept fresh. @param {string} service @param {string} operation @param {Record<string, unknown>} [request] */
export function useAnswer(service, operation, request = {}) {
  const here = scope();
  return useFresh(() => surface.operation(here, service, operation, request), [service, operation, JSON.stringify(request), here.account, here.region]);
}

/** @param {{title: string, children?: any, actions?: any}} props */
export const Section = ({ title, children, actions }) => html`<section class="part"><div class="head"><h2>${title}</h2>${actions}</div>${children}</section>`;

/** @param {{error: string | null}} props */
export const Problem = ({ error }) => (error ? html`<p class="error" role="alert">${error}</p>` : null);

/** Names and values. @param {{of: Record<string, any>}} props */
export function Facts({ of }) {
  const shown = Object.entries(of).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${typeof value === "object" && !value.type && !Array.isArray(value) ? html`<pre>${pretty(value)}</pre>` : value}</dd></div>`)}</dl>`;
}

/** @param {{heads: string[], rows: any[][], none: string}} props */
export function Rows({ heads, rows, none }) {
  if (rows.length === 0) return html`<p class="hint">${none}</p>`;
  return html`<div class="scroller" tabindex="0" role="region" aria-label=${heads.join(", ")}><table class="table"><thead><tr>${heads.map((head) => html`<th key=${head}>${head}</th>`)}</tr></thead>
    <tbody>${rows.map((row, index) => html`<tr key=${index}>${row.map((cell, at) => html`<td key=${at}>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

/** JSON that is short at first. @param {{value: any}} props */
export function Json({ value }) {
  const text = pretty(value);
  const flat = text.replace(/\s+/g, " ");
  return flat.length < 90 ? html`<code>${flat}</code>` : html`<details><summary><code>${flat.slice(0, 80)}…</code></summary><pre tabindex="0">${text}</pre></details>`;
}

/** An instant in a table. @param {{at: number}} props */
export const At = ({ at }) => html`<time class="time" title=${dateTime(at)}>${clockTime(at)}</time>`;

/** @param {{arn: string, name?: string}} props */
export const To = ({ arn, name }) => html`<${A} to=${"/console/resources/" + encodeURIComponent(arn)} title=${arn}>${name || shortName(arn)}<//>`;

/** @param {{id: string}} props a trace's id */
export const ToTrace = ({ id }) => html`<${A} to=${"/console/traces/" + id}>${id.slice(0, 10)}…<//>`;

/**
 * A form that runs something: fields by name, what to run, what it said.
 * @param {{fields: {name: string, label: string, value?: string, lines?: number, options?: string[]}[], label: string, danger?: boolean,
 *   confirm?: string, run: (values: Record<string, string>) => Promise<any>, children?: any}} props
 */
export function Action({ fields, label, danger, confirm: question, run, children }) {
  const [values, set] = useState(() => Object.fromEntries(fields.map((each) => [each.name, each.value ?? each.options?.[0] ?? ""])));
  const [said, say] = useState(/** @type {{ok: boolean, what: any} | null} */ (null));
  const [busy, setBusy] = useState(false);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    if (question && !confirm(question)) return;
    setBusy(true);
    try {
      say({ ok: true, what: (await run(values)) ?? "Done." });
    } catch (error) {
      say({ ok: false, what: error instanceof Error ? error.message : String(error) });
    }
    setBusy(false);
  };
  /** @param {string} name @param {string} value */
  const change = (name, value) => set((former) => ({ ...former, [name]: value }));
  return html`<form class="action" onSubmit=${submit}>
    ${fields.map((each) => html`<label key=${each.name}><span>${each.label}</span>${field(each, values[each.name], (value) => change(each.name, value))}</label>`)}
    <div class="row"><button class=${danger ? "danger" : "main"} disabled=${busy}>${label}</button>${children}</div>
    ${said && html`<div role="status">${said.ok ? (typeof said.what === "string" && !said.what.includes("\n") ? html`<p class="hint">${said.what}</p>` : html`<pre>${pretty(said.what)}</pre>`) : html`<p class="error lines">${said.what}</p>`}</div>`}
  </form>`;
}

/** @param {{name: string, lines?: number, options?: string[]}} each @param {string} value @param {(value: string) => void} change */
function field(each, value, change) {
  const input = (/** @type {any} */ event) => change(event.target.value);
  if (each.options) return html`<select value=${value} onChange=${input}>${each.options.map((option) => html`<option key=${option} value=${option}>${option}</option>`)}</select>`;
  return each.lines ? html`<textarea class="mono" rows=${each.lines} spellcheck="false" value=${value} onInput=${input}></textarea>` : html`<input value=${value} onInput=${input} />`;
}

/** Text as JSON. @param {string} text */
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`That is no JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** What `{"$blob": base64}` holds, as text. @param {any} value */
export function blobText(value) {
  if (!value || typeof value !== "object" || !("$blob" in value)) return value === undefined ? "" : String(value);
  return new TextDecoder().decode(Uint8Array.from(atob(value.$blob), (each) => each.charCodeAt(0)));
}

/** @param {string} text */
export function textBlob(text) {
  return { $blob: btoa(String.fromCharCode(...new TextEncoder().encode(text))) };
}
