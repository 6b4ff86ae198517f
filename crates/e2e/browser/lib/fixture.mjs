// A stand-in for incident-store, for what the real one shows seldom: a stream that is refused, a service that is away,
// broken journals. It serves the page's own files with the service's own headers, and speaks as docs/api says.

import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";

const ASSETS = new URL("../../../incident-store/assets/", import.meta.url);
const PAGES = new URL("../../../incident-store/src/pages.rs", import.meta.url);
const TYPES = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8", svg: "image/svg+xml" };
const BASE = "/developer/incidents";
export const TOKEN = "the-operators-token";

/** The policy stands in one place only: the service's source. */
async function policy() {
  const text = await readFile(PAGES, "utf8");
  const [, literal] = /const POLICY: &str = "((?:[^"\\]|\\[\s\S])*)";/.exec(text);
  return literal.replace(/\\\n\s*/g, "");
}

export class Fixture {
  incidents = [];
  details = new Map();
  healing = { epoch: 1, paused: false, reset_at: null };
  /** What is asked for, newest last: `METHOD path`. */
  asked = [];
  streams = new Set();
  /** What the stream is opened after. */
  resumedFrom = [];
  /** Answers in place of the usual ones: by `METHOD path`, `[status, body, headers]` or a function of the body. */
  instead = new Map();
  refusesStreams = false;
  sessions = new Set();
  log = [];

  static async start() {
    const fixture = new Fixture();
    fixture.policy = await policy();
    fixture.files = new Map(await Promise.all((await readdir(ASSETS)).map(async (name) => [name, await readFile(new URL(name, ASSETS))])));
    fixture.server = createServer((request, response) => fixture.#answer(request, response).catch((error) => response.destroy(error)));
    await fixture.listen(0);
    return fixture;
  }

  async listen(port) {
    this.server.listen(port, "127.0.0.1");
    await once(this.server, "listening");
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
  }

  /** Goes away as a killed process does. */
  async away() {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, "close");
  }

  async end() {
    for (const stream of this.streams) stream.destroy();
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Puts an incident in, with its detail, and tells everybody. */
  put(detail, event = "updated") {
    const { incident } = detail;
    this.incidents = [incident, ...this.incidents.filter((known) => known.id !== incident.id)].sort((a, b) => (a.detected_at < b.detected_at ? 1 : -1));
    this.details.set(incident.id, detail);
    this.tell(event, {
      incident: incident.id, position: incident.position, kind: "x", at: incident.updated_at, target: incident.target, code: incident.code,
      status: incident.status, severity: incident.severity, occurrences: incident.occurrences, text: "",
    });
  }

  /** Keeps an event, and sends it to whoever listens. */
  tell(name, data) {
    const cursor = `7-${this.log.length + 1}`;
    this.log.push({ cursor, name, data });
    for (const stream of this.streams) send(stream, cursor, name, data);
  }

  cut() {
    for (const stream of this.streams) stream.destroy();
  }

  get cursor() {
    return this.log.at(-1)?.cursor ?? "7-0";
  }

  async #answer(request, response) {
    const url = new URL(request.url, this.url);
    const key = `${request.method} ${url.pathname}`;
    this.asked.push(`${request.method} ${url.pathname}${url.search}`);
    const body = await readBody(request);
    if (url.pathname === BASE) return this.#file(response, "index.html");
    if (url.pathname.startsWith(`${BASE}/assets/`)) return this.#file(response, url.pathname.split("/").at(-1));
    if (key === "POST /developer/session") return this.#signIn(response, body);
    const session = /kintsugi=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
    const instead = this.instead.get(key);
    if (instead) {
      const [status, told, headers] = typeof instead === "function" ? instead(body) : instead;
      return tell(response, status, told, headers);
    }
    if (!this.sessions.has(session)) return tell(response, 401, problem("unauthenticated", "this needs a session"));
    if (request.method !== "GET" && request.headers["x-kintsugi-csrf"] !== "c".repeat(64)) return tell(response, 403, problem("forbidden", "the csrf header is not there"));
    return this.#route(key, url, request, response, body, session);
  }

  #route(key, url, request, response, body, session) {
    if (key === "GET /developer/session") return tell(response, 200, { name: "kintsugi", roles: ["operator", "approver"], csrf: "c".repeat(64) });
    if (key === "DELETE /developer/session") {
      this.sessions.delete(session);
      return tell(response, 204);
    }
    if (key === `GET ${BASE}/api/data`) return tell(response, 200, this.#data(url.searchParams));
    if (key === `GET ${BASE}/api/stream`) return this.#stream(request, url, response);
    if (key === `POST ${BASE}/pause` || key === `POST ${BASE}/resume`) {
      this.healing = { ...this.healing, paused: key.endsWith("pause") };
      this.tell(this.healing.paused ? "healing_paused" : "healing_resumed", this.healing);
      return tell(response, 200, this.healing);
    }
    const detail = this.details.get(url.pathname.split("/").at(-1));
    if (url.pathname.startsWith(`${BASE}/api/incidents/`) && detail) return tell(response, 200, { ...detail, cursor: this.cursor });
    return tell(response, 404, problem("not_found", "there is nothing here"));
  }

  #data(query) {
    const statuses = query.get("status")?.split(",");
    const limit = Number(query.get("limit") ?? 50);
    const fits = this.incidents.filter((incident) =>
      (!statuses || statuses.includes(incident.status)) && (!query.get("target") || incident.target === query.get("target")) && (query.get("archived") !== "false" || incident.status !== "archived"),
    );
    const from = query.get("before") ? fits.findIndex((incident) => incident.id === query.get("before")) + 1 : 0;
    const incidents = fits.slice(from, from + limit);
    return { state: this.healing, reset_pending: [], incidents, next: from + limit < fits.length ? incidents.at(-1).id : undefined, cursor: this.cursor };
  }

  #stream(request, url, response) {
    if (this.refusesStreams) return tell(response, 503, problem("unavailable", "too many listen"), { "retry-after": "1" });
    const after = request.headers["last-event-id"] ?? url.searchParams.get("last_event_id") ?? this.cursor;
    this.resumedFrom.push(after);
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write("retry: 200\n\n");
    send(response, null, "hello", this.healing);
    const from = this.log.findIndex((event) => event.cursor === after) + 1;
    for (const event of this.log.slice(from)) send(response, event.cursor, event.name, event.data);
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response));
  }

  #signIn(response, body) {
    if (body?.token !== TOKEN) return tell(response, 401, problem("unauthenticated", "nobody here was given this token"));
    const session = `s${this.sessions.size + 1}`;
    this.sessions.add(session);
    return tell(response, 200, { name: "kintsugi", roles: ["operator", "approver"], csrf: "c".repeat(64) }, { "set-cookie": `kintsugi=${session}; HttpOnly; SameSite=Strict; Path=/developer` });
  }

  #file(response, name) {
    const file = this.files.get(name);
    if (!file) return tell(response, 404, problem("not_found", name));
    response.writeHead(200, { "content-type": TYPES[name.split(".").at(-1)], "content-security-policy": this.policy, "x-content-type-options": "nosniff" });
    response.end(file);
  }
}

export const problem = (code, message) => ({ code, message, request_id: "r1" });

async function readBody(request) {
  let text = "";
  for await (const part of request) text += part;
  return text === "" ? null : JSON.parse(text);
}

function send(stream, id, name, data) {
  stream.write(`${id ? `id: ${id}\n` : ""}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

function tell(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body === undefined ? "" : JSON.stringify(body));
}
