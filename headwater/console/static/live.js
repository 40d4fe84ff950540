/** What is known of the running cloud, kept fresh: the architecture, the clock, the flows. */

import { useEffect, useState } from "./html.js";
import { surface } from "./client.js";

/** @typedef {import("./client.js").Architecture} Architecture */

// A map costs the server what it holds: it is asked for so much more seldom than it takes.
const SHARE = 60;
const LEAST_PAUSE = 700;
const IDLE_PAUSE = 15_000;

/** @returns {import("./client.js").Scope} */
export function scope() {
  const query = new URLSearchParams(location.search);
  return { account: query.get("account") || "000000000000", region: query.get("region") || "us-east-1" };
}

/** What is deployed, and the MQTT broker, which is always there: the map draws it once somebody is connected.
 *  @param {import("./client.js").Scope} here @returns {Promise<Architecture>} */
export async function architecture(here) {
  const { resources, links } = await surface.map(here);
  const arn = `arn:aws:iot:${here.region}:${here.account}:topic`;
  if (resources.some((each) => each.arn === arn)) return { resources, links };
  return { resources: [...resources, { arn, type: "AWS::IoT::Broker", name: "IoT Core", physical: "IoT Core", counts: {} }], links };
}

/** Hear pulses; one connection serves all who listen. There is none while nobody sees the page. */
const pulses = (() => {
  /** @type {Set<(pulse: import("./client.js").Pulse) => void>} */
  const heard = new Set();
  /** @type {Set<(up: boolean | null) => void>} */
  const watching = new Set();
  /** @type {boolean | null} */
  let up = null;
  /** @type {null | (() => void)} */
  let end = null;
  const begin = () => {
    if (end || document.hidden) return;
    end = surface.pulse(
      (pulse) => heard.forEach((each) => each(pulse)),
      (now) => {
        const back = now && up === false;
        up = now;
        watching.forEach((each) => each(now));
        if (back) heard.forEach((each) => each({ spans: 0, flows: [] })); // who knows what happened meanwhile
      },
    );
  };
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return begin();
    end?.();
    end = null;
  });
  return {
    /** @param {(pulse: import("./client.js").Pulse) => void} each */
    listen(each) {
      heard.add(each);
      begin();
      return () => heard.delete(each);
    },
    /** @param {(up: boolean | null) => void} each */
    watch(each) {
      watching.add(each);
      begin();
      each(up);
      return () => watching.delete(each);
    },
  };
})();

export const onPulse = pulses.listen;

/** Again and again, while somebody sees the page. @param {number} pause in ms @param {() => void} act @returns {() => void} ends it */
export function every(pause, act) {
  const timer = setInterval(() => void (document.hidden || act()), pause);
  return () => clearInterval(timer);
}

/** Whether the server is there; null before that is known. */
export function useConnected() {
  const [up, set] = useState(/** @type {boolean | null} */ (null));
  useEffect(() => {
    const end = pulses.watch(set);
    return () => void end();
  }, []);
  return up;
}

/**
 * A value that is asked for, and again after something happened or a while went by.
 * @template T
 * @param {() => Promise<T>} ask @param {unknown[]} depends
 * @returns {{value: T | null, error: string | null, again: () => void}}
 */
export function useFresh(ask, depends) {
  const [state, set] = useState(/** @type {{value: any, error: string | null}} */ ({ value: null, error: null }));
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let over = false;
    /** @type {number | undefined} */
    let timer;
    let due = 0;
    let pause = LEAST_PAUSE;
    const ring = async () => {
      const began = performance.now();
      try {
        const value = await ask();
        if (!over) set({ value, error: null });
      } catch (error) {
        if (!over) set((former) => ({ value: former.value, error: String(error instanceof Error ? error.message : error) }));
      }
      pause = Math.max(LEAST_PAUSE, (performance.now() - began) * SHARE);
      plan(Math.max(IDLE_PAUSE, pause));
    };
    /** @param {number} wait */
    const plan = (wait) => {
      if (over) return;
      const when = performance.now() + wait;
      if (timer !== undefined && due <= when) return;
      clearTimeout(timer);
      due = when;
      timer = window.setTimeout(() => {
        timer = undefined;
        if (!document.hidden) ring();
      }, wait);
    };
    const seen = () => !document.hidden && plan(0);
    ring();
    const end = onPulse(() => plan(pause));
    document.addEventListener("visibilitychange", seen);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", seen);
      clearTimeout(timer);
      end();
    };
  }, [...depends, turn]);
  return { ...state, again: () => setTurn((n) => n + 1) };
}
