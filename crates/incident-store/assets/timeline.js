// When each stage was reached, and what the time went to, as bars on one axis.

import { h, scroller } from "./dom.js";
import { between, clock, duration } from "./times.js";
import { spanWords, stageWords } from "./words.js";

/** The spans of a journal's signs of progress. Pure. */
export function spansOf(events) {
  const told = events.filter((event) => event.kind === "progressed").flatMap(({ payload }) => [payload?.progress, ...(payload?.more ?? [])]);
  return told.map((progress) => progress?.span).filter((span) => span?.start && span?.end);
}

/** The stages on one axis: where each begins, how long it took since the one before, and how long since the first. Pure. */
export function barsOf(stages) {
  if (stages.length === 0) return [];
  const first = stages[0].at;
  const total = Math.max(1e-6, between(first, stages.at(-1).at));
  return stages.map((stage) => {
    const since = between(first, stage.at);
    return { ...stage, since, left: Math.max(0, since - stage.ms) / total, width: stage.ms / total };
  });
}

const bar = (left, width, kind) => h("td", { class: "lane", "aria-hidden": "true" }, h("span", { class: "bar", "data-kind": kind, vars: { "--left": left.toFixed(4), "--width": width.toFixed(4) } }));

const FIGURES = ["At", "Took", "Since the first"];
const heading = (word) => (word === "" ? h("td", { class: "lane", "aria-hidden": "true" }) : h("th", { scope: "col", class: FIGURES.includes(word) ? "figure" : null }, word));
const head = (...words) => h("thead", {}, h("tr", {}, words.map(heading)));

export function drawStages(stages) {
  const rows = barsOf(stages).map((stage) =>
    h(
      "tr", {},
      h("th", { scope: "row" }, stageWords(stage.stage)),
      h("td", { class: "figure" }, clock(stage.at)),
      h("td", { class: "figure" }, duration(stage.ms)),
      bar(stage.left, stage.width, "stage"),
      h("td", { class: "figure" }, duration(stage.since)),
    ),
  );
  return scroller("Stages and their times", {}, h("table", { class: "times" }, head("Stage", "At", "Took", "", "Since the first"), h("tbody", {}, rows)));
}

export function drawSpans(spans) {
  const sorted = [...spans].sort((a, b) => (a.start < b.start ? -1 : 1));
  if (sorted.length === 0) return null;
  const from = sorted[0].start;
  const end = sorted.reduce((last, span) => (between(last, span.end) > 0 ? span.end : last), sorted[0].end);
  const total = Math.max(1e-6, between(from, end));
  const rows = sorted.map((span) => {
    const took = between(span.start, span.end);
    return h(
      "tr", {},
      h("th", { scope: "row" }, span.name),
      h("td", {}, spanWords(span.kind)),
      h("td", { class: "figure" }, duration(took)),
      bar(between(from, span.start) / total, took / total, span.kind),
    );
  });
  return scroller("What the time went to", {}, h("table", { class: "times" }, head("What", "Whose time", "Took", ""), h("tbody", {}, rows)));
}
