/**
 * Time on the waterfall. Where nothing runs for long (a Wait of a month, a retry in an hour) the axis is broken, so that
 * what did run can still be seen.
 *
 * @typedef {{at: (time: number) => number, breaks: {at: number, skipped: number}[], total: number}} Scale
 *   `at` gives a share from 0 to 1 of a time in microseconds
 */

const SHARE_OF_A_BREAK = 0.035;
const WORTH_BREAKING = 5;

/** @param {[number, number][]} intervals begin and end in microseconds @returns {Scale} */
export function scale(intervals) {
  const busy = merged(intervals);
  const active = busy.reduce((sum, [from, to]) => sum + to - from, 0) || 1;
  /** @type {{from: number, to: number, wide: number, broken: boolean}[]} */
  const pieces = [];
  busy.forEach(([from, to], index) => {
    if (index > 0) {
      const gap = from - busy[index - 1][1];
      const broken = gap > active / WORTH_BREAKING && gap > 50_000;
      pieces.push({ from: busy[index - 1][1], to: from, wide: broken ? active * SHARE_OF_A_BREAK : gap, broken });
    }
    pieces.push({ from, to, wide: to - from, broken: false });
  });
  const whole = pieces.reduce((sum, each) => sum + each.wide, 0) || 1;
  let along = 0;
  const placed = pieces.map((each) => {
    const begin = along / whole;
    along += each.wide;
    return { ...each, begin, end: along / whole };
  });
  return {
    at: (time) => position(placed, time),
    breaks: placed.filter((each) => each.broken).map((each) => ({ at: each.begin, skipped: each.to - each.from })),
    total: busy.length ? busy[busy.length - 1][1] - busy[0][0] : 0,
  };
}

/** @param {[number, number][]} intervals */
function merged(intervals) {
  /** @type {[number, number][]} */
  const found = [];
  for (const [from, to] of [...intervals].sort((a, b) => a[0] - b[0])) {
    const last = found[found.length - 1];
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else found.push([from, Math.max(to, from)]);
  }
  return found;
}

/** @param {{from: number, to: number, begin: number, end: number}[]} placed @param {number} time */
function position(placed, time) {
  let [low, high] = [0, placed.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (placed[middle].to < time) low = middle + 1;
    else high = middle;
  }
  const piece = placed[low];
  if (!piece) return 0;
  const share = piece.to === piece.from ? 0 : Math.min(1, Math.max(0, (time - piece.from) / (piece.to - piece.from)));
  return piece.begin + share * (piece.end - piece.begin);
}
