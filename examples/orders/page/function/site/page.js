// The order page: place an order, then show each step as MQTT tells of it.

const STEPS = {
  RECEIVED: "Received",
  CUSTOMER_VERIFIED: "Customer verified",
  STOCK_RESERVED: "Stock reserved",
  PAID: "Paid",
  COMPLETED: "Completed",
  REJECTED: "Rejected",
};
const PLACES = Object.keys(STEPS);
const OUTCOMES = ["COMPLETED", "REJECTED"];

const find = (id) => document.getElementById(id);
const form = find("order-form");
const addresses = fetch("addresses.json").then((answer) => answer.json());
const connection = addresses.then(connect);

let watched = null; // the order on show: { orderId, reason, steps: Map of status to time }

form.addEventListener("input", showTotal);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  placeOrder();
});
showTotal();

function articles() {
  return [...form.querySelectorAll(".articles li")].map((row) => {
    const input = row.querySelector("input");
    return { sku: input.name, quantity: Number(input.value), price: Number(row.querySelector("data").value) };
  });
}

function showTotal() {
  const total = articles().reduce((sum, item) => sum + item.quantity * item.price, 0);
  find("total").value = total.toFixed(2);
  form.querySelector("button").disabled = total === 0;
}

async function placeOrder() {
  const button = form.querySelector("button");
  button.disabled = true;
  find("problem").hidden = true;
  try {
    const { OrdersApi } = await addresses;
    const answer = await fetch(`${OrdersApi}/orders`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": newKey() },
      body: JSON.stringify({
        customerId: form.customer.value,
        items: articles().filter((item) => item.quantity > 0),
      }),
    });
    const order = await answer.json();
    if (!answer.ok) throw new Error(order.message);
    await watch(order.orderId);
  } catch (error) {
    find("problem").textContent = error.message;
    find("problem").hidden = false;
  } finally {
    button.disabled = false;
  }
}

// crypto.randomUUID exists only on HTTPS pages and localhost, and a website bucket is plain HTTP.
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function watch(orderId) {
  const client = await connection;
  if (watched) client?.unsubscribe(`orders/${watched.orderId}`);
  watched = { orderId, reason: "", steps: new Map() };
  show();
  await refresh();
  if (client) await subscribe(client);
  else poll(orderId);
}

// Ask for what happened before once the subscription stands: what happens in between is told twice, not missed.
async function subscribe(client) {
  if (!watched || !client.connected) return; // "connect" comes, or comes again
  try {
    await client.subscribeAsync(`orders/${watched.orderId}`, { qos: 1 });
  } catch {
    return; // the connection broke; it is made anew
  }
  await refresh();
}

async function refresh() {
  const { OrdersApi } = await addresses;
  const order = await (await fetch(`${OrdersApi}/orders/${watched.orderId}`)).json();
  for (const { status, at } of order.history) note({ ...order, status, at });
}

// An outcome may overtake the step before it, so what led to it is asked for.
function told(message) {
  note(message);
  if (OUTCOMES.includes(message.status)) refresh();
}

function note({ orderId, status, at, reason }) {
  if (orderId !== watched?.orderId || !(status in STEPS)) return;
  watched.steps.set(status, new Date(at));
  if (status === "REJECTED" && reason) watched.reason = reason;
  show();
}

function show() {
  const steps = [...watched.steps].sort(
    ([one, oneAt], [other, otherAt]) => oneAt - otherAt || PLACES.indexOf(one) - PLACES.indexOf(other),
  );
  const outcome = steps.find(([status]) => OUTCOMES.includes(status));
  const [status] = outcome ?? steps.at(-1) ?? ["RECEIVED"];
  const [first] = steps.map(([, at]) => at);

  find("order").hidden = false;
  find("order").dataset.status = status;
  find("state").textContent = STEPS[status];
  find("reason").textContent = watched.reason;
  find("order-id").textContent = watched.orderId;
  find("took").textContent = outcome ? `in ${duration(outcome[1] - first)}` : "";

  const shown = new Set(steps.map(([status]) => status));
  for (const line of [...find("timeline").children]) {
    if (!shown.has(line.dataset.status)) line.remove();
  }
  steps.forEach(([status, at], place) => {
    const line = find("timeline").querySelector(`[data-status="${status}"]`) ?? newLine(status);
    line.querySelector("time").dateTime = at.toISOString();
    line.querySelector("time").textContent = place ? `+${duration(at - steps[place - 1][1])}` : at.toLocaleTimeString();
    if (find("timeline").children[place] !== line) find("timeline").insertBefore(line, find("timeline").children[place]);
  });
}

function newLine(status) {
  const line = document.createElement("li");
  line.dataset.status = status;
  const name = document.createElement("span");
  name.textContent = STEPS[status];
  line.append(name, document.createElement("time"));
  return line;
}

function duration(milliseconds) {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

// One connection for the life of the page. Without mqtt.js (`npm ci` was not run) the page asks every second.
async function connect({ NotificationsUrl }) {
  let mqtt;
  try {
    ({ default: mqtt } = await import("./vendor/mqtt.esm.js"));
  } catch {
    showLink("asking", "asking every second");
    return null;
  }
  const client = mqtt.connect(NotificationsUrl, { clientId: `orders-page-${newKey()}` });
  client.on("connect", () => {
    showLink("live", "live");
    subscribe(client);
  });
  client.on("close", () => showLink("connecting", "connecting"));
  client.on("message", (topic, payload) => told(JSON.parse(payload.toString())));
  return client;
}

function showLink(state, text) {
  find("link").dataset.state = state;
  find("link").textContent = text;
}

function poll(orderId) {
  const timer = setInterval(async () => {
    if (watched?.orderId !== orderId || OUTCOMES.some((status) => watched.steps.has(status))) clearInterval(timer);
    else await refresh();
  }, 1000);
}
