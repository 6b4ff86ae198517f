// Plays the router and the healer before a real incident-store, over its own HTTP API.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { digest } from "./samples.mjs";

const DIFF = `diff --git a/src/a.py b/src/a.py
--- a/src/a.py
+++ b/src/a.py
@@ -1,2 +1,2 @@
 def greet(fetch):
-    return {"greeting": "value " + fetch()}
+    return {"greeting": "value " + str(fetch())}
`;
const [COMMIT, TREE, ARTEFACT] = ["c".repeat(40), "b".repeat(40), digest("artefact")];

/** A target as far as the store reads it. */
export const target = (name, faults) => `name = '${name}'
repository = { url = '/nowhere', branch = 'main' }
logs = { live = '/l', private = '/p' }
faults = [${faults.map((code) => `{ code = '${code}', marker = '${code}', severity = 'high' }`).join(", ")}]
patch = { language = 'python', files = ['src/a.py'] }
reset = [{ file = 'src/a.py', template = 'a.txt' }]
build = { outputs = [{ from = 'src/a.py', to = 'a.py' }] }
test = { command = ['true'] }
run = { command = ['true'], health = { path = '/' } }
`;

export class Peers {
  constructor({ storeUrl, tokens }) {
    this.base = storeUrl;
    this.tokens = tokens;
  }

  async call(who, method, path, body) {
    const headers = { authorization: `Bearer ${this.tokens[who]}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const answer = await fetch(`${this.base}${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(20_000) });
    const text = await answer.text();
    assert(answer.ok, `${method} ${path} answered ${answer.status}: ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  /** A fault is seen. Answers the incident's id. */
  async fault(code, { target = "first", message = "it broke", line = null, context = [] } = {}) {
    const detection = { target, code, event_id: randomUUID(), source: "router", at: new Date().toISOString(), message, context };
    if (line) detection.line = line;
    return (await this.call("ingest", "POST", "/v1/detections", detection)).incident;
  }

  read = (id) => this.call("healer", "GET", `/v1/incidents/${id}`);

  /** A recovery of one incident: asks for leases until it is that one's. */
  async take(id) {
    for (;;) {
      const lease = await this.call("healer", "POST", "/v1/leases", { holder: "a test", ttl_ms: 60_000, wait_ms: 5_000 });
      assert(lease, "there is nothing to be healed");
      const recovery = new Recovery(this, lease);
      if (lease.incident.id === id) return recovery;
      await recovery.release(true);
    }
  }
}

class Recovery {
  constructor(peers, { incident, authority }) {
    Object.assign(this, { peers, incident, authority, position: incident.position, attempts: {} });
  }

  async append(kind, payload) {
    this.position = (await this.peers.read(this.incident.id)).position + 1;
    const key = `k${this.position}`;
    return this.peers.call("healer", "POST", `/v1/incidents/${this.incident.id}/events`, { position: this.position, fence: this.authority.fence, key, kind, payload });
  }

  begin(step, option) {
    this.attempts[step] = (this.attempts[step] ?? 0) + 1;
    return this.append("started", { step, attempt: this.attempts[step], option, policy: digest("policy") });
  }

  release(done = true) {
    return this.peers.call("healer", "POST", `/v1/leases/${this.incident.id}/release`, { fence: this.authority.fence, done });
  }

  async plan() {
    await this.begin("analyze");
    const neighbours = [{ document: "python-types", title: "A number joined to a text", score: 9.75 }];
    const option = { title: "Make the number a text", remedy: { kind: "codemod", document: "python-types", rule: {}, digest: digest("rule") }, confidence: 0.9, verification: "the request answers 200" };
    await this.append("planned", { plan: { verdict: "code_fault", root_cause: "A number is joined to a text.", retrieval: { query: "TypeError", engine: "lexical", confidence: 0.88, neighbours }, options: [option] } });
  }

  async propose() {
    await this.begin("propose", 0);
    const at = new Date().toISOString();
    await this.append("progressed", { step: "propose", attempt: 1, progress: { at, note: "built", span: { kind: "build", name: "python -m compileall", start: new Date(Date.now() - 400).toISOString(), end: at } } });
    const gates = ["scope", "build", "replay", "healthy", "causality"].map((gate) => ({ gate, passed: true, code: "ok", why: `the gate ${gate} passed`, evidence: { seen: gate } }));
    this.proposal = { digest: digest(`${this.incident.id}${DIFF}`), target: this.incident.target, base: "a".repeat(40), diff: DIFF, files: ["src/a.py"], tree: TREE, artefact: ARTEFACT, origin: "codemod python-types", gates };
    await this.append("admitted", { option: 0, proposal: this.proposal });
  }

  askForApproval() {
    return this.append("approval_requested", { digest: this.proposal.digest, expires_at: new Date(Date.now() + 3_600_000).toISOString() });
  }

  async roll() {
    const now = () => new Date().toISOString();
    await this.begin("push");
    await this.append("pushed", { commit: COMMIT });
    await this.begin("deploy");
    await this.append("deployed", { rollout: { target: this.incident.target, commit: COMMIT, tree: TREE, artefact: ARTEFACT, outcome: "live", why: "green is live", healthy_at: now(), switched_at: now(), spans: [] } });
    await this.begin("verify");
    await this.append("verified", { report: { replay: "kr-1", code: this.incident.code, judgement: "met", why: "the contract was met", status: 200, took_ms: 3.5, witnesses: [{ kind: "call_count", seen: 1, wanted: 1 }] } });
  }

  async resolve() {
    const state = await this.peers.read(this.incident.id);
    // The plan's digest is over its canonical form: keys sorted, no white space.
    const certificate = { position: state.position, head: state.head, plan: digest(canonical(state.plan)), proposal: state.proposal.digest, artefact: ARTEFACT, commit: COMMIT, replay: "kr-1", before: "the request answered 500", after: "it answers 200" };
    await this.append("resolved", { certificate });
  }

  async escalate() {
    await this.append("escalated", { reason: "no_remedy", diagnosis: "nothing is known for this symptom" });
    await this.release();
  }
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}
