/** A table: its items, by scan or by key. */

import { html, useEffect, useState } from "../html.js";
import { surface } from "../client.js";
import { scope } from "../live.js";
import { Facts, Json, Problem, Rows, Section, useAnswer } from "./parts.js";

const PAGE = 50;

/** @param {import("./page.js").View} view */
export function TablePage({ resource }) {
  const { value, error } = useAnswer("dynamodb", "DescribeTable", { TableName: resource.name });
  if (!value) return html`<${Problem} error=${error} />`;
  const table = value.Table;
  const keys = table.KeySchema.map((/** @type {any} */ each) => each.AttributeName);
  return html`<${Items} table=${table} keys=${keys} />
    <${Section} title="Table"><${Facts} of=${{ Keys: keys.join(", "), Indexes: (table.GlobalSecondaryIndexes || []).map((/** @type {any} */ each) => each.IndexName).join(", "), Stream: table.StreamSpecification?.StreamViewType, Items: table.ItemCount, Billing: table.BillingModeSummary?.BillingMode || "PROVISIONED" }} /><//>`;
}

/** @param {{table: any, keys: string[]}} props */
function Items({ table, keys }) {
  const [key, setKey] = useState("");
  const [page, show] = useState(/** @type {{items: any[], next: any, error: string}} */ ({ items: [], next: null, error: "" }));
  /** @param {any} [from] */
  const load = async (from) => {
    const type = table.AttributeDefinitions.find((/** @type {any} */ each) => each.AttributeName === keys[0]).AttributeType;
    const request = key
      ? { KeyConditionExpression: "#k = :k", ExpressionAttributeNames: { "#k": keys[0] }, ExpressionAttributeValues: { ":k": { [type]: key } } }
      : {};
    try {
      const answer = await surface.operation(scope(), "dynamodb", key ? "Query" : "Scan", { TableName: table.TableName, Limit: PAGE, ExclusiveStartKey: from, ...request });
      show((former) => ({ items: from ? [...former.items, ...answer.Items] : answer.Items, next: answer.LastEvaluatedKey || null, error: "" }));
    } catch (error) {
      show({ items: [], next: null, error: error instanceof Error ? error.message : String(error) });
    }
  };
  useEffect(() => void load(), [table.TableName]);
  const columns = [...new Set([...keys, ...page.items.flatMap((each) => Object.keys(each))])].slice(0, 7);
  return html`<${Section} title="Items" actions=${html`<form class="row" onSubmit=${(/** @type {Event} */ e) => (e.preventDefault(), load())}><input aria-label=${keys[0]} placeholder=${keys[0]} value=${key} onInput=${(/** @type {any} */ e) => setKey(e.target.value)} /><button>${key ? "Query" : "Scan"}</button></form>`}>
    <${Problem} error=${page.error} />
    <${Rows} none="No item is there." heads=${columns} rows=${page.items.map((item) => columns.map((name) => (name in item ? html`<${Json} value=${plain(item[name])} />` : "")))} />
    ${page.next && html`<button onClick=${() => load(page.next)}>More</button>`}<//>`;
}

/** An attribute value as plain JSON. @param {any} value @returns {any} */
function plain(value) {
  const [[type, held]] = Object.entries(value);
  if (type === "M") return Object.fromEntries(Object.entries(held).map(([name, each]) => [name, plain(each)]));
  if (type === "L") return held.map(plain);
  if (type === "N") return Number.isSafeInteger(Number(held)) || String(Number(held)) === held ? Number(held) : held;
  return type === "NULL" ? null : held;
}
