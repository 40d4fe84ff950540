/**
 * A tree of spans as rows, in the order of the tree.
 *
 * @typedef {import("../client.js").Span} Span
 * @typedef {{span: Span, depth: number, begin: number, end: number}} Row times in microseconds
 */

const LOOKS = /:(Describe|Get|List|Head)/;
const ABSENT = /NotFound|NoSuch|NonExistent|DoesNotExist|^404$/;

/** @param {Span[]} roots @returns {Row[]} */
export function rows(roots) {
  /** @type {Row[]} */
  const found = [];
  /** @type {[Span, number][]} */
  const ahead = [...roots].reverse().map((each) => [each, 0]);
  while (ahead.length) {
    const [span, depth] = /** @type {[Span, number]} */ (ahead.pop());
    const begin = span.started * 1000;
    found.push({ span, depth, begin, end: begin + Math.max(1, span.duration || 0) });
    for (let index = span.children.length - 1; index >= 0; index--) ahead.push([span.children[index], depth + 1]);
  }
  return found;
}

/** How a span ended. What looked for something that is not there has not failed: see insight/outcomes.py. @param {Span} span */
export function look(span) {
  if (span.outcome === null) return "open";
  if (span.notes.functionError) return "failed"; // what called it was answered all the same
  if (span.outcome === "ok" || span.outcome === "again") return span.outcome === "ok" ? "" : "again";
  return LOOKS.test(span.name) && (ABSENT.test(span.outcome) || /does not exist/.test(span.notes.error || "")) ? "absent" : "failed";
}
