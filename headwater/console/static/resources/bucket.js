/** A bucket: its objects by folder, and a look at one. */

import { html, useState } from "../html.js";
import { surface } from "../client.js";
import { dateTime, pretty } from "../format.js";
import { scope } from "../live.js";
import { blobText, Problem, Rows, Section, useAnswer } from "./parts.js";

/** @param {number} bytes */
const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);

/** @param {import("./page.js").View} view */
export function BucketPage({ resource }) {
  const [prefix, go] = useState("");
  const [looked, look] = useState(/** @type {{key: string, type: string, text: string, error: string} | null} */ (null));
  const { value, error } = useAnswer("s3", "ListObjectsV2", { Bucket: resource.name, Prefix: prefix, Delimiter: "/" });
  /** @param {string} Key */
  const open = async (Key) => {
    try {
      const answer = await surface.operation(scope(), "s3", "GetObject", { Bucket: resource.name, Key });
      look({ key: Key, type: answer.ContentType || "", text: blobText(answer.Body), error: "" });
    } catch (refused) {
      look({ key: Key, type: "", text: "", error: refused instanceof Error ? refused.message : String(refused) });
    }
  };
  const folders = (value?.CommonPrefixes || []).map((/** @type {any} */ each) => [html`<button onClick=${() => go(each.Prefix)}>${each.Prefix.slice(prefix.length)}</button>`, "", ""]);
  const objects = (value?.Contents || []).map((/** @type {any} */ each) => [html`<button onClick=${() => open(each.Key)}>${each.Key.slice(prefix.length)}</button>`, size(each.Size), dateTime(each.LastModified)]);
  return html`<${Problem} error=${error} />
    <${Section} title=${prefix ? `Objects in ${prefix}` : "Objects"} actions=${prefix && html`<button onClick=${() => go(prefix.split("/").slice(0, -2).map((each) => each + "/").join(""))}>Up</button>`}>
      <${Rows} none="Nothing is here." heads=${["Key", "Size", "Modified"]} rows=${[...folders, ...objects]} /><//>
    ${looked && html`<${Section} title=${looked.key}><${Problem} error=${looked.error || null} /><p class="hint">${looked.type} · <a href=${`/${resource.name}/${looked.key}`} download>Download</a></p><pre>${pretty(looked.text).slice(0, 20000)}</pre><//>`}`;
}
