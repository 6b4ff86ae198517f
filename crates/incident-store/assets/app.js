// Puts the page together: who is signed in, where the reader is, what comes in.

import * as api from "./api.js";
import { beginControls, drawHealing } from "./controls.js";
import { drawDetail, drawMissing, forgetDetail } from "./detail.js";
import { $, say } from "./dom.js";
import { drawList, moveInList, tick } from "./list.js";
import { Live, POLL } from "./live.js";
import { Model, PAGE, announcement } from "./model.js";
import { hashOf, placeOf } from "./place.js";

/** Changes that come within this time are asked for together, milliseconds. */
const TOGETHER = 150;
const TICK = 15_000;

const model = new Model();
const live = new Live({ change: changed, look, state: drawConnection });
let place = placeOf(location.hash);
let signedIn = false;
let detail = null;
let lastRow = null;
let asking = null;
let again = false;

const WORDS = { live: "Live", connecting: "Connecting…", polling: `No stream: asking every ${POLL / 1000} s`, away: "No connection" };

function drawConnection(name) {
  if (!signedIn && name !== "connecting") return;
  $("connection").dataset.state = name;
  say($("connection-text"), WORDS[name]);
}

const announce = (words) => words && say($("announcements"), words);

let noticeTimer;
function notice(words) {
  announce(words);
  say($("notice"), words);
  $("notice").hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => ($("notice").hidden = true), 8_000);
}

// ---- who is signed in

async function enter() {
  try {
    const session = await api.session();
    await begin(session);
  } catch (trouble) {
    if (trouble.kind === "session") askForToken("");
    else {
      drawTrouble(trouble);
      setTimeout(enter, Math.max(POLL, (trouble.after ?? 0) * 1000));
    }
  }
}

async function begin(session) {
  signedIn = true;
  say($("who"), session.name ?? "");
  $("controls").hidden = false;
  $("connection").hidden = false;
  show();
  if (!(await look())) drawConnection("away");
  if (signedIn) live.begin(model.cursor);
}

function askForToken(why) {
  signedIn = false;
  live.end();
  model.forget();
  model.healing = null;
  detail = null;
  forgetDetail();
  $("dialog").close();
  drawHealing(null);
  drawTrouble(null);
  for (const id of ["controls", "connection", "view-list", "view-detail", "notice"]) $(id).hidden = true;
  $("view-sign-in").hidden = false;
  $("sign-in-why").hidden = why === "";
  say($("sign-in-why"), why);
  document.title = "Sign in – Kintsugi";
  $("token").focus();
}

async function signIn(event) {
  event.preventDefault();
  const error = $("token-error");
  const button = event.target.querySelector("button");
  error.hidden = true;
  button.disabled = true;
  try {
    const session = await api.signIn($("token").value.trim());
    $("token").value = "";
    $("token").removeAttribute("aria-invalid");
    $("view-sign-in").hidden = true;
    await begin(session);
    heading()?.focus();
  } catch (trouble) {
    const wrong = trouble.kind === "session" || trouble.kind === "refused";
    say(error, wrong ? "The service does not know this token." : trouble.message);
    error.hidden = false;
    if (wrong) $("token").setAttribute("aria-invalid", "true");
    $("token").focus();
  } finally {
    button.disabled = false;
  }
}

async function signOut() {
  try {
    await api.signOut();
  } catch (trouble) {
    if (trouble.kind !== "session") return failed(trouble);
  }
  askForToken("You are signed out.");
}

// ---- what comes in

/** Asks for the newest incidents, and for the one that is shown; one question at a time. Answers whether it worked. */
function look() {
  if (asking) {
    again = true;
    return asking;
  }
  asking = lookOnce().finally(() => {
    asking = null;
    if (again && signedIn) {
      again = false;
      setTimeout(look, TOGETHER);
    }
  });
  return asking;
}

async function lookOnce() {
  try {
    const told = await api.data({ limit: PAGE });
    if (!signedIn) return false;
    const first = model.size === 0;
    takeOver(told);
    const changes = model.take(told.incidents);
    if (first) model.next = told.next ?? null;
    else announce(announcement(changes));
    await lookAtDetail();
    drawTrouble(null);
    draw();
    return true;
  } catch (trouble) {
    failed(trouble);
    return false;
  }
}

function takeOver(told) {
  model.cursor = told.cursor;
  model.healing = told.state;
  drawHealing(model.healing);
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
    if (place.incident === id) detail = null;
    drawMissing(id, place);
  }
}

/** An event. What it tells is shown at once; the whole is asked for when there is more to it, so that nothing depends on
 * having heard the one before. */
let soon = null;
function changed({ name, data }) {
  if (name === "hello") return;
  if (name === "resync" || name === "reset") model.forget();
  const isAll = data?.incident && model.hear(data);
  draw();
  if (isAll && data.incident !== place.incident) return;
  soon ??= setTimeout(() => {
    soon = null;
    look();
  }, TOGETHER);
}

function failed(trouble) {
  if (trouble.kind === "session") askForToken("Your session has ended. Please sign in again.");
  else drawTrouble(trouble);
}

function drawTrouble(trouble) {
  $("trouble").hidden = !trouble;
  if (!trouble) return say($("trouble-text"), "");
  const next = trouble.kind === "away" ? " What is shown may be old; it is tried again by itself." : "";
  say($("trouble-text"), `${trouble.message.replace(/\.?$/, ".")}${next}`);
}

async function more() {
  const button = $("more");
  button.disabled = true;
  try {
    const told = await api.data({ limit: PAGE, before: model.next });
    model.take(told.incidents);
    model.next = told.next ?? null;
    draw();
  } catch (trouble) {
    failed(trouble);
  } finally {
    button.disabled = false;
  }
}

// ---- where the reader is

const heading = () => $(place.incident ? "detail-title" : "list-title");

function show() {
  $("view-sign-in").hidden = true;
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
  else if (detail?.incident?.id === place.incident) drawDetail(detail, place, now, person);
}

const person = {
  acted: (words) => {
    notice(words);
    look();
  },
  trouble: failed,
  look,
};

async function moved() {
  const before = place;
  place = placeOf(location.hash);
  if (!signedIn) return;
  if (place.incident === before.incident) return draw();
  if (place.incident) {
    lastRow = place.incident;
    forgetDetail();
    detail = null;
    show();
    await look();
    if (again) await look();
    heading()?.focus();
  } else {
    forgetDetail();
    detail = null;
    show();
    (document.querySelector(`#list [data-id="${CSS.escape(lastRow ?? "")}"] a`) ?? heading())?.focus();
  }
}

function go(change) {
  const hash = hashOf({ ...place, ...change });
  if (hash !== location.hash) history.replaceState(null, "", hash);
  place = placeOf(hash);
  draw();
}

// ---- wiring

beginControls({
  healing: () => model.healing,
  changed: (state) => {
    model.healing = state;
    drawHealing(state);
  },
  told: notice,
  trouble: failed,
  look,
});
$("sign-in").addEventListener("submit", signIn);
$("sign-out").addEventListener("click", signOut);
$("more").addEventListener("click", more);
$("skip").addEventListener("click", (event) => {
  // The hash is the reader's place; the link only moves the focus.
  event.preventDefault();
  $("main").focus();
});
$("trouble-again").addEventListener("click", () => (signedIn ? look().then((worked) => worked && live.again()) : enter()));
$("list").addEventListener("keydown", moveInList);
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("filters").addEventListener("input", ({ target }) => go({ [target.name]: target.value }));
$("filters").addEventListener("reset", () => go({ status: "", target: "", q: "" }));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || $("dialog").open || !place.incident || event.target.matches?.("textarea, select, input")) return;
  $("back")?.click();
});
addEventListener("hashchange", moved);
setInterval(() => tick(Date.now()), TICK);
enter();
