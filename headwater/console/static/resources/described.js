/** Kinds that have nothing of their own to do: what AWS's API tells of one. */

import { html } from "../html.js";
import { dateTime } from "../format.js";
import { A } from "../router.js";
import { Facts, Json, Problem, Section, To, useAnswer } from "./parts.js";

/**
 * By kind: the operation that describes one, its request, and where in the answer it stands.
 * @type {Record<string, {service: string, operation: string, member: string, within?: string}>}
 */
const ASKED = {
  "AWS::Events::Archive": { service: "events", operation: "DescribeArchive", member: "ArchiveName" },
  "AWS::Events::ApiDestination": { service: "events", operation: "DescribeApiDestination", member: "Name" },
  "AWS::KinesisFirehose::DeliveryStream": { service: "firehose", operation: "DescribeDeliveryStream", member: "DeliveryStreamName", within: "DeliveryStreamDescription" },
};

/** @param {import("./page.js").View} view */
export function DescribedPage({ resource }) {
  const { service, operation, member, within } = ASKED[resource.type];
  const { value, error } = useAnswer(service, operation, { [member]: resource.name });
  return html`<${Problem} error=${error} />${value && html`<${Section} title=${operation}><${Told} answer=${within ? value[within] : value} /><//>`}`;
}

/** An answer's members: instants as dates, ARNs as links. @param {{answer: Record<string, any>}} props */
export const Told = ({ answer }) => html`<${Facts} of=${Object.fromEntries(Object.entries(answer).map(([name, value]) => [name, shown(name, value)]))} />`;

/** @param {string} name @param {any} value */
export function shown(name, value) {
  if (typeof value === "number" && value > 1e12) return dateTime(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  const connection = typeof value === "string" && /^arn:.*:connection\/([^/]+)/.exec(value);
  if (connection) return html`<${A} to=${"/console/resources/of/connections?name=" + encodeURIComponent(connection[1])} title=${value}>${connection[1]}<//>`;
  if (typeof value === "string" && /^arn:.*:(rule|event-bus|stateMachine|function|archive|api-destination)[:/]|^arn:aws:(sqs|sns|s3):/.test(value)) return html`<${To} arn=${value} />`;
  return typeof value === "object" && value !== null ? html`<${Json} value=${value} />` : value;
}
