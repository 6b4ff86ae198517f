// The list of incidents: rows are changed where they stand, so that focus and selection survive what comes in.

import { $, fill, h, say } from "./dom.js";
import { MOST } from "./model.js";
import { hashOf } from "./place.js";
import { ago, between, duration, moment } from "./times.js";
import { ALL_STATUSES, GROUPS, count, filterWords, short, statusWords, tone } from "./words.js";

const COUNTED = GROUPS.filter(([name]) => name !== "archived");
const rows = new Map();
let drawn = "";

/** The mark and the words of a status. */
export function statusPill(incident) {
  return h("span", { class: "pill", "data-tone": tone(incident.status) }, h("span", { class: "mark", "aria-hidden": "true" }), statusWords(incident));
}

/** Draws what a place shows of a model. */
export function drawList(model, place, now) {
  drawCounters(model, place);
  drawFilters(model, place);
  const shown = model.matching(place);
  const order = shown.map((incident) => incident.id);
  for (const [id, row] of rows) if (!order.includes(id)) drop(id, row);
  for (const incident of shown) drawRow(incident, place, now);
  arrange(order);
  drawEmpty(model, place, shown.length);
  const hasMore = Boolean(model.next(place)) && model.size < MOST;
  say($("shown"), model.size === 0 ? "" : `${count(shown.length, "incident", "incidents")} shown${hasMore ? "; there are older ones" : ""}`);
  $("more").hidden = !hasMore;
}

/** Only the words that grow old: how long ago things were. */
export function tick(now) {
  for (const time of document.querySelectorAll("time[data-ago]")) say(time, ago(time.dateTime, now));
}

function drop(id, row) {
  row.item.remove();
  rows.delete(id);
}

/** Puts the rows into their order and moves no more than is needed: a row that is moved loses the focus. */
function arrange(order) {
  const list = $("list");
  order.forEach((id, index) => {
    const item = rows.get(id).item;
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
  });
}

function drawRow(incident, place, now) {
  const row = rows.get(incident.id) ?? newRow(incident, now);
  row.link.href = hashOf({ ...place, incident: incident.id });
  const seen = `${incident.position} ${incident.status} ${incident.isPartial ?? false}`;
  if (row.seen === seen) return;
  if (row.seen) flash(row.item);
  row.seen = seen;
  fill(row.status, statusPill(incident));
  say(row.link, incident.code);
  say(row.target, incident.target);
  say(row.message, incident.plan?.root_cause || incident.detection?.message || "");
  say(row.times, `seen ${count(incident.occurrences, "time", "times")}`);
  row.item.dataset.status = incident.status;
  say(row.took, tookWords(incident));
}

function newRow(incident, now) {
  const at = incident.detected_at;
  const row = {
    status: h("span", { class: "cell-status" }),
    link: h("a", { class: "name" }),
    target: h("span", { class: "target" }),
    message: h("p", { class: "message" }),
    times: h("span", {}),
    took: h("span", { class: "took" }),
    seen: "",
  };
  const when = h("time", { datetime: at, "data-ago": "", title: moment(at) }, ago(at, now));
  row.item = h(
    "li", { "data-id": incident.id },
    row.status,
    h("div", { class: "cell-what" }, h("h2", {}, row.link, " ", row.target), row.message),
    h("p", { class: "cell-when" }, when, row.times, row.took),
  );
  rows.set(incident.id, row);
  return row;
}

function tookWords(incident) {
  if (incident.parent) return `with ${short(incident.parent)}`;
  if (incident.status !== "resolved" || !incident.resolved_at) return "";
  const took = duration(between(incident.detection?.at ?? incident.detected_at, incident.resolved_at));
  return incident.resolved_by ? `after ${took}` : `healed in ${took}`;
}

function flash(item) {
  item.classList.remove("changed");
  requestAnimationFrame(() => item.classList.add("changed"));
}

function drawCounters(model, place) {
  const counts = model.counts;
  const key = JSON.stringify([counts, place]);
  if (key === drawn) return;
  drawn = key;
  const focused = document.activeElement?.closest?.("#counters a")?.dataset.group;
  const links = COUNTED.map(([name, words]) => {
    const current = place.status === name;
    const href = hashOf({ ...place, incident: null, status: current ? "" : name });
    return h("li", {}, h("a", { href, "data-group": name, "aria-current": current ? "true" : null }, h("b", {}, counts[name]), " ", h("span", {}, words)));
  });
  fill($("counters"), links);
  if (focused) document.querySelector(`#counters a[data-group="${CSS.escape(focused)}"]`)?.focus();
}

function drawFilters(model, place) {
  const statuses = [...GROUPS.map(([name]) => name), ...ALL_STATUSES.filter((status) => !GROUPS.some(([name]) => name === status))];
  options($("filter-status"), "All but archived", statuses, filterWords, place.status);
  options($("filter-target"), "All", model.targets, String, place.target);
  const text = $("filter-text");
  if (text.value !== place.q && document.activeElement !== text) text.value = place.q;
}

/** What is chosen stays in the list, also when nothing has it at the moment. */
function options(select, all, values, words, chosen) {
  const wanted = ["", ...values];
  if (chosen && !wanted.includes(chosen)) wanted.push(chosen);
  if (wanted.join("\n") !== [...select.options].map((option) => option.value).join("\n")) {
    fill(select, wanted.map((value) => h("option", { value }, value === "" ? all : words(value))));
  }
  select.value = chosen;
}

function drawEmpty(model, place, shown) {
  const empty = $("empty");
  empty.hidden = shown > 0;
  if (shown > 0) return fill(empty);
  if (place.status || place.target || place.q) {
    fill(empty, h("p", {}, h("b", {}, "Nothing matches these filters.")), h("p", {}, h("a", { href: "#" }, "Show all incidents")));
    return;
  }
  const since = model.healing?.reset_at;
  fill(
    empty,
    h("p", {}, h("b", {}, since ? "Nothing has gone wrong since the reset." : "Nothing has gone wrong yet.")),
    h("p", {}, "Fire a fault at the sample application and watch it being healed:"),
    h("pre", {}, h("code", {}, `curl -X POST ${location.origin}/test-fault/run`)),
    model.healing?.paused ? h("p", {}, "Healing is paused: an incident waits until it is resumed.") : null,
    since ? h("p", {}, h("a", { href: hashOf({ ...place, status: "archived" }) }, "Show the archived incidents")) : null,
  );
}

/** The arrow keys, Home and End move between the rows' links. */
export function moveInList(event) {
  const links = [...document.querySelectorAll("#list a.name")];
  const here = links.indexOf(document.activeElement);
  if (here < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  links[Math.max(0, Math.min(links.length - 1, to))]?.focus();
}
