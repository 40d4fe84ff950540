/** A trace is told with long texts cut. What is to be sent again is asked for whole. */

import { surface } from "../client.js";

/** @typedef {import("../client.js").Span} Span @typedef {import("../client.js").Published} Published */

const CUT = / characters in all]$/;

/** @param {unknown} value */
export const isCut = (value) => typeof value === "string" && CUT.test(value);

/** Whether what a function was given is not known whole. @param {Span} span */
export const lacks = (span) => isCut(span.notes.input) && Boolean(span.subject?.includes(":function:"));

/**
 * Puts in place what was cut of these spans and of what they published.
 * @param {Span[]} spans @param {Published[]} published in their trace @returns {Promise<boolean>} whether there was any
 */
export async function complete(spans, published) {
  const senders = new Set(published.filter((each) => isCut(each.body)).map((each) => each.span));
  const cut = spans.filter((each) => lacks(each) || senders.has(each.id));
  await Promise.all(cut.map((each) => surface.span(each.id).then((whole) => put(each, whole, published), () => {})));
  return cut.length > 0;
}

/** @param {Span} span @param {Span & {published: Published[]}} whole @param {Published[]} published */
function put(span, whole, published) {
  Object.assign(span.notes, whole.notes);
  for (const each of published) {
    const found = whole.published.find((known) => known.id === each.id && known.channel === each.channel);
    if (found) each.body = found.body;
  }
}
