/** Testing event-driven applications on Headwater, with vitest, jest or Node's own runner. */

export { Clock } from "./clock.js";
export { Cloud, findCloud, startCloud } from "./cloud.js";
export { Events } from "./events.js";
export { Faults } from "./faults.js";
export { returns, throws } from "./mocks.js";
export { Stack, StackFailed } from "./stacks.js";
export { Headwater, HeadwaterError } from "./surface.js";
