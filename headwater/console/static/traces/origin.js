/** What a stack was deployed from: its template's path as `headwater up` noted it, and what its parameters were given. */

import { surface } from "../client.js";

const NOTED = /^headwater up (.+)$/;

/** @param {import("../client.js").Scope} scope @param {string} stack @returns {Promise<import("./copies.js").Origin>} */
export async function originOf(scope, stack) {
  /** @param {string} operation @param {Record<string, unknown>} request */
  const ask = (operation, request) => surface.operation(scope, "cloudformation", operation, request);
  const [found, summary] = await Promise.all([ask("DescribeStacks", { StackName: stack }), ask("GetTemplateSummary", { StackName: stack })]);
  const { ChangeSetId, Parameters = [] } = found.Stacks[0];
  const changes = ChangeSetId ? await ask("DescribeChangeSet", { ChangeSetName: ChangeSetId }).catch(() => ({})) : {};
  const defaults = new Map((summary.Parameters || []).map((/** @type {any} */ each) => [each.ParameterKey, each.DefaultValue]));
  const given = Parameters.filter((/** @type {any} */ each) => each.ParameterValue !== defaults.get(each.ParameterKey));
  return {
    template: NOTED.exec(changes.Description || "")?.[1] ?? null,
    parameters: Object.fromEntries(given.map((/** @type {any} */ each) => [each.ParameterKey, each.ParameterValue])),
  };
}
