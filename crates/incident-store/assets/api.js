// Asking the service, with the session's cookie. Whatever goes wrong comes out as a `Trouble` that says what it means.

const BASE = "/developer/incidents";
/** How long an answer is waited for, milliseconds; a reset restores files at every target. */
const LIMIT = 15_000;
const RESET_LIMIT = 90_000;

/** Why there is no answer. `kind`: `session`, `forbidden`, `conflict`, `missing`, `refused`, or `away` (worth another try). */
export class Trouble extends Error {
  constructor(kind, message, more = {}) {
    super(message);
    this.kind = kind;
    Object.assign(this, more);
  }
}

const KINDS = { 401: "session", 403: "forbidden", 404: "missing", 409: "conflict", 410: "conflict", 408: "away", 429: "away" };

let csrf = "";

async function ask(method, path, body, limit = LIMIT) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && csrf) headers["x-kintsugi-csrf"] = csrf;
  const asked = { method, headers, credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(limit) };
  if (body !== undefined) asked.body = JSON.stringify(body);
  let answer;
  let text;
  try {
    answer = await fetch(path, asked);
    text = await answer.text();
  } catch (error) {
    const late = error?.name === "TimeoutError";
    throw new Trouble("away", late ? "The service did not answer in time." : "There is no connection to the service.");
  }
  const told = parse(text);
  if (answer.ok) return told;
  throw troubleOf(answer, told);
}

function parse(text) {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function troubleOf(answer, told) {
  const kind = KINDS[answer.status] ?? (answer.status >= 500 ? "away" : "refused");
  const message = typeof told?.message === "string" ? told.message : `the service answered ${answer.status}`;
  const seconds = Number.parseInt(answer.headers.get("retry-after") ?? "", 10);
  return new Trouble(kind, message, { status: answer.status, code: told?.code ?? "", after: Number.isFinite(seconds) ? seconds : 0 });
}

function taken(session) {
  csrf = session?.csrf ?? "";
  return session;
}

export const session = async () => taken(await ask("GET", "/developer/session"));

export async function signIn(token) {
  const told = await ask("POST", "/developer/session", { token });
  return told?.csrf ? taken(told) : session();
}

export async function signOut() {
  await ask("DELETE", "/developer/session");
  csrf = "";
}

/** A page of incidents, newest first, and how healing stands. */
export function data(query) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return ask("GET", `${BASE}/api/data?${new URLSearchParams(given)}`);
}

const one = (id) => `${BASE}/api/incidents/${encodeURIComponent(id)}`;

export const incident = (id) => ask("GET", one(id));
export const approve = (id, digest, note) => ask("POST", `${one(id)}/approve`, { digest, note });
export const reject = (id, digest, note) => ask("POST", `${one(id)}/reject`, { digest, note });
export const resolve = (id, note) => ask("POST", `${one(id)}/resolve`, { note });
export const dismiss = (id, verdict, note) => ask("POST", `${one(id)}/dismiss`, { verdict, note });
export const retry = (id, note) => ask("POST", `${one(id)}/retry`, { note });
export const pause = () => ask("POST", `${BASE}/pause`);
export const resume = () => ask("POST", `${BASE}/resume`);
export const reset = () => ask("POST", `${BASE}/reset`, undefined, RESET_LIMIT);

/** Where the events come from. After a cut the browser itself names the last event that it has. */
export const stream = (after) => new EventSource(`${BASE}/api/stream${after ? `?last_event_id=${encodeURIComponent(after)}` : ""}`);
