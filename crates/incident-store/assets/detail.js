// One incident: its story, its times, what was found, what was changed, and the proof. Parts that did not change stay as
// they are when something comes in: focus, what was opened and what is being typed survive.

import { drawActions } from "./act.js";
import { drawDiff } from "./diff.js";
import { $, facts, fill, folded, h } from "./dom.js";
import * as evidence from "./evidence.js";
import { hashOf } from "./place.js";
import { statusPill } from "./list.js";
import { drawSpans, drawStages, spansOf } from "./timeline.js";
import { ago, clock, duration, moment } from "./times.js";
import { count, modelWords, percent, plain, reasonWords, short, verdictWords, waited } from "./words.js";

let shown = { id: null, keys: new Map() };

/** The parts in their order: a name, what it depends on, and how it is drawn; nothing is drawn without content. */
const PARTS = [
  ["actions", ({ incident, actions }) => [actions, incident.proposal?.digest, incident.intent?.digest, incident.approval_expires_at], (detail, context) => drawActions(detail, context)],
  ["family", ({ parent, children }) => [parent, children], drawFamily],
  ["story", ({ story }) => story, ({ story }) => part("What happened", drawStory(story))],
  ["times", ({ stages, events, total_ms, platform_ms }) => [stages, events.length, total_ms, platform_ms], drawTimes],
  ["diagnosis", ({ incident, neighbours }) => [incident.plan, incident.option, incident.spent, incident.escalation, neighbours], drawDiagnosis],
  ["change", ({ diff, incident }) => [diff, incident.proposal?.digest, incident.commit], drawChange],
  ["gates", ({ gates, refused }) => [gates, refused], drawGates],
  ["proof", ({ certificate, check, replay }) => [certificate, check, replay], drawProof],
  ["lines", ({ lines, incident }) => [lines, incident.detection], ({ lines, incident }) => part("Raw log lines", evidence.drawLines(incident.detection, lines))],
  ["journal", ({ events }) => events.length, ({ events, truncated }) => part("Journal", folded("journal", `${count(events.length, "event", "events")}${truncated ? ", and more that are not shown" : ""}`, evidence.drawJournal(events)))],
];

const part = (title, ...content) => (content.flat().some(Boolean) ? [h("h2", {}, title), ...content] : null);

/** What the service told, with what only the journal tells. Pure. */
export function completed(told) {
  const { events } = told;
  const last = (...kinds) => events.findLast((event) => kinds.includes(event.kind))?.payload;
  return {
    ...told,
    refused: events.filter((event) => event.kind === "refused").map((event) => event.payload),
    certificate: last("resolved")?.certificate ?? null,
    replay: last("verified", "verification_failed", "unverified")?.report ?? null,
  };
}

/** Draws an incident; `context` is told what a person does. */
export function drawDetail(told, place, now, context) {
  const detail = completed(told);
  const article = $("view-detail");
  if (shown.id !== detail.incident.id || article.childElementCount === 0) {
    shown = { id: detail.incident.id, keys: new Map() };
    fill(article, h("p", { class: "back" }, h("a", { id: "back", href: "#" }, "← All incidents")), h("header", { class: "card" }), PARTS.map(([name]) => h("section", { class: "card", "data-part": name, hidden: true })));
    fill(article.querySelector("header"), h("h1", { id: "detail-title", tabindex: "-1" }, detail.incident.code), h("div", { class: "summary" }));
  }
  $("back").href = hashOf({ ...place, incident: null });
  changed("summary", [detail.incident, detail.occurrences_total, waited(detail.events, now)?.until], () => fill(article.querySelector(".summary"), drawSummary(detail, now)));
  for (const [name, inputs, draw] of PARTS) {
    changed(name, inputs(detail), () => redraw(article.querySelector(`[data-part="${name}"]`), draw(detail, context)));
  }
}

/** Shows that there is none. */
export function drawMissing(id, place) {
  shown = { id: null, keys: new Map() };
  const article = $("view-detail");
  fill(
    article,
    h("p", { class: "back" }, h("a", { id: "back", href: hashOf({ ...place, incident: null }) }, "← All incidents")),
    h("div", { class: "card" }, h("h1", { id: "detail-title", tabindex: "-1" }, "There is no such incident"), h("p", {}, "The service knows none of the id ", h("code", {}, id), ".")),
  );
}

export function forgetDetail() {
  shown = { id: null, keys: new Map() };
  fill($("view-detail"));
}

function changed(name, inputs, draw) {
  const key = JSON.stringify(inputs) ?? "";
  if (shown.keys.get(name) === key) return;
  shown.keys.set(name, key);
  draw();
}

function redraw(section, content) {
  const opened = new Set([...section.querySelectorAll("details[open]")].map((details) => details.dataset.key));
  const hadFocus = section.contains(document.activeElement);
  section.hidden = content === null;
  fill(section, content ?? []);
  for (const details of section.querySelectorAll("details")) if (opened.has(details.dataset.key)) details.open = true;
  if (hadFocus) {
    // What had the focus is gone; the reader stays in this part of the page.
    const place = section.hidden ? $("detail-title") : section.querySelector("h2");
    place?.setAttribute("tabindex", "-1");
    place?.focus();
  }
}

function drawSummary({ incident, occurrences_total, events }, now) {
  const waits = incident.in_flight ? waited(events, now) : null;
  const step = incident.in_flight ? `${plain(incident.in_flight.step)}, attempt ${incident.in_flight.attempt}` : null;
  return [
    h("p", { class: "line" }, statusPill(incident), " in ", h("b", {}, incident.target)),
    h("p", {}, incident.detection?.message ?? ""),
    facts(
      ["Detected", [h("time", { datetime: incident.detected_at }, moment(incident.detected_at)), " (", h("time", { datetime: incident.detected_at, "data-ago": "" }, ago(incident.detected_at, now)), ")"]],
      ["Severity", plain(incident.severity)],
      ["Seen", count(occurrences_total, "time", "times")],
      ["Came back", incident.recurrences ? count(incident.recurrences, "time", "times") : null],
      ["Under way", step],
      ["Waits until", waits ? [h("time", { id: "waits-until", datetime: waits.until }, clock(waits.until)), `: ${waits.note}`] : null, "wide"],
      ["Push waits until", incident.status === "admitted" && incident.postponed_until && Date.parse(incident.postponed_until) > now ? `${clock(incident.postponed_until)} at the latest: a storm lasts` : null],
      ["Language models", modelWords(incident.models)],
      ["Resolved by", incident.resolved_by],
      ["Needs a person because", incident.escalation && incident.status === "escalated" ? reasonWords(incident.escalation) : null],
      ["Epoch", incident.epoch],
      ["Id", h("code", { class: "id" }, incident.id)],
    ),
  ];
}

/** The incident whose symptom this one is, and those that are symptoms of this one. */
function drawFamily({ parent, children }) {
  const line = (one) => [statusPill(one), " ", h("a", { href: hashOf({ incident: one.id }) }, one.code), " in ", h("b", {}, one.target)];
  const below = children ?? [];
  if (!parent && below.length === 0) return null;
  return part(
    "Incidents of the same cause",
    parent ? h("p", {}, "The cause is looked for in ", line(parent)) : null,
    below.length > 0 ? [h("p", {}, `${count(below.length, "incident rests", "incidents rest")} under this one, or went with it:`), h("ul", { class: "children" }, below.map((one) => h("li", {}, line(one))))] : null,
  );
}

function drawStory(story) {
  if (story.length === 0) return null;
  return h("ol", { class: "story" }, story.map(({ at, title, text }) => h("li", {}, h("time", { datetime: at, title: moment(at) }, clock(at)), h("div", {}, h("b", {}, title), text ? h("p", {}, text) : null))));
}

function drawTimes({ stages, events, total_ms, platform_ms }) {
  if (stages.length === 0) return null;
  const spans = spansOf(events);
  const own = Number.isFinite(platform_ms) ? `, of which ${duration(platform_ms)} were the platform’s own` : "";
  return part(
    "Times",
    Number.isFinite(total_ms) ? h("p", {}, `From the failing line to the end: ${duration(total_ms)}${own}.`) : null,
    drawStages(stages),
    spans.length > 0 ? folded("spans", "What the time went to", drawSpans(spans)) : null,
  );
}

function drawDiagnosis({ incident, neighbours }) {
  const plan = incident.plan;
  if (!plan) return null;
  const retrieval = plan.retrieval ?? {};
  const used = plan.options?.[incident.option]?.remedy?.document;
  const options = (plan.options ?? []).map((option, index) =>
    h(
      "li", {},
      h("p", {}, h("b", {}, option.title), " ", optionTag(incident, index)),
      h("p", { class: "hint" }, "Confidence ", evidence.confidence(option.confidence), option.remedy?.document ? [", ", plain(option.remedy.kind).toLowerCase(), " ", h("code", {}, option.remedy.document)] : ""),
      option.verification ? h("p", { class: "hint" }, `Verified by: ${option.verification}`) : null,
    ),
  );
  return part(
    "Diagnosis and remedy",
    facts(["Root cause", plan.root_cause, "wide"], ["Kind", verdictWords(plan.verdict)], ["Confidence", evidence.confidence(retrieval.confidence)]),
    h("h3", {}, "Remedies, in the order in which they are tried"),
    options.length > 0 ? h("ol", { class: "options" }, options) : h("p", { class: "hint" }, "None is known."),
    h("h3", {}, "Retrieved neighbours"),
    evidence.drawNeighbours(neighbours, [used].filter(Boolean)),
    h("p", { class: "hint" }, `Found by ${retrieval.engine ?? "–"}; best match ${percent(retrieval.confidence)}`),
  );
}

function optionTag(incident, index) {
  if ((incident.spent ?? []).includes(index)) return h("span", { class: "tag" }, "came to nothing");
  return incident.option === index ? h("span", { class: "tag" }, "chosen") : null;
}

function drawChange({ diff, incident }) {
  if (!diff) return null;
  const proposal = incident.proposal;
  return part(
    "The change",
    proposal ? facts(["Made by", proposal.origin], ["Files", proposal.files?.join(", ")], ["On commit", h("code", {}, short(proposal.base))], ["Pushed as", incident.commit ? h("code", {}, short(incident.commit)) : null], ["Digest", h("code", { class: "hash" }, proposal.digest)]) : null,
    drawDiff(diff),
  );
}

function drawGates({ gates, refused }) {
  if (gates.length === 0 && refused.length === 0) return null;
  return part(
    "Gates and their evidence",
    gates.length > 0 ? evidence.drawGates(gates) : null,
    refused.map(({ option, refusal }, index) => [
      h("h3", {}, `Refused: remedy ${option + 1}`),
      h("p", {}, evidence.outcome(false, plain(refusal.code).toLowerCase()), " ", refusal.why),
      refusal.gates?.length ? evidence.drawGates(refusal.gates) : null,
      refusal.diff ? folded(`refused-${index}`, "The change that was refused", drawDiff(refusal.diff)) : null,
    ]),
  );
}

function drawProof({ certificate, check, replay }) {
  return part(
    "Proof",
    replay ? [h("h3", {}, "Replay on the live version"), evidence.drawReplay(replay)] : null,
    certificate ? [h("h3", {}, "Heal certificate"), evidence.drawCertificate(certificate)] : null,
    h("h3", {}, "Check of the journal"),
    h("p", {}, evidence.outcome(check.holds, check.holds ? "it holds" : "it does not hold"), " ", check.text),
  );
}
