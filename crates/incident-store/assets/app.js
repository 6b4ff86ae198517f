// Puts the page together: what comes in, and where the reader is.

import * as api from "./api.js";
import { beginControls, drawHealing } from "./controls.js";
import { drawDetail, drawMissing, forgetDetail } from "./detail.js";
import { $, say } from "./dom.js";
import { drawList, moveInList, tick } from "./list.js";
import { Live, POLL } from "./live.js";
import { Model, PAGE, announcement } from "./model.js";
import { hashOf, placeOf } from "./place.js";
import { askForToken, beginSession, enter } from "./session.js";
import { asked } from "./words.js";

/** Changes that come within this time are asked for together, milliseconds. */
const TOGETHER = 150;
const TICK = 15_000;
/** How long a notice stays. It is said aloud, too. */
const NOTICE = 12_000;

const model = new Model();
const live = new Live({ change: changed, look, state: drawConnection });
let place = placeOf(location.hash);
let signedIn = false;
let detail = null;
let lastRow = "";

// ---- what is said of the whole

const WORDS = { live: "Live", connecting: "Connecting…", polling: `No stream: asking every ${POLL / 1000} s`, away: "No connection" };

function drawConnection(name) {
  $("connection").dataset.state = name;
  say($("connection-text"), WORDS[name]);
}

const announce = (words) => words && say($("announcements"), words);

let noticed = 0;
function notice(words) {
  announce(words);
  say($("notice"), words);
  $("notice").hidden = false;
  clearTimeout(noticed);
  noticed = setTimeout(() => ($("notice").hidden = true), NOTICE);
}

function failed(trouble) {
  if (trouble.kind === "session") askForToken("Your session has ended. Please sign in again.");
  else drawTrouble(trouble);
}

function drawTrouble(trouble) {
  $("trouble").hidden = !trouble;
  if (!trouble) return say($("trouble-text"), "");
  const next = trouble.kind === "away" ? " It is tried again by itself; until then what is shown may be old." : "";
  say($("trouble-text"), `${trouble.message.replace(/\.?$/, ".")}${next}`);
}

// ---- who is there

async function begin() {
  signedIn = true;
  show();
  if (!(await look())) drawConnection("away");
  if (signedIn) live.begin(model.cursor);
}

function end() {
  signedIn = false;
  live.end();
  model.forget();
  model.healing = null;
  detail = null;
  forgetDetail();
}

// ---- what comes in

let asking = null;
let again = false;

/** Asks for what is shown; one question at a time. Answers whether it worked. */
function look() {
  again = asking !== null;
  asking ??= lookOnce().finally(() => {
    asking = null;
    if (again && signedIn) setTimeout(look, TOGETHER);
  });
  return asking;
}

async function lookOnce() {
  try {
    const told = await api.data({ limit: PAGE, archived: false });
    if (!signedIn) return false;
    takeOver(told);
    await lookAtFilter();
    await lookAtDetail();
    if (!signedIn) return false;
    drawTrouble(null);
    draw();
    return true;
  } catch (trouble) {
    failed(trouble);
    return false;
  }
}

const NEWEST = placeOf("");

function takeOver(told) {
  if (model.isOld) model.forget();
  const isFirst = !model.wasAsked(NEWEST);
  const changes = model.take(told.incidents);
  if (isFirst) model.goOn(NEWEST, told.next);
  else announce(announcement(changes));
  model.cursor = told.cursor;
  model.healing = told.state;
  drawHealing(model.healing);
}

/** The newest may be none of those that are filtered for. */
async function lookAtFilter() {
  if (model.wasAsked(place)) return;
  const filtered = place;
  const told = await api.data({ limit: PAGE, target: filtered.target, ...asked(filtered.status) });
  model.take(told.incidents);
  model.goOn(filtered, told.next);
}

async function lookAtDetail() {
  const id = place.incident;
  if (!id) return;
  try {
    const told = await api.incident(id);
    if (place.incident !== id || !signedIn) return;
    detail = told;
    model.take([told.incident]);
  } catch (trouble) {
    if (trouble.kind !== "missing") throw trouble;
    if (place.incident === id) drawMissing(id, place);
  }
}

let soon = 0;

/** An event. What it tells is shown at once; the whole is asked for when there is more to it, so that nothing depends on
 * having heard the one before. */
function changed({ name, data }) {
  if (data && "paused" in data) {
    model.healing = data;
    drawHealing(data);
  }
  if (name === "hello") return;
  if (name === "resync" || name === "reset") model.isOld = true;
  const isAll = Boolean(data?.incident) && model.hear(data);
  draw();
  if (isAll && data.incident !== place.incident) return;
  soon ||= setTimeout(() => {
    soon = 0;
    look();
  }, TOGETHER);
}

async function more() {
  const button = $("more");
  const filtered = place;
  button.disabled = true;
  try {
    const told = await api.data({ limit: PAGE, before: model.next(filtered), target: filtered.target, ...asked(filtered.status) });
    model.take(told.incidents);
    model.goOn(filtered, told.next);
    draw();
    notice(`${told.incidents.length} more loaded.`);
  } catch (trouble) {
    failed(trouble);
  } finally {
    button.disabled = false;
  }
}

// ---- where the reader is

const heading = () => $(place.incident ? "detail-title" : "list-title");

function show() {
  $("view-list").hidden = place.incident !== null;
  $("view-detail").hidden = place.incident === null;
  draw();
}

function draw() {
  if (!signedIn) return;
  const now = Date.now();
  const waiting = model.counts.person;
  const title = place.incident ? (model.get(place.incident)?.code ?? "Incident") : "Incidents";
  document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${title} – Kintsugi`;
  if (!place.incident) drawList(model, place, now);
  else if (detail?.incident.id === place.incident) drawDetail(detail, place, now, person);
}

const person = {
  acted: (words) => {
    notice(words);
    look();
  },
  said: notice,
  trouble: failed,
  look,
};

async function moved() {
  const before = place;
  place = placeOf(location.hash);
  if (!signedIn) return;
  if (place.incident === before.incident) return filter();
  forgetDetail();
  detail = null;
  show();
  if (place.incident) {
    lastRow = place.incident;
    await look();
    if (again) await look();
    heading()?.focus();
  } else {
    (document.querySelector(`#list [data-id="${CSS.escape(lastRow)}"] a`) ?? heading())?.focus();
    filter();
  }
}

async function filter() {
  draw();
  try {
    await lookAtFilter();
    draw();
  } catch (trouble) {
    failed(trouble);
  }
}

function go(change) {
  const hash = hashOf({ ...place, ...change });
  if (hash !== location.hash) history.replaceState(null, "", hash);
  place = placeOf(hash);
  filter();
}

// ---- wiring

const setHealing = (state) => {
  model.healing = state;
  drawHealing(state);
  draw();
};
beginControls({ healing: () => model.healing, changed: setHealing, told: notice, trouble: failed, look });
beginSession({ begin, end, trouble: drawTrouble, heading });
$("more").addEventListener("click", more);
$("skip").addEventListener("click", (event) => {
  // The hash is the reader's place; the link only moves the focus.
  event.preventDefault();
  $("main").focus();
});
$("trouble-again").addEventListener("click", async () => {
  if (signedIn && (await look())) live.again();
});
$("list").addEventListener("keydown", moveInList);
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("input", ({ target }) => go({ [target.name]: target.value }));
$("filters").addEventListener("reset", () => go({ status: "", target: "", q: "" }));
document.addEventListener("keydown", (event) => {
  const isElsewhere = $("dialog").open || !place.incident || event.target.matches?.("textarea, select, input");
  if (event.key === "Escape" && !isElsewhere) $("back")?.click();
});
addEventListener("hashchange", moved);
setInterval(() => tick(Date.now()), TICK);
enter(POLL);
