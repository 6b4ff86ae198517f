// The page's own decisions, without a browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf } from "../../../incident-store/assets/diff.js";
import { MOST, Model, announcement } from "../../../incident-store/assets/model.js";
import { hashOf, placeOf } from "../../../incident-store/assets/place.js";
import { barsOf, spansOf } from "../../../incident-store/assets/timeline.js";
import { ago, between, duration } from "../../../incident-store/assets/times.js";
import { ALL_STATUSES, GROUPS, asked, isIn, modelWords, statusWords, tone, waited } from "../../../incident-store/assets/words.js";

const incident = (id, change = {}) => ({ id, code: "FAULT_A", target: "first", status: "detected", position: 1, detected_at: `2026-11-22T03:00:00.${String(id).padStart(6, "0")}Z`, ...change });
const here = (change = {}) => ({ incident: null, status: "", target: "", q: "", ...change });

test("a place survives its way through the hash", () => {
  const place = here({ incident: "01890a5d-ac96-774b-bcce-b302099a8057", status: "person", target: "fault-app", q: "a b&c=d#é" });
  assert.deepEqual(placeOf(hashOf(place)), place);
  assert.deepEqual(placeOf(hashOf(here())), here());
});

test("what is no place is left out of it", () => {
  assert.deepEqual(placeOf("#incident=../../x&other=1&q="), here());
  assert.equal(placeOf(`#q=${"x".repeat(9_000)}`).q.length, 200);
  assert.deepEqual(placeOf("#%E0%A4%A"), here());
});

test("a length of time is told in the unit that people would use", () => {
  const told = [0, 0.5, 12.4, 999.4, 1000, 59_940, 59_960, 61_000, 3_600_000, 90_000_000, NaN, -1500].map(duration);
  assert.deepEqual(told, ["0 ms", "0.50 ms", "12 ms", "999 ms", "1.0 s", "59.9 s", "1 min 0 s", "1 min 1 s", "1 h 0 min", "1 d 1 h", "–", "−1.5 s"]);
});

test("microseconds are not lost between two moments", () => {
  assert.ok(Math.abs(between("2026-11-22T03:00:00.000250Z", "2026-11-22T03:00:00.001Z") - 0.75) < 1e-9);
  assert.equal(between("2026-11-22T03:00:00Z", "2026-11-22T03:00:01.5Z"), 1500);
});

test("how long ago is told roughly", () => {
  const now = Date.parse("2026-11-22T03:00:00Z");
  const told = [0, 7, 61, 3_700, 200_000, -5].map((seconds) => ago(new Date(now - seconds * 1000).toISOString(), now));
  assert.deepEqual(told, ["just now", "5 s ago", "1 min ago", "1 h ago", "2 d ago", "just now"]);
});

test("each status has words, a tone, and a group that counts it", () => {
  assert.equal(ALL_STATUSES.length, 19);
  for (const status of ALL_STATUSES) {
    assert.ok(statusWords({ status }) && tone(status), status);
    assert.ok(GROUPS.some(([, , holds]) => holds(status)), status);
  }
  assert.equal(statusWords({ status: "something_newer" }), "Something newer");
});

test("what language models took is told, and nothing when none was asked", () => {
  assert.equal(modelWords(undefined), null);
  assert.equal(modelWords({ calls: 0 }), null);
  assert.equal(modelWords({ calls: 1, input_tokens: 1000, output_tokens: 100, cost_micro_usd: 3000 }), "1 call, 1100 tokens, $0.0030");
});

test("the last wait is shown until it is over", () => {
  const at = "2026-11-22T03:00:00.000Z";
  const wait = (delay_ms, note) => ({ at, note, delay_ms });
  const events = [{ kind: "progressed", payload: { progress: wait(9_000, "first"), more: [{ at, note: "call" }, wait(2_000, "second")] } }, { kind: "planned", payload: {} }];
  assert.deepEqual(waited(events, Date.parse(at) + 1_999), { until: "2026-11-22T03:00:02.000Z", note: "second" });
  assert.equal(waited(events, Date.parse(at) + 2_000), null);
  assert.equal(waited([{ kind: "progressed", payload: { progress: { at: "never", delay_ms: 5, note: "odd" } } }], 0), null);
});

test("archived incidents are shown only to those who ask for them", () => {
  assert.equal(isIn("", { status: "archived" }), false);
  assert.equal(isIn("archived", { status: "archived" }), true);
  assert.deepEqual(asked("archived"), { status: "archived" });
  assert.deepEqual(asked(""), { archived: false });
  assert.deepEqual(asked("aside"), { status: "dismissed,suppressed" });
});

test("an older answer changes nothing, a newer one does, and both orders come to the same", () => {
  const [old, later] = [incident(1), incident(1, { position: 5, status: "resolved" })];
  for (const order of [[old, later], [later, old]]) {
    const model = new Model();
    for (const one of order) model.take([one]);
    assert.equal(model.get(1).status, "resolved");
  }
});

test("what an event tells is shown until the whole has come", () => {
  const model = new Model();
  model.take([incident(1)]);
  assert.equal(model.hear({ incident: 1, position: 4, status: "escalated", occurrences: 2 }), false);
  assert.equal(model.get(1).status, "escalated");
  const changes = model.take([incident(1, { position: 4, status: "escalated" })]);
  assert.equal(announcement(changes), "Needs a person: FAULT_A in first.");
  assert.equal(model.hear({ incident: 1, position: 3, status: "planned", occurrences: 1 }), true, "an old event is no news");
  assert.equal(model.hear({ incident: 2, position: 1, status: "detected", occurrences: 1 }), false, "nobody knows it yet");
});

test("the page keeps a bounded number of incidents, the newest", () => {
  const model = new Model();
  model.take(Array.from({ length: MOST + 50 }, (_, index) => incident(index)));
  assert.equal(model.size, MOST);
  assert.equal(model.get(0), undefined);
  assert.ok(model.get(MOST + 49));
});

test("words of the filter may stand in any part and in any order", () => {
  const model = new Model();
  model.take([incident(1, { detection: { message: "syntax error at END of input" } }), incident(2, { target: "second" })]);
  const found = (change) => model.matching(here(change)).map(({ id }) => id);
  assert.deepEqual(found({}), [2, 1]);
  assert.deepEqual(found({ q: "end fault_a" }), [1]);
  assert.deepEqual(found({ target: "second" }), [2]);
  assert.deepEqual(found({ status: "resolved" }), []);
});

test("many changes are told as a number", () => {
  const model = new Model();
  const changes = model.take(Array.from({ length: 9 }, (_, index) => incident(index)));
  assert.equal(announcement(changes), "9 incidents changed.");
  assert.equal(announcement([]), "");
});

test("a diff's lines keep their numbers, and a removed line that looks like a header stays a line", () => {
  const lines = linesOf("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -3,2 +3,2 @@ fn\n same\n--- gone\n+++ come\n\\ No newline at end of file\n");
  assert.deepEqual(lines.map(({ kind, text, before, after }) => [kind, text, before ?? null, after ?? null]), [
    ["file", "x", null, null], ["hunk", "@@ -3,2 +3,2 @@ fn", null, null], ["same", "same", 3, 3],
    ["removed", "-- gone", 4, null], ["added", "++ come", null, 4], ["hunk", "\\ No newline at end of file", null, null],
  ]);
  assert.deepEqual(linesOf(null), []);
});

test("bars lie on one axis, each beginning where the one before ends", () => {
  const at = (ms) => new Date(1_800_000_000_000 + ms).toISOString();
  const bars = barsOf([{ stage: "line", at: at(0), ms: 0 }, { stage: "plan", at: at(250), ms: 250 }, { stage: "resolved", at: at(1000), ms: 750 }]);
  assert.deepEqual(bars.map(({ since, left, width }) => [since, left, width]), [[0, 0, 0], [250, 0, 0.25], [1000, 0.25, 0.75]]);
  assert.deepEqual(barsOf([]), []);
  assert.equal(barsOf([{ stage: "line", at: at(0), ms: 0 }])[0].width, 0);
});

test("spans are found in every sign of progress of an event", () => {
  const span = { kind: "build", name: "b", start: "2026-11-22T03:00:00Z", end: "2026-11-22T03:00:01Z" };
  const events = [{ kind: "progressed", payload: { progress: { span }, more: [{ note: "x" }, { span }] } }, { kind: "planned", payload: {} }];
  assert.equal(spansOf(events).length, 2);
});
