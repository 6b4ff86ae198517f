// The switches over everything: pause and resume, and Reset All with its question and its answer.

import * as api from "./api.js";
import { $, facts, fill, h, say } from "./dom.js";
import { moment } from "./times.js";
import { count, short } from "./words.js";

let context;
let asker = null;

/** `given.healing()` is the state as it is known, `given.changed(state)` takes a new one, `given.look()` asks for everything. */
export function beginControls(given) {
  context = given;
  $("pause").addEventListener("click", () => switchHealing());
  $("reset").addEventListener("click", () => askForReset());
  $("dialog").addEventListener("close", () => asker?.isConnected && asker.focus());
}

export function drawHealing(healing) {
  const known = healing !== null && healing !== undefined;
  $("healing").hidden = !known;
  if (!known) return;
  $("healing").dataset.state = healing.paused ? "paused" : "on";
  say($("healing-text"), healing.paused ? "Healing is paused" : "Healing is on");
  say($("pause"), healing.paused ? "Resume healing" : "Pause healing");
}

async function switchHealing() {
  const button = $("pause");
  const wasPaused = context.healing()?.paused === true;
  button.disabled = true;
  try {
    const state = await (wasPaused ? api.resume() : api.pause());
    context.changed(state);
    context.told(wasPaused ? "Healing goes on." : "Healing is paused: new incidents are recorded and wait.");
  } catch (trouble) {
    context.trouble(trouble);
  } finally {
    button.disabled = false;
  }
}

function show(title, ...content) {
  const dialog = $("dialog");
  fill(dialog, h("h2", { id: "dialog-title", tabindex: "-1" }, title), content);
  if (!dialog.open) {
    asker = document.activeElement;
    dialog.showModal();
  }
  $("dialog-title").focus();
}

const closer = (words, kind) => h("button", { type: "button", class: kind, onclick: () => $("dialog").close() }, words);

function askForReset() {
  show(
    "Reset everything?",
    h("ul", {}, [
      "All incidents leave the list. They are archived: their journals stay whole.",
      "What is being healed is broken off, and healing pauses until you resume it.",
      "Cooldowns and the history of recurrences are cleared; what was learned stays.",
      "The original fault files of every target are restored, pushed and rolled out.",
    ].map((line) => h("li", {}, line))),
    h("p", { class: "buttons" }, closer("Cancel", ""), h("button", { type: "button", class: "danger", id: "reset-now", onclick: resetNow }, "Reset all")),
  );
}

async function resetNow() {
  const dialog = $("dialog");
  show("Resetting…", h("p", { role: "status" }, "Incidents are archived and fault files restored. This can take up to a minute."));
  dialog.setAttribute("aria-busy", "true");
  try {
    drawReport(await api.reset());
  } catch (trouble) {
    if (trouble.kind === "session") {
      dialog.close();
      return context.trouble(trouble);
    }
    show("The reset is not known to be done", h("p", {}, trouble.message), h("p", {}, "Look at the list before you try again: a reset that was begun goes on by itself."), h("p", { class: "buttons" }, closer("Close", "")));
  } finally {
    dialog.removeAttribute("aria-busy");
    context.look();
  }
}

/** What became of each part. */
function drawReport(report) {
  const rows = (report.code_reset ?? []).map((part) => {
    const [good, words] = became(part);
    return h("tr", {}, h("th", { scope: "row" }, part.target), h("td", {}, h("span", { class: "pill", "data-tone": good ? "good" : "bad" }, h("span", { class: "mark", "aria-hidden": "true" }), good ? "restored" : "not restored")), h("td", {}, words));
  });
  const head = h("thead", {}, h("tr", {}, ["Target", "Fault files", "How"].map((words) => h("th", { scope: "col" }, words))));
  show(
    report.complete ? "Everything was reset" : "Reset, but not everything worked",
    facts(["New epoch", report.epoch], ["Since", moment(report.reset_at)], ["Archived", count(report.archived, "incident", "incidents")], ["Leases revoked", report.leases_revoked], ["Healing", report.paused ? "paused until you resume it" : "on"]),
    rows.length > 0 ? h("table", { class: "report" }, head, h("tbody", {}, rows)) : h("p", {}, "No target has fault files to restore."),
    h("p", { class: "buttons" }, closer("Close", ""), report.paused ? h("button", { type: "button", class: "primary", id: "reset-resume", onclick: resumeAfter }, "Resume healing") : null),
  );
}

async function resumeAfter() {
  try {
    context.changed(await api.resume());
    context.told("Healing goes on.");
  } catch (trouble) {
    context.trouble(trouble);
  }
  $("dialog").close();
}

/** Whether a target's files are as they were, and how that came. */
function became({ push, problem }) {
  if (problem) return [false, problem.message];
  if (push?.outcome === "pushed") return [true, `pushed as ${short(push.commit)}`];
  if (push?.outcome === "unchanged") return [true, "they were unchanged"];
  if (push?.outcome === "refused") return [false, push.why];
  return [false, "nothing is known of them"];
}
