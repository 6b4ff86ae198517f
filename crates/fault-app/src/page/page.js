// Buttons ask the fault routes; the state is read again after each answer and every two seconds while somebody looks.
// Whatever comes from the server is shown as text.
"use strict";

const POLL_MS = 2000;
const ANSWER_MS = 15000;
const byId = (id) => document.getElementById(id);
const say = (id, text) => {
  const place = byId(id);
  const next = String(text);
  if (place.textContent !== next) place.textContent = next;
};

const BREAKER = { closed: "closed – calls are made", open: "open – no call is made", half_open: "half open – one trial is due" };

function showState(state) {
  say("version", `Version ${state.version}.`);
  const { upstream, pool } = state;
  const wait = upstream.retry_in_s === null ? "" : `, ${upstream.retry_in_s} s more`;
  say("breaker", (BREAKER[upstream.breaker] ?? upstream.breaker) + wait);
  byId("breaker").className = upstream.breaker === "closed" ? "good" : "bad";
  say("failures", upstream.failures);
  say("good", upstream.last_good ? `${upstream.last_good.value}, ${upstream.last_good.age_s} s old` : "none");
  say("shared", upstream.shared_by);
  showMeter("in-use", pool.in_use, pool.connections);
  showMeter("slow", pool.slow.in_use, pool.slow.connections);
  say("idle", pool.idle);
  say("exhausted", pool.exhausted);
  say("kept", `${state.memory.kept_mib} MiB${state.memory.off ? ", and no more are kept" : ""}`);
  say("depth", state.queue.depth);
  say("calls", state.calls.lately);
  say("credential", state.session.credential_is_taken ? "taken" : "not taken any more");
  showAnswers(state.answers);
}

function showMeter(id, value, most) {
  const meter = byId(id);
  meter.max = most;
  meter.value = value;
  say(`${id}-text`, `${value} of ${most}`);
}

let shown = "";

function showAnswers(answers) {
  byId("none").hidden = answers.length > 0;
  byId("answers").hidden = answers.length === 0;
  const text = JSON.stringify(answers);
  if (text === shown) return;
  shown = text;
  byId("rows").replaceChildren(...answers.map(row));
}

function row(answer) {
  const cells = [
    new Date(answer.at).toLocaleTimeString(),
    answer.route + (answer.replay ? ` (replay ${answer.replay})` : ""),
    answer.status,
    answer.code,
    `${answer.ms} ms`,
    answer.event_id ?? "–",
  ];
  const line = document.createElement("tr");
  for (const cell of cells) {
    const place = document.createElement("td");
    place.textContent = String(cell);
    line.append(place);
  }
  line.cells[2].className = answer.status < 400 ? "good" : "bad";
  return line;
}

let reading = false;

async function readState() {
  if (reading || document.hidden) return;
  reading = true;
  const trouble = byId("trouble");
  try {
    const answer = await fetch("/test-fault/state", { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    showState(await answer.json());
    trouble.hidden = true;
  } catch (error) {
    trouble.textContent = `The state cannot be read (${error.message}). The next try is in ${POLL_MS / 1000} s.`;
    trouble.hidden = false;
  } finally {
    reading = false;
  }
}

async function ask(path) {
  const begun = performance.now();
  const took = () => `${Math.round(performance.now() - begun)} ms`;
  try {
    const answer = await fetch(path, { method: "POST", signal: AbortSignal.timeout(ANSWER_MS) });
    const body = await answer.json().catch(() => ({}));
    const said = body.message ?? (body.degraded ? `${body.value}, which is ${body.age_s} s old` : body.value ?? "well");
    return `${answer.status} after ${took()}: ${said}`;
  } catch (error) {
    return `no answer after ${took()}: ${error.message}`;
  }
}

async function press(button, path, count) {
  // Not `disabled`: the focus would be lost.
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  say("said", `Asking ${path}${count > 1 ? `, ${count} requests at once` : ""} …`);
  const soon = setTimeout(readState, 300);
  const answers = await Promise.all(Array.from({ length: count }, () => ask(path)));
  clearTimeout(soon);
  const alike = new Map();
  for (const answer of answers) {
    const kind = answer.split(" ")[0];
    alike.set(kind, (alike.get(kind) ?? 0) + 1);
  }
  const kinds = [...alike].map(([kind, times]) => `${times} × ${kind}`).join(", ");
  say("said", `${path} answered ${count > 1 ? kinds : answers[0]}`);
  button.removeAttribute("aria-disabled");
  await readState();
}

for (const card of document.querySelectorAll("[data-path]")) {
  const button = card.querySelector("button");
  const times = card.querySelector("input");
  button.addEventListener("click", () => {
    const count = Math.min(20, Math.max(1, Math.trunc(Number(times.value)) || 1));
    times.value = String(count);
    press(button, card.dataset.path, count);
  });
}
document.addEventListener("visibilitychange", readState);
setInterval(readState, POLL_MS);
readState();
