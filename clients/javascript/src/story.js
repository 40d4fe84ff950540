/** Spans as plain text, for the messages of tests that fail. */

const MARKS = new Map([["ok", "✓"], ["again", "↻"], [null, "…"]]);
const LOOKS = /:(Describe|Get|List|Poll|Query|Receive|Scan|Head|Filter)[^:]*$/;
const MOST_OF_A_NOTE = 200; // characters; the console and `headwater trace --full` have the rest
const MISSES = /^(missed|filtered|withheld from) /;

/** The trees of some roots, a line for each span; at most so many lines. */
export function tell(roots, most = 10_000) {
  const lines = roots.filter(counts).flatMap((root) => linesOf(root, ""));
  if (lines.length > most) {
    lines.splice(most, Infinity, `… and ${lines.length - most} more`);
  }
  return lines.join("\n") || "nothing happened";
}

/** What did not take an event or a message that it was offered, and why. */
export function nearMisses(spans) {
  const found = spans.flatMap((span) =>
    Object.entries(span.notes)
      .filter(([key]) => MISSES.test(key))
      .map(([key, why]) => `${span.notes.event ?? span.name}: ${key}: ${why}`),
  );
  return [...new Set(found)];
}

/** Events that were put where there is no rule at all. */
export function unheard(spans) {
  const found = spans.filter(({ notes, children }) => notes.unmatched === 0 && notes.event && children.length === 0);
  return [...new Set(found.map((span) => `${span.notes.event}: ${span.subject} has no rule`))];
}

function counts(span) {
  return span.children.length > 0 || span.outcome !== "ok" || !LOOKS.test(span.name);
}

function linesOf(span, indent) {
  const mark = MARKS.get(span.outcome) ?? "✗";
  const parts = [`${indent}${mark} ${span.name}`, span.subject, mark === "✗" ? span.outcome : ""];
  parts.push(...Object.entries(span.notes).map(([key, value]) => `${key}: ${cut(typeof value === "string" ? value : JSON.stringify(value))}`));
  return [parts.filter(Boolean).join("  "), ...span.children.flatMap((child) => linesOf(child, `${indent}  `))];
}

function cut(note) {
  return note.length <= MOST_OF_A_NOTE ? note : `${note.slice(0, MOST_OF_A_NOTE)}…`;
}
