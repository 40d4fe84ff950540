/** A stream of Kinesis: its shards, the records of each, putting one. */

import { html, useEffect, useState } from "../html.js";
import { surface } from "../client.js";
import { dateTime } from "../format.js";
import { scope } from "../live.js";
import { Action, blobText, Json, Problem, Rows, Section, textBlob, useAnswer } from "./parts.js";

const MOST = 100;

/** @param {import("./page.js").View} view */
export function StreamPage({ resource }) {
  const { value, error } = useAnswer("kinesis", "ListShards", { StreamName: resource.name });
  const shards = (value?.Shards || []).map((/** @type {any} */ each) => each.ShardId);
  const [chosen, choose] = useState("");
  const [turn, again] = useState(0);
  const shard = chosen || shards[0];
  return html`<${Problem} error=${error} />
    <${Section} title="Records" actions=${html`<select aria-label="Shard" value=${shard} onChange=${(/** @type {any} */ e) => choose(e.target.value)}>${shards.map((/** @type {string} */ each) => html`<option key=${each} value=${each}>${each}</option>`)}</select><button onClick=${() => again(turn + 1)}>Read again</button>`}>
      ${shard && html`<${Records} stream=${resource.name} shard=${shard} turn=${turn} />`}<//>
    <${Section} title="Put a record"><${Action} label="Put" fields=${[{ name: "key", label: "Partition key", value: "console" }, { name: "data", label: "Data", value: "{}", lines: 4 }]}
      run=${(/** @type {any} */ v) => surface.operation(scope(), "kinesis", "PutRecord", { StreamName: resource.name, PartitionKey: v.key, Data: textBlob(v.data) }).then((answer) => (again(turn + 1), answer))} /><//>`;
}

/** The oldest that are kept. @param {{stream: string, shard: string, turn: number}} props */
function Records({ stream, shard, turn }) {
  const [records, show] = useState(/** @type {any[]} */ ([]));
  const [said, say] = useState("");
  const read = async () => {
    const { ShardIterator } = await surface.operation(scope(), "kinesis", "GetShardIterator", { StreamName: stream, ShardId: shard, ShardIteratorType: "TRIM_HORIZON" });
    return (await surface.operation(scope(), "kinesis", "GetRecords", { ShardIterator, Limit: MOST })).Records;
  };
  useEffect(() => void read().then(show, (/** @type {Error} */ error) => say(error.message)), [stream, shard, turn]);
  return html`<${Problem} error=${said || null} /><${Rows} none="No record is kept in this shard." heads=${["Arrived", "Key", "Data"]} rows=${records.map((each) => [dateTime(each.ApproximateArrivalTimestamp), each.PartitionKey, html`<${Json} value=${blobText(each.Data)} />`])} />`;
}
