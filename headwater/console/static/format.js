/** How times, lengths, names and ARNs are shown. */

const TIME = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat([], { year: "numeric", month: "short", day: "numeric" });

/** @param {number} ms milliseconds since the epoch */
export const clockTime = (ms) => `${TIME.format(ms)}.${String(Math.floor(ms) % 1000).padStart(3, "0")}`;

/** @param {number} ms */
export const dateTime = (ms) => `${DAY.format(ms)} ${clockTime(ms)}`;

/** @param {number} microseconds */
export function length(microseconds) {
  if (microseconds < 1000) return `${microseconds} µs`;
  const ms = microseconds / 1000;
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 120) return `${seconds.toFixed(seconds < 10 ? 2 : 0)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} d`;
}

/** How long it was between two instants in ms, which tell no more than that. @param {number} from @param {number} to */
export const between = (from, to) => (to > from ? length((to - from) * 1000) : "< 1 ms");

/** What comes after the last separator of an ARN. @param {string} arn */
export function shortName(arn) {
  if (!arn.startsWith("arn:")) return arn;
  const resource = arn.split(":").slice(5).join(":");
  const [, method, path] = /^[^/]+\/[^/]+\/([A-Z]+)(\/.*)?$/.exec(arn.includes(":execute-api:") ? resource : "") || [];
  if (method) return `${method} ${path || "/"}`;
  const kept = resource.replace(/^(function|table|rule|execution|express|stateMachine|event-bus|topic)[:/]/, "");
  return kept || resource;
}

/** The resource to which an ARN in a span belongs: an object's bucket, an execution's state machine. @param {string} arn */
export function ownerOf(arn) {
  return arn
    .replace(/^(arn:aws:s3:::[^/]+)\/.*$/, "$1")
    .replace(/^(arn:[^:]+:dynamodb:[^:]*:[^:]*:table\/[^/]+)\/.*$/, "$1")
    .replace(/^(arn:[^:]+:states:[^:]*:[^:]*:)(?:execution|express):([^:/]+).*$/, "$1stateMachine:$2")
    .replace(/^(arn:[^:]+:lambda:[^:]*:[^:]*:function:[^:]+):.*$/, "$1")
    .replace(/^(arn:[^:]+:sns:[^:]*:[^:]*:[^:]+):.*$/, "$1")
    .replace(/^(arn:[^:]+:execute-api:[^:]*:[^:]*:[^/]+)\/.*$/, "$1")
    .replace(/^(arn:[^:]+:iot:[^:]*:[^:]*:topic)\/.*$/, "$1");
}

/** @param {number} n */
export const count = (n) => (n < 1000 ? String(n) : n < 1e6 ? `${(n / 1000).toFixed(n < 1e4 ? 1 : 0)}k` : `${(n / 1e6).toFixed(1)}M`);

/** @param {unknown} value JSON, or text that may be JSON */
export function pretty(value) {
  if (typeof value === "string") {
    try {
      return JSON.stringify(JSON.parse(value), null, 2);
    } catch {
      return value;
    }
  }
  return JSON.stringify(value, null, 2);
}
