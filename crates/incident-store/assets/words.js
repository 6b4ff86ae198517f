// Words for what the service says in codes. Pure.

/** Statuses: the words, and how they are shown. A tone is never told by colour alone: it has a mark of its own, too. */
const STATUSES = {
  detected: ["Detected", "wait"],
  analyzing: ["Analysing", "busy"],
  planned: ["Plan made", "busy"],
  proposing: ["Making a candidate", "busy"],
  admitted: ["Candidate admitted", "busy"],
  awaiting_approval: ["Waits for approval", "person"],
  pushed: ["Pushed", "busy"],
  deploying: ["Rolling out", "busy"],
  acting: ["Acting", "busy"],
  verifying: ["Verifying on live", "busy"],
  mitigated: ["Mitigated", "person"],
  rolled_back: ["Rolled back", "busy"],
  resolved: ["Healed", "good"],
  escalated: ["Needs a person", "person"],
  dismissed: ["Dismissed", "still"],
  suppressed: ["Suppressed", "still"],
  correlated: ["Symptom of another", "still"],
  advised: ["Advice given", "person"],
  archived: ["Archived", "still"],
};

/** What is filtered by and counted: a name, the words, and which statuses belong to it. */
export const GROUPS = [
  ["open", "Open", (status) => !["resolved", "dismissed", "archived"].includes(status)],
  ["healing", "Being healed", (status) => ["wait", "busy"].includes(tone(status))],
  ["person", "Need a person", (status) => tone(status) === "person"],
  ["resolved", "Healed", (status) => status === "resolved"],
  ["aside", "Set aside", (status) => status === "dismissed" || status === "suppressed"],
  ["archived", "Archived", (status) => status === "archived"],
];

export const ALL_STATUSES = Object.keys(STATUSES);

/** A code in words, when nobody wrote better ones. */
export function plain(code) {
  const text = String(code ?? "").replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What language models took for an incident; nothing when none was asked. */
export function modelWords(models) {
  if (!models?.calls) return null;
  const tokens = (models.input_tokens ?? 0) + (models.output_tokens ?? 0);
  return `${count(models.calls, "call", "calls")}, ${tokens} tokens, $${((models.cost_micro_usd ?? 0) / 1e6).toFixed(4)}`;
}

/** The wait that somebody else asked for, if it is not over: until when, and why. */
export function waited(events, now) {
  const told = (events ?? []).filter((event) => event.kind === "progressed").flatMap(({ payload }) => [payload.progress, ...(payload.more ?? [])]);
  const waits = told.filter((progress) => progress?.delay_ms && Number.isFinite(Date.parse(progress.at))).map(({ at, delay_ms, note }) => ({ until: new Date(Date.parse(at) + delay_ms).toISOString(), note }));
  const last = waits.at(-1);
  return last && Date.parse(last.until) > now ? last : null;
}

export function statusWords(incident) {
  if (incident.status === "resolved" && incident.resolved_by) return "Resolved by a person";
  return STATUSES[incident.status]?.[0] ?? plain(incident.status);
}

export function tone(status) {
  return STATUSES[status]?.[1] ?? "still";
}

/** The words of a filter's status: a group or a single one. */
export function filterWords(status) {
  const group = GROUPS.find(([name]) => name === status);
  return group ? group[1] : (STATUSES[status]?.[0] ?? plain(status));
}

/** What the service is asked for, for a filter's status. */
export function asked(status) {
  if (status === "") return { archived: false };
  return { status: ALL_STATUSES.filter((one) => isIn(status, { status: one })).join(",") };
}

/** Whether an incident belongs to a filter's status. What is archived belongs to nothing else. */
export function isIn(status, incident) {
  if (status === "") return incident.status !== "archived";
  const group = GROUPS.find(([name]) => name === status);
  return group ? group[2](incident.status) : incident.status === status;
}

const REASONS = {
  no_remedy: "nothing is known for this symptom",
  options_exhausted: "every known remedy was refused or failed",
  unverified: "the verification gave no answer",
  step_failed: "a step failed more often than the policy allows",
  undo_failed: "taking a failed remedy back did not work",
  approval_rejected: "a person rejected the change",
  approval_expired: "nobody approved the change in time",
  too_many_remedies: "more was done on this target within an hour than the policy allows",
  oscillation: "two faults take turns: healing one brings the other back",
  recurred: "it came back after it was healed, and nothing else is known",
};

export const reasonWords = (reason) => REASONS[reason] ?? plain(reason).toLowerCase();

const STAGES = {
  fault: "Request failed",
  line: "Line written",
  incident: "Incident opened",
  plan: "Plan made",
  proposed: "Candidate made",
  verified: "Candidate verified",
  pushed: "Commit pushed",
  healthy: "New version healthy",
  switched: "Traffic switched",
  replayed: "Replayed on live",
  resolved: "Resolved",
};

export const stageWords = (stage) => STAGES[stage] ?? plain(stage);

const SPANS = {
  target: "the target's own work",
  build: "the target's build",
  test: "the target's tests",
  replay: "replays and their witnesses",
  health: "waiting for health",
  bake: "watching the live version",
  person: "waiting for a person",
  platform: "the platform",
};

export const spanWords = (kind) => SPANS[kind] ?? plain(kind).toLowerCase();

const GATES = { scope: "Scope: only what may be touched", build: "Build and tests, in the sandbox", replay: "The failing request, replayed, with witnesses" };

export const gateWords = (gate) => GATES[gate] ?? plain(gate);

const VERDICTS = {
  code_fault: "A fault in the code",
  dependency: "A dependency",
  capacity: "Capacity",
  configuration: "Configuration",
  user_error: "A user's error",
  expected_denial: "A denial that is expected",
  recovered: "It recovered by itself",
  noise: "Noise",
  unknown: "Something else",
};

export const verdictWords = (verdict) => VERDICTS[verdict] ?? plain(verdict);

/** What a person may say an incident was, when it is dismissed. */
export const DISMISSALS = ["noise", "user_error", "expected_denial", "recovered", "unknown"];

export const percent = (part) => (Number.isFinite(part) ? `${Math.round(part * 100)} %` : "–");

export const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;

export const short = (id) => String(id ?? "").slice(0, 12);
