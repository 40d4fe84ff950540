/** What the map does not draw, for nothing flows through it: a list of each kind, and what AWS's API tells of one. */

import { html, useState } from "../html.js";
import { surface } from "../client.js";
import { dateTime, pretty } from "../format.js";
import { scope } from "../live.js";
import { A, useAddress } from "../router.js";
import { Told } from "./described.js";
import { Problem, Rows, Section, useAnswer } from "./parts.js";

/**
 * How a kind is listed and how one of it is described; `list` and `within` are members of the answers, `name` is the
 * member of an item that names it and `by` the describing request's.
 * @typedef {{title: string, service: string, operation: string, list: string, name: string, describe?: string, by?: string, within?: string, more?: any}} Further
 * @type {Record<string, Further>}
 */
export const FURTHER = {
  connections: { title: "Connections", service: "events", operation: "ListConnections", list: "Connections", name: "Name", describe: "DescribeConnection", by: "Name" },
  replays: { title: "Replays", service: "events", operation: "ListReplays", list: "Replays", name: "ReplayName", describe: "DescribeReplay", by: "ReplayName" },
  mappings: { title: "Event source mappings", service: "lambda", operation: "ListEventSourceMappings", list: "EventSourceMappings", name: "UUID", describe: "GetEventSourceMapping", by: "UUID" },
  "api-keys": { title: "API keys", service: "apigateway", operation: "GetApiKeys", list: "items", name: "id", describe: "GetApiKey", by: "apiKey" },
  registries: { title: "Schema registries", service: "schemas", operation: "ListRegistries", list: "Registries", name: "RegistryName", more: Schemas },
  secrets: { title: "Secrets", service: "secretsmanager", operation: "ListSecrets", list: "SecretList", name: "Name", describe: "DescribeSecret", by: "SecretId", more: Secret },
  parameters: { title: "Parameters", service: "ssm", operation: "DescribeParameters", list: "Parameters", name: "Name", describe: "GetParameter", by: "Name", within: "Parameter" },
  alarms: { title: "Alarms", service: "monitoring", operation: "DescribeAlarms", list: "MetricAlarms", name: "AlarmName" },
  keys: { title: "Keys", service: "kms", operation: "ListKeys", list: "Keys", name: "KeyId", describe: "DescribeKey", by: "KeyId", within: "KeyMetadata" },
};

/** @param {string} kind @param {string} [name] */
const to = (kind, name) => `/console/resources/of/${kind}${name ? "?name=" + encodeURIComponent(name) : ""}`;

/** Links to all kinds. @param {{at?: string}} props */
export const Kinds = ({ at }) => html`<nav class="row kinds" aria-label="Further kinds">${Object.entries(FURTHER).map(([kind, { title }]) => html`<${A} key=${kind} to=${to(kind)} current=${kind === at}>${title}<//>`)}</nav>`;

/** @param {{found: string[]}} props */
export function FurtherPage({ found: [kind] }) {
  const known = FURTHER[kind];
  if (!known) return html`<div class="empty"><h1>There is no such kind</h1><p><${A} to="/console/resources">All resources<//></p></div>`;
  return html`<div class="inner"><div class="head"><h1>${known.title}</h1></div><${Kinds} at=${kind} /><${List} key=${kind} kind=${kind} known=${known} /></div>`;
}

/** @param {{kind: string, known: Further}} props */
function List({ kind, known }) {
  const chosen = useAddress().query.get("name");
  const { value, error } = useAnswer(known.service, known.operation);
  const items = value?.[known.list] || [];
  const item = items.find((/** @type {any} */ each) => each[known.name] === chosen);
  return html`<${Problem} error=${error} />
    ${value && html`<${Rows} none="There is none." heads=${["Name", "State", "Changed"]} rows=${items.map((/** @type {any} */ each) => [html`<${A} to=${to(kind, each[known.name])} current=${each === item}>${each.name || each[known.name]}<//>`, standing(each), changed(each)])} />`}
    ${value && chosen && !item && html`<p class="hint">${chosen} is not there, or not any more.</p>`}
    ${item && html`<${One} key=${chosen} known=${known} name=${chosen} item=${item} />`}`;
}

/** @param {any} each */
const standing = (each) => each.State ?? each.ConnectionState ?? each.StateValue ?? (each.enabled === undefined ? each.Type || "" : each.enabled ? "enabled" : "disabled");

/** The newest of its instants. @param {any} each */
function changed(each) {
  const times = Object.values(each).filter((value) => typeof value === "number" && value > 1e12);
  return times.length ? dateTime(Math.max(.../** @type {number[]} */ (times))) : "";
}

/** @param {{known: Further, name: string, item: any}} props */
function One({ known, name, item }) {
  return html`<${Section} title=${item.name || name}>${known.describe ? html`<${Described} known=${known} name=${name} />` : html`<${Told} answer=${item} />`}<//>
    ${known.more && html`<${known.more} name=${name} />`}`;
}

/** @param {{known: Further, name: string}} props */
function Described({ known, name }) {
  const { value, error } = useAnswer(known.service, /** @type {string} */ (known.describe), { [/** @type {string} */ (known.by)]: name });
  return html`<${Problem} error=${error} />${value && html`<${Told} answer=${known.within ? value[known.within] : value} />`}`;
}

/** Its value, shown when asked for. @param {{name: string}} props */
function Secret({ name }) {
  const [shown, show] = useState("");
  const ask = () => surface.operation(scope(), "secretsmanager", "GetSecretValue", { SecretId: name }).then((answer) => show(answer.SecretString ?? "It is binary."), (/** @type {Error} */ error) => show(error.message));
  return html`<div class="row"><button onClick=${ask}>Show its value</button></div>${shown && html`<pre tabindex="0">${pretty(shown)}</pre>`}`;
}

/** Those of a registry, and one of them. @param {{name: string}} props of the registry */
function Schemas({ name }) {
  const [chosen, choose] = useState("");
  const { value, error } = useAnswer("schemas", "ListSchemas", { RegistryName: name });
  return html`<${Section} title="Schemas"><${Problem} error=${error} /><${Rows} none="It has none." heads=${["Schema", "Versions", "Changed"]} rows=${(value?.Schemas || []).map((/** @type {any} */ each) => [html`<button class="name" aria-pressed=${each.SchemaName === chosen} onClick=${() => choose(each.SchemaName)}>${each.SchemaName}</button>`, each.VersionCount, changed(each)])} /><//>
    ${chosen && html`<${Schema} key=${chosen} registry=${name} name=${chosen} />`}`;
}

/** @param {{registry: string, name: string}} props */
function Schema({ registry, name }) {
  const { value, error } = useAnswer("schemas", "DescribeSchema", { RegistryName: registry, SchemaName: name });
  return html`<${Section} title=${name}><${Problem} error=${error} />${value && html`<pre tabindex="0">${pretty(value.Content)}</pre>`}<//>`;
}
