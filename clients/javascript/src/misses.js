/** Events that other rules took: what the rules that lead to where a test expected them had against them. */

const MOST_ASKED = 20; // events

/**
 * Of the events that these deliveries carried, why no rule with such a target took them. `wanted`: members that the
 * event has; `named`: finds the target's ARN.
 */
export async function refusals(headwater, deliveries, wanted, named) {
  const publishers = new Set(deliveries.map((span) => span.parent).filter((parent) => parent !== null));
  const published = (await Promise.all([...publishers].map((id) => headwater.span(id)))).flatMap((span) => span.published);
  const found = await Promise.all(published.slice(0, MOST_ASKED).map((each) => refused(headwater, each, wanted, named)));
  return [...new Set(found.flat())];
}

async function refused(headwater, { id, channel, body }, wanted, named) {
  const event = JSON.parse(body);
  if (Object.entries(wanted).some(([name, value]) => value !== undefined && event[name] !== value)) return [];
  const { verdicts } = await headwater.explain(id, channel);
  return verdicts
    .filter(({ state, targets = [] }) => state !== "matched" && targets.some((target) => named.test(target.arn)))
    .map(({ name, reason }) => `${event.source}: ${event["detail-type"]}: missed ${name}: ${reason}`);
}
