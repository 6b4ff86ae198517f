// What a person may do about one incident, where its status allows it, always with a note.

import * as api from "./api.js";
import { facts, h } from "./dom.js";
import { moment } from "./times.js";
import { DISMISSALS, short, verdictWords } from "./words.js";

const NOTE = 2_000;

/** What the service lets a person do now: the question, and the answers with what they do. */
function offered({ incident, actions }) {
  const { proposal, intent, id } = incident;
  const digest = proposal?.digest ?? intent?.digest;
  const answers = ANSWERS.filter((answer) => actions.includes(answer.name)).map((answer) => ({ ...answer, act: (note, verdict) => answer.ask(id, digest, note, verdict) }));
  if (answers.length === 0) return null;
  const verdicts = actions.includes("dismiss") ? DISMISSALS : null;
  if (actions.includes("approve") && !proposal && intent) {
    return {
      title: "Your approval is asked for",
      text: "Nothing was changed yet. Just this is done, and only when you approve exactly this; what makes nothing better is taken back.",
      facts: [
        ["What is wrong", intent.diagnosis, "wide"],
        ["Resource", `${intent.resource} (${intent.mode}) of ${intent.target}`],
        ["Digest", h("code", {}, short(digest))],
        ["Until", incident.approval_expires_at ? moment(incident.approval_expires_at) : null],
        ["What is done, in this order", h("ol", {}, intent.remedies.map(drawRemedy)), "wide"],
      ],
      answers,
      verdicts,
    };
  }
  if (actions.includes("approve")) {
    return {
      title: "Your approval is asked for",
      text: "The change below passed every gate. It is pushed and rolled out only when you approve exactly this one.",
      facts: [["Change", h("code", {}, short(proposal?.digest))], ["Files", proposal?.files?.join(", ")], ["Until", incident.approval_expires_at ? moment(incident.approval_expires_at) : null]],
      answers,
      verdicts,
    };
  }
  if (actions.includes("resolve")) {
    return { title: "A person is needed", text: words(actions), answers, verdicts };
  }
  return { title: "Not a fault?", text: "Then it can be dismissed; the reason is kept in the journal.", folded: true, answers, verdicts };
}

/** A remedy with its parameters, and how it is taken back. */
function drawRemedy({ title, action, undo, lasts }) {
  const back = undo.kind === "not_needed" ? `not needed: ${undo.reason}` : `${undo.kind === "compensate" ? "made good by " : ""}${actionWords(undo.action)}`;
  return h("li", {}, title, lasts ? "" : " (for the time being)", h("br"), h("code", {}, actionWords(action)), h("br"), "Undo: ", h("code", {}, back));
}

const actionWords = ({ do: name, ...parts }) => [name, ...Object.entries(parts).map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : value}`)].join(" ");

const words = (actions) =>
  actions.includes("retry")
    ? "When something has changed (a cure was given, a service is back), have it tried again: what was refused before is not. When the fault is gone, say what you did."
    : "When the fault is gone, say what you did: it is kept in the journal.";

const ANSWERS = [
  { name: "approve", words: "Approve", done: "Approved. Healing goes on.", tone: "primary", ask: (id, digest, note) => api.approve(id, digest, note) },
  { name: "reject", words: "Reject", done: "Rejected. Nothing was changed.", tone: "danger", needsNote: true, ask: (id, digest, note) => api.reject(id, digest, note) },
  { name: "retry", words: "Try again", done: "It is tried again: a new plan is asked for.", tone: "", ask: (id, digest, note) => api.retry(id, note) },
  { name: "resolve", words: "Mark as resolved", done: "Marked as resolved.", tone: "primary", needsNote: true, ask: (id, digest, note) => api.resolve(id, note) },
  { name: "dismiss", words: "Dismiss", done: "Dismissed.", tone: "", needsNote: true, ask: (id, digest, note, verdict) => api.dismiss(id, verdict, note) },
];

/** The form, or nothing. `context.acted(words)` is told when something was done, `context.said(words)` why not. */
export function drawActions(detail, context) {
  const offer = offered(detail);
  if (!offer) return null;
  const note = h("textarea", { id: "note", name: "note", rows: "2", maxlength: NOTE, "aria-describedby": "note-error" });
  const error = h("p", { class: "error", id: "note-error", role: "alert", hidden: true });
  const verdict = offer.verdicts ? h("select", { id: "verdict", name: "verdict" }, offer.verdicts.map((value) => h("option", { value }, verdictWords(value)))) : null;
  const buttons = offer.answers.map((answer) => h("button", { type: "button", class: answer.tone, onclick: () => answered(answer) }, answer.words));
  const form = h(
    "form", { class: "act", onsubmit: (event) => event.preventDefault() },
    h("p", {}, offer.text),
    offer.facts ? facts(...offer.facts) : null,
    verdict ? [h("label", { for: "verdict" }, "When it is dismissed: what is it instead?"), verdict] : null,
    h("label", { for: "note" }, noteWords(offer.answers)),
    note,
    error,
    h("p", { class: "buttons" }, buttons),
  );

  async function answered(answer) {
    const text = note.value.trim();
    error.hidden = true;
    note.removeAttribute("aria-invalid");
    if (answer.needsNote && text === "") {
      note.setAttribute("aria-invalid", "true");
      return told("Please say why or what you did: the note is kept in the journal.");
    }
    for (const button of buttons) button.disabled = true;
    try {
      await answer.act(text, verdict?.value);
      context.acted(answer.done);
    } catch (trouble) {
      for (const button of buttons) button.disabled = false;
      if (trouble.kind === "session") return context.trouble(trouble);
      if (trouble.kind !== "conflict" && trouble.kind !== "missing") return told(explained(trouble));
      // The form is about to be another one, so it is said where it stays.
      context.said(explained(trouble));
      context.look();
    }
  }

  function told(words) {
    // What was asked may stand elsewhere meanwhile; the answer must still be heard.
    if (!form.isConnected) return context.said(words);
    error.textContent = words;
    error.hidden = false;
    note.focus();
  }

  const title = h("h2", {}, offer.title);
  return offer.folded ? [h("details", { "data-key": "act" }, h("summary", {}, offer.title), form)] : [title, form];
}

function noteWords(answers) {
  const free = answers.find((answer) => !answer.needsNote);
  if (!free) return "Note";
  return free.name === "approve" ? "Note (needed to reject)" : "Note (what has changed, or what you did)";
}

function explained(trouble) {
  if (trouble.kind === "conflict") return `It has moved on meanwhile, so nothing was done: ${trouble.message}.`;
  if (trouble.kind === "forbidden") return `You may not do this: ${trouble.message}.`;
  if (trouble.kind === "away") return `${trouble.message} Nothing is known to have been done; try again.`;
  return `It was not done: ${trouble.message}.`;
}
