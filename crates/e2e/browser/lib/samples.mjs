// Incidents in every status, for the stand-in.

import { createHash, randomUUID } from "node:crypto";

export const digest = (text) => createHash("sha256").update(text).digest("hex");

const DIFF = `diff --git a/src/faults/sql.rs b/src/faults/sql.rs
index 1111111..2222222 100644
--- a/src/faults/sql.rs
+++ b/src/faults/sql.rs
@@ -10,7 +10,7 @@ use sqlx::PgPool;
 pub async fn run(pool: &PgPool) -> Result<(), sqlx::Error> {
     let mut transaction = pool.begin().await?;
-    sqlx::query("SELECT FROM").execute(&mut *transaction).await?;
+    sqlx::query("SELECT 1").execute(&mut *transaction).await?;
     transaction.commit().await
 }
\\ No newline at end of file
`;

const iso = (ms) => new Date(ms).toISOString();

const STAGES = [["line", 0], ["incident", 12.4], ["plan", 98.2], ["proposed", 91.1], ["verified", 1371.3], ["pushed", 74.2], ["healthy", 112.6], ["switched", 217.8], ["replayed", 738.7], ["resolved", 27.8]];

const gates = () => [
  { gate: "scope", passed: true, code: "ok", why: "One allow-listed file, 1 line added, 1 removed, and it parses." , evidence: "src/faults/sql.rs" },
  { gate: "build", passed: true, code: "ok", why: "It builds, and the target's 23 tests pass.", evidence: "cargo test\n23 passed; 0 failed" },
  { gate: "replay", passed: true, code: "ok", why: "The request that failed answers 200, and PostgreSQL completed a statement of it.", evidence: "statement_log: 1 seen, 1 wanted" },
  { gate: "healthy", passed: true, code: "ok", why: "Eight requests are answered as before.", evidence: "GET / answered alike" },
  { gate: "causality", passed: true, code: "ok", why: "Without the patch the request answers 500.", evidence: "contract_broken" },
];

/** An incident and its detail. */
export function sample(change = {}) {
  const { status = "resolved", at = Date.now() - 60_000, code = "FAULT_SQL_INJECTION_TEST", target = "fault-app", actions = [], message = "syntax error at end of input", id = randomUUID() } = change;
  const isHealed = status === "resolved";
  const hasChange = ["resolved", "awaiting_approval", "deploying", "verifying"].includes(status);
  const plan = ["detected", "analyzing"].includes(status) ? null : {
    verdict: "code_fault",
    root_cause: "The code sends the malformed statement `SELECT FROM`: its select list is missing, and no table follows.",
    retrieval: { query: "SELECT FROM syntax error", engine: "lexical+semantic", confidence: 0.93, neighbours: [] },
    options: [{ title: "Send a complete statement", remedy: { kind: "codemod", document: "sql-select-without-list", rule: {}, digest: digest("rule") }, confidence: 0.91, verification: "The request that failed answers 200." }],
  };
  const line = `{"level":"error","fault":"${code}","message":"${message}"}`;
  const position = { resolved: 17, archived: 18 }[status] ?? 3;
  const incident = {
    id, target, code, severity: "high", status, epoch: 1, position, head: digest(id), occurrences: 2,
    detection: { target, code, event_id: "e1", source: "router", at: iso(at), message, line, context: [] },
    detected_at: iso(at + 12), updated_at: iso(at + 2700), plan, option: plan ? 0 : undefined, spent: [], attempts: {}, refusals: [], failures_in_a_row: 0,
    proposal: hasChange ? { digest: digest(DIFF), target, base: "a".repeat(40), diff: DIFF, files: ["src/faults/sql.rs"], tree: "b".repeat(40), artefact: digest("artefact"), origin: "codemod sql-select-without-list", gates: gates() } : undefined,
    commit: isHealed ? "c".repeat(40) : undefined,
    approval_expires_at: status === "awaiting_approval" ? iso(at + 86_400_000) : undefined,
    resolved_at: isHealed ? iso(at + 2744) : undefined,
    escalation: status === "escalated" ? "options_exhausted" : undefined,
    recurrences: 0,
    ...change.incident,
  };
  const event = (position, kind, payload, ms) => ({ cursor: `7-${position}`, incident: id, position, key: `k${position}`, kind, payload, at: iso(at + ms), hash: digest(`${id}${position}`) });
  const events = [event(1, "detected", { detection: incident.detection, epoch: 1 }, 12)];
  if (plan) events.push(event(2, "planned", { plan }, 110));
  if (isHealed) {
    const span = (kind, name, from, to) => ({ at: iso(at + to), note: name, span: { kind, name, start: iso(at + from), end: iso(at + to) } });
    events.push(event(3, "progressed", { step: "propose", attempt: 1, progress: span("build", "cargo build", 210, 940), more: [span("test", "cargo test", 950, 1400), span("replay", "replay", 1410, 1450)] }, 1450));
    events.push(event(4, "verified", { report: { replay: "kr-1", code, judgement: "met", why: "The contract was met, and its witness saw it.", status: 200, took_ms: 12.3, witnesses: [{ kind: "statement_log", seen: 1, wanted: 1, sample: ["SELECT 1"] }] } }, 2700));
    events.push(event(5, "resolved", { certificate: { position: 4, head: digest("head"), plan: digest("plan"), proposal: digest(DIFF), artefact: digest("artefact"), commit: "c".repeat(40), replay: "kr-1", before: "POST /test-fault/run answered 500.", after: "It answers 200." } }, 2744));
  }
  if (status === "escalated") events.push(event(3, "refused", { option: 0, refusal: { code: "build", why: "The candidate does not compile.", diff: DIFF, gates: [{ ...gates()[0] }, { gate: "build", passed: false, code: "build_failed", why: "error[E0308]: mismatched types", evidence: { output: "error[E0308]" } }] } }, 1500));
  let since = at;
  const stages = (isHealed ? STAGES : STAGES.slice(0, plan ? 3 : 2)).map(([stage, ms]) => ({ stage, ms, at: iso((since += ms)) }));
  const detail = {
    incident, events, truncated: false,
    story: [
      { at: iso(at), title: "The fault was seen", text: `${target} wrote a line with the marker ${code}.` },
      ...(plan ? [{ at: iso(at + 110), title: "A plan was made", text: plan.root_cause }] : []),
      ...(isHealed ? [{ at: iso(at + 2744), title: "Healed", text: "The request that failed answers 200 on the live version." }] : []),
    ],
    stages, total_ms: isHealed ? 2744 : undefined, platform_ms: isHealed ? 612 : undefined,
    neighbours: plan ? [{ document: "sql-select-without-list", title: "A SELECT without a select list and without a table", score: 12.41 }, { document: "sql-trailing-comma", title: "A comma before FROM", score: 4.2 }] : [],
    diff: hasChange ? DIFF : undefined,
    lines: ["{\"level\":\"info\",\"message\":\"listening\"}", line],
    gates: hasChange ? gates() : [],
    check: { holds: true, text: `${events.length} events: the chain holds.`, found: { events: events.length, certificates: isHealed ? 1 : 0, status } },
    occurrences_total: 2, actions, cursor: "7-1",
    ...change.detail,
  };
  return detail;
}

/** The same incident, further on. */
export function moved(detail, change) {
  return { ...detail, ...change, incident: { ...detail.incident, position: detail.incident.position + 1, updated_at: new Date().toISOString(), ...change.incident } };
}
