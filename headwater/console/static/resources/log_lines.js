/** The newest lines of a log group: of its streams the last that were written to, each from its end. */

import { html } from "../html.js";
import { surface } from "../client.js";
import { clockTime } from "../format.js";
import { scope, useFresh } from "../live.js";
import { Problem } from "./parts.js";

const STREAMS = 12;
const LINES = 500;
const MOST_PAGES = 40;

/** @typedef {{timestamp: number, message: string}} Line */

/** @param {string} logGroupName @param {string} [of] a name that its streams have in theirs, where any has @returns {Promise<Line[]>} */
async function newest(logGroupName, of = "") {
  const { logStreams } = await surface.operation(scope(), "logs", "DescribeLogStreams", { logGroupName, orderBy: "LastEventTime", descending: true, limit: 50 });
  const own = logStreams.filter((/** @type {any} */ each) => each.logStreamName.includes(of));
  const read = (own.length ? own : logStreams).slice(0, STREAMS).map((/** @type {any} */ each) => surface.operation(scope(), "logs", "GetLogEvents", { logGroupName, logStreamName: each.logStreamName, limit: LINES }));
  const lines = (await Promise.all(read)).flatMap((each) => each.events);
  return lines.sort((a, b) => a.timestamp - b.timestamp).slice(-LINES);
}

/** @param {string} logGroupName @param {string} filterPattern @returns {Promise<Line[]>} */
async function matching(logGroupName, filterPattern) {
  /** @type {Line[]} */
  let lines = [];
  let nextToken;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await surface.operation(scope(), "logs", "FilterLogEvents", { logGroupName, filterPattern, nextToken });
    lines = [...lines, ...answer.events].slice(-LINES);
    if (!(nextToken = answer.nextToken)) break;
  }
  return lines;
}

/** @param {{group: string, of?: string, pattern?: string}} props */
export function LogLines({ group, of = "", pattern = "" }) {
  const { value, error } = useFresh(() => (pattern ? matching(group, pattern) : newest(group, of)), [group, of, pattern]);
  /** @param {HTMLElement | null} box */
  const toEnd = (box) => void (box && (box.scrollTop = box.scrollHeight));
  if (!value) return html`<${Problem} error=${error} />`;
  return html`<${Problem} error=${error} />
    ${value.length === 0 ? html`<p class="hint">${pattern ? "Nothing matches." : "Nothing has been written yet."}</p>` : html`<pre class="log" tabindex="0" ref=${toEnd}>${value.map((each) => html`<div><time>${clockTime(each.timestamp)}</time><span>${each.message.trimEnd()}</span></div>`)}</pre>`}`;
}
