export type Mode = "real" | "frozen" | "auto";

/** Times in milliseconds since the epoch, `ahead` in milliseconds. */
export interface Time { mode: Mode; now: number; at: string; ahead: number; next: number | null }
export interface Happened { at: number; name: string; subject: string | null; outcome: string; trace: string }
export interface Advanced extends Time { began: number; ended: number; count: number; happened: Happened[] }
export interface Held { name: string; subject: string | null; trace: string; since: number }
export interface Timer { due: number; kind: "delivery" | "wait"; name: string; subject?: string | null; id?: string; attempt?: number; trace?: string }
export interface Settlement { settled: boolean; now: number; holding: Held[]; timers: Timer[] }
export interface Pending extends Timer { created: number; running: boolean; error: string | null }
export interface Lacking {
  role: string; sessions: string[]; action: string; resource: string; reason: string; refused: boolean; times: number; trace: string; at: number;
  sources?: string[];
}
export interface SignatureFlaw {
  operation: string; key: string; error: string; reason: string; refused: boolean; times: number; trace: string; at: number;
}
export interface Snapshot { name: string; taken: number; size: number }
export interface Span {
  id: string; trace: string; parent: string | null; kind: string; name: string; subject: string | null;
  account: string; region: string; started: number; duration: number | null; outcome: string | null;
  notes: Record<string, unknown>; children: Span[];
}

export interface When { nth?: number; every?: number; times?: number; probability?: number }
export type FaultKind = "throttle" | "error" | "latency" | "timeout-after-commit" | "duplicate" | "reorder" | "delay" | "crash-after-send" | "kill";
export interface FaultRule extends When {
  kind: FaultKind; service?: string; operation?: string; resource?: string; by?: string; at?: string;
  milliseconds?: number; code?: string; status?: number; message?: string;
}
export interface FiredFault { index: number; rule: number; at: number; nth: number; trace: string; service: string; operation: string; resource: string }
export interface FaultSet { seed: number | string; hasten: number; rules: (FaultRule & { index: number; matched: number; fired: number })[]; fired: FiredFault[] }

/** The server did not do what was asked; `status` is undefined where none answered. */
export class HeadwaterError extends Error { readonly status?: number }

/** As Step Functions Local has them: see docs/step-functions.md of Headwater. */
export interface MockFile {
  StateMachines: Record<string, { TestCases: Record<string, Record<string, string>> }>;
  MockedResponses: Record<string, Record<string, { Return: unknown } | { Throw: { Error: string; Cause: string } }>>;
}
export interface MockCase { account: string; region: string; machine: string; case: string; states: string[] }
export interface Place { account?: string; region?: string }
export interface MockAnswer { response: unknown; times?: number }
export function returns(value?: unknown, options?: { times?: number }): MockAnswer;
export function throws(error: string, options?: { cause?: string; times?: number }): MockAnswer;

export interface QuotaBooks {
  quotas: { name: string; value: number; default: number; counts: string }[];
  rates: { name: string; per_second: number; burst: number }[];
}

/** A visit to a state; times in milliseconds, `given`, `sent` (to its task) and `gave` JSON texts. */
export interface Visit {
  state: string; kind: string; entered: number; exited?: number; outcome: "running" | "done" | "failed" | "caught" | "aborted"; attempts: number;
  error?: string; cause?: string; iteration?: number; map_run?: string; children?: { total: number; failed: number; execution?: string; error?: string; cause?: string }; given?: string; sent?: string; gave?: string; inner?: Visit[];
}
export interface ShownExecution {
  execution: Record<string, any>; visits: Visit[]; not_reached: string[]; graph: Record<string, any>; svg?: string;
  states: Record<string, { outcome: string; visits: number; failed: number; retries: number; took: number }>;
}
export interface ComparedExecutions {
  first: Record<string, any>; second: Record<string, any>; same: boolean;
  rows: { path: string; why: string; first?: Visit; second?: Visit }[];
}
/** Without `departure`, `undecided` (states of which it cannot be told, and why) and `problem` it went the recorded way. */
export interface Replayed {
  execution: string; name?: string; machine?: string; status?: string; events?: number; problem?: string;
  departure?: { state: string | null; recorded: Record<string, any> | null; instead: Record<string, any> | null; why: string };
  undecided?: Record<string, string>;
}
export interface Replays { executions: Replayed[]; same: number; left: number; undecided: number; problems: number }
export interface ReplayOptions { definition?: string | object; since?: number | Date; last?: number }

/** Headwater's own surface. Every method may throw HeadwaterError. */
export class Headwater {
  constructor(endpoint?: string);
  readonly endpoint: string;
  health(): Promise<{ status: string; version: string; endpoint: string; services: string[] }>;
  reset(): Promise<void>;
  save(name: string): Promise<Snapshot>;
  restore(name: string, options?: { fresh?: boolean }): Promise<Snapshot>;
  snapshots(): Promise<Snapshot[]>;
  deleteSnapshot(name: string): Promise<void>;
  time(): Promise<Time>;
  setMode(mode: Mode): Promise<Time>;
  advance(duration: string): Promise<Advanced>;
  settle(options?: { trace?: string; timeout?: number }): Promise<Settlement>;
  trace(id?: string): Promise<{ trace: string; spans: Span[] }>;
  spans(after?: string): Promise<Span[]>;
  lastSpan(): Promise<string>;
  span(id: string): Promise<Span & { published: Array<{ id: string; channel: string; body: string }> }>;
  explain(id: string, bus?: string): Promise<Explained>;
  resources(where?: { account?: string; region?: string }): Promise<Array<{ arn: string; type: string; name: string }>>;
  deliveries(limit?: number): Promise<Pending[]>;
  permissions(role?: string): Promise<Lacking[]>;
  signatures(): Promise<SignatureFlaw[]>;
  faults(): Promise<FaultSet>;
  addFaults(faults?: { rules?: FaultRule[]; seed?: number | string }): Promise<FaultSet>;
  clearFaults(): Promise<FaultSet>;
  quotas(service?: string): Promise<QuotaBooks>;
  setQuotas(quotas: Record<string, number | string | null>): Promise<QuotaBooks>;
  clearQuotas(): Promise<QuotaBooks>;
  mocks(): Promise<MockCase[]>;
  putMocks(file: MockFile, place?: Place): Promise<MockCase[]>;
  addMocks(file: MockFile, place?: Place): Promise<MockCase[]>;
  clearMocks(place?: Place): Promise<void>;
  execution(id: string, options?: { svg?: boolean }): Promise<ShownExecution>;
  compareExecutions(first: string, second: string): Promise<ComparedExecutions>;
  replay(options?: ReplayOptions & ({ execution?: string; machine?: undefined } | { machine?: string; execution?: undefined })): Promise<Replays>;
}

export class Clock {
  now(): Promise<Date>;
  freeze(): Promise<Time>;
  auto(): Promise<Time>;
  real(): Promise<Time>;
  advance(duration: string): Promise<Advanced>;
}

export class Faults {
  throttle(service: string, operation?: string, options?: When & { resource?: string }): Promise<FaultSet>;
  error(service: string, operation?: string, options?: When & { resource?: string; code?: string; status?: number; message?: string }): Promise<FaultSet>;
  latency(service: string, operation?: string, options?: When & { resource?: string; milliseconds?: number }): Promise<FaultSet>;
  timeoutAfterCommit(service: string, operation?: string, options?: When & { resource?: string }): Promise<FaultSet>;
  duplicate(options?: When & { to?: string; service?: string; operation?: string }): Promise<FaultSet>;
  reorder(options?: When & { to?: string }): Promise<FaultSet>;
  delay(options?: When & { to?: string; service?: string; operation?: string; milliseconds?: number }): Promise<FaultSet>;
  crashAfterSend(options?: When & { to?: string; service?: string; operation?: string }): Promise<FaultSet>;
  seed(seed: number | string): Promise<FaultSet>;
  fired(): Promise<FiredFault[]>;
  clear(): Promise<FaultSet>;
}

/** What became of an event: those who took it, then the nearest miss first. */
export interface Explained {
  id: string;
  channel: string;
  event: unknown;
  verdicts: Array<{
    kind: string;
    name: string;
    arn: string;
    state: string;
    reason?: string;
    targets?: Array<{ id: string; arn: string }>;
  }>;
}

export interface Expected { to: string; source?: string; detailType?: string }

export class Events {
  begin(): Promise<void>;
  settle(options?: { trace?: string; timeout?: number }): Promise<Settlement>;
  assertDelivered(expected: Expected & { times?: number }): Promise<void>;
  assertReached(expected: { to: string; times?: number }): Promise<void>;
  assertNever(expected: Expected): Promise<void>;
  trace(cause?: string): Promise<string>;
  spans(): Promise<Span[]>;
  story(): Promise<string>;
}

export class StackFailed extends Error {}

export class Stack {
  readonly name: string;
  readonly outputs: Record<string, string>;
  resource(logicalId: string): Promise<string>;
}

export interface UniverseOptions { /** Start all functions anew. */ fresh?: boolean }
export interface Asked { template: string; parameters?: Record<string, string> }

export class Cloud {
  readonly endpoint: string;
  readonly environment: Record<string, string>;
  readonly headwater: Headwater;
  readonly clock: Clock;
  readonly events: Events;
  readonly faults: Faults;
  stack(template: string, parameters?: Record<string, string>, options?: UniverseOptions): Promise<Stack>;
  stacks(asked: Asked[], options?: UniverseOptions): Promise<Stack[]>;
  empty(options?: UniverseOptions): Promise<void>;
  mock(machine: string, answers: Record<string, MockAnswer | MockAnswer[]>, options?: { case?: string }): Promise<string>;
  stop(): Promise<void>;
}

export interface CloudOptions {
  /** What runs Headwater's commands: ["headwater"] unless told, or ["python", "-m", "headwater"]. */
  command?: string[];
  /** Whether this process's environment shall name it, for every AWS SDK: true unless told. */
  environment?: boolean;
}
export function startCloud(options?: CloudOptions): Promise<Cloud>;
export function findCloud(options?: CloudOptions & { endpoint?: string }): Promise<Cloud>;
