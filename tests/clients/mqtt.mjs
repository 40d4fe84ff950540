// mqtt.js as a page or a device uses it: connect, hear what one publishes, be refused, come back to a session.
// Usage: node mqtt.mjs URL VERSION TOPIC; prints one JSON object.
import mqtt from "mqtt";

const [url, version, topic] = process.argv.slice(2);
const options = { protocolVersion: Number(version), reconnectPeriod: 0, connectTimeout: 60_000 };

const connect = async (more = {}) => {
  const client = mqtt.connect(url, { ...options, ...more });
  const connack = await new Promise((resolve, reject) => {
    client.once("connect", resolve);
    client.once("error", reject);
  });
  return { client, sessionPresent: connack.sessionPresent };
};
const next = (client) =>
  new Promise((resolve) =>
    client.once("message", (topic, payload, packet) =>
      resolve({ topic, payload: payload.toString(), qos: packet.qos, retain: packet.retain, properties: packet.properties }),
    ),
  );

const told = {};
const { client } = await connect();
const granted = await client.subscribeAsync(`${topic}/+`, { qos: 1 });
told.granted = granted.map(({ qos }) => qos);
const heard = next(client);
const properties = Number(version) === 5 ? { contentType: "text/plain", userProperties: { a: "1" } } : undefined;
await client.publishAsync(`${topic}/live`, "hello", { qos: 1, properties });
told.live = await heard;
const large = next(client);
await client.publishAsync(`${topic}/large`, "x".repeat(100_000), { qos: 1 });
told.large = (await large).payload.length;
await client.publishAsync(`${topic}-kept`, "kept", { qos: 1, retain: true });
const retained = next(client);
await client.subscribeAsync(`${topic}-kept`, { qos: 0 });
told.retained = await retained;

const lasting = Number(version) === 5 ? { clean: false, properties: { sessionExpiryInterval: 600 } } : { clean: false };
const first = await connect({ clientId: `${topic}-lasting`, ...lasting });
await first.client.subscribeAsync(`${topic}-missed`, { qos: 1 });
await first.client.endAsync();
await client.publishAsync(`${topic}-missed`, "missed", { qos: 1 });
const second = mqtt.connect(url, { ...options, clientId: `${topic}-lasting`, ...lasting });
const missed = next(second);
told.sessionPresent = (await new Promise((resolve) => second.once("connect", resolve))).sessionPresent;
told.missed = (await missed).payload;
await second.endAsync();
await client.endAsync();

const refusal = mqtt.connect(url, { ...options, username: "?x-amz-customauthorizer-name=missing", password: "x" });
told.refused = await new Promise((resolve) => refusal.once("error", (error) => resolve(error.code)));
console.log(JSON.stringify(told));
process.exit(0);
