// What stands behind an incident: neighbours, gates, certificate, log lines, journal.

import { facts, folded, h, scroller } from "./dom.js";
import { clock, duration } from "./times.js";
import { count, gateWords, percent, plain, short } from "./words.js";

/** How much of one value is shown: evidence is bounded by its writer, and here once more. */
const MOST = 20_000;
const EVENTS = 500;

/** JSON for people to read. */
export function pretty(value) {
  const text = JSON.stringify(value, null, 2) ?? "";
  return text.length > MOST ? `${text.slice(0, MOST)}\n… ${text.length - MOST} more characters` : text;
}

/** Whether something passed, by mark and by word. */
export const outcome = (passed, words) =>
  h("span", { class: "pill", "data-tone": passed ? "good" : "bad" }, h("span", { class: "mark", "aria-hidden": "true" }), words ?? (passed ? "passed" : "refused"));

export function drawNeighbours(neighbours, used) {
  if (neighbours.length === 0) return h("p", { class: "hint" }, "Nothing similar is known.");
  const best = Math.max(...neighbours.map((one) => one.score), 1e-9);
  const rows = neighbours.map((one) =>
    h(
      "tr", {},
      h("th", { scope: "row" }, one.title || one.document, used.includes(one.document) ? h("span", { class: "tag" }, "remedy used") : null),
      h("td", {}, h("code", {}, one.document)),
      h("td", { class: "figure" }, Number(one.score).toFixed(3)),
      h("td", { class: "lane", "aria-hidden": "true" }, h("span", { class: "bar", vars: { "--left": "0", "--width": Math.max(0, one.score / best).toFixed(4) } })),
    ),
  );
  const head = h("thead", {}, h("tr", {}, ["Known incident", "Document", "Score"].map((words) => h("th", { scope: "col" }, words)), h("td", { class: "lane", "aria-hidden": "true" })));
  return scroller("Similar incidents and their scores", {}, h("table", { class: "times neighbours" }, head, h("tbody", {}, rows)));
}

export function drawGates(gates) {
  return h("ol", { class: "gates" }, gates.map((gate, index) =>
    h(
      "li", {},
      h("p", {}, outcome(gate.passed), " ", h("b", {}, gateWords(gate.gate))),
      h("p", {}, gate.why || plain(gate.code)),
      evidenceText(gate) ? folded(`gate-${index}-${gate.gate}`, "Evidence", scroller(`Evidence of the gate ${gate.gate}`, {}, h("pre", {}, evidenceText(gate)))) : null,
    ),
  ));
}

/** The service tells it as text; in the journal it is a value. */
const evidenceText = ({ evidence }) => (evidence === null || evidence === undefined ? "" : typeof evidence === "string" ? evidence : pretty(evidence));

export function drawReplay(report) {
  const seen = (report.witnesses ?? []).map((one) => `${plain(one.kind)}: saw ${one.seen ?? "nothing it could tell of"}, wanted at least ${one.wanted}`);
  return [
    h("p", {}, outcome(report.judgement === "met", report.judgement === "met" ? "met" : plain(report.judgement).toLowerCase()), " ", report.why),
    facts(["Replay", h("code", {}, report.replay)], ["Answer", report.status], ["Took", duration(report.took_ms)], ["Witnesses", seen.join("; ")]),
    report.witnesses?.some((one) => one.sample?.length) ? folded(`witness-${report.replay}`, "What the witnesses saw", scroller("What the witnesses saw", {}, h("pre", {}, report.witnesses.flatMap((one) => one.sample ?? []).join("\n")))) : null,
  ];
}

const hash = (digest) => (digest ? h("code", { class: "hash" }, digest) : null);

export function drawCertificate(certificate) {
  return facts(
    ["Before", certificate.before],
    ["After", certificate.after],
    ["Covers", `events 1 to ${certificate.position}`],
    ["Head of the chain", hash(certificate.head)],
    ["Plan", hash(certificate.plan)],
    ["Change", hash(certificate.proposal)],
    ["Artefact", hash(certificate.artefact)],
    ["Commit", hash(certificate.commit)],
    ["Proof on live", certificate.replay ? h("code", {}, certificate.replay) : null],
  );
}

export function drawLines(detection, lines) {
  if (lines.length === 0) return h("p", { class: "hint" }, "The report came without a log line.");
  const rows = lines.map((line) => (line === detection?.line ? h("mark", {}, line, "\n") : `${line}\n`));
  return scroller("Raw log lines", {}, h("pre", { class: "log" }, rows));
}

export function drawJournal(events) {
  const shown = events.slice(-EVENTS);
  const rows = shown.map((event) =>
    h(
      "li", { value: event.position },
      h("details", { "data-key": `event-${event.position}`, ontoggle: (toggled) => open(toggled.target, event) },
        h("summary", {}, h("b", {}, plain(event.kind)), event.payload?.step ? ` ${event.payload.step}` : "", " ", h("time", { datetime: event.at }, clock(event.at)), " ", h("code", { class: "hash" }, short(event.hash))),
      ),
    ),
  );
  return [
    events.length > shown.length ? h("p", { class: "hint" }, `The last ${shown.length} of ${count(events.length, "event", "events")}.`) : null,
    h("ol", { class: "journal" }, rows),
  ];
}

/** An event's content is drawn when it is asked for: a journal may be long. */
function open(details, event) {
  if (!details.open || details.children.length > 1) return;
  details.append(scroller(`Content of event ${event.position}`, {}, h("pre", {}, pretty({ key: event.key, hash: event.hash, ...event.payload }))));
}

export const confidence = (part) => h("span", { class: "confidence" }, h("span", { class: "gauge", "aria-hidden": "true" }, h("span", { vars: { "--width": Math.max(0, Math.min(1, part ?? 0)).toFixed(3) } })), percent(part));
