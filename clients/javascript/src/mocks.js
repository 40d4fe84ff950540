/** Mocks of Step Functions' state machines: what their tasks answer in place of what they would call. */

const ALWAYS = "*";

/** An answer: success with this value; `times`: so often, ever after unless told. */
export function returns(value, { times } = {}) {
  return { response: { Return: value ?? null }, times };
}

/** An answer: failure with this error. */
export function throws(error, { cause = "", times } = {}) {
  return { response: { Throw: { Error: error, Cause: cause } }, times };
}

/**
 * Mock every execution of a machine (its ARN), or with `case` those that are started by the ARN which is returned.
 * `answers`: for each Task state what it answers, one invocation after the other; retries and iterations count.
 */
export async function mock(headwater, machine, answers, { case: name = ALWAYS } = {}) {
  const [, , , region, account, , machineName] = machine.split(":");
  const states = Object.keys(answers);
  await headwater.addMocks(
    {
      StateMachines: { [machineName]: { TestCases: { [name]: Object.fromEntries(states.map((state) => [state, state])) } } },
      MockedResponses: Object.fromEntries(states.map((state) => [state, numbered([answers[state]].flat())])),
    },
    { account, region },
  );
  return name === ALWAYS ? machine : `${machine}#${name}`;
}

/** By the invocations that get them, counted from 0. */
function numbered(answers) {
  const responses = {};
  let next = 0;
  for (const { response, times } of answers) {
    if (next === undefined) throw new RangeError("What came before is answered ever after; say how many times.");
    responses[times === undefined ? `${next}-` : `${next}-${next + times - 1}`] = response;
    next = times === undefined ? undefined : next + times;
  }
  return responses;
}
