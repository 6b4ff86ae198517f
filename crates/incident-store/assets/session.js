// Who is signed in: the form, the end of a session, and what each means for the rest of the page.

import * as api from "./api.js";
import { $, say } from "./dom.js";

/** Whether this browser had a session: without one it is not asked for, which would only be refused. No secret. */
const HINT = "kintsugi-session";

let page;

/** `given.begin(session)` is told who came, `given.end()` that nobody is there, `given.trouble(error)` what went wrong. */
export function beginSession(given) {
  page = given;
  $("sign-in").addEventListener("submit", signIn);
  $("sign-out").addEventListener("click", signOut);
}

/** Goes on with the session that the browser has, or asks for the token. */
export async function enter(retry) {
  if (!localStorage.getItem(HINT)) return askForToken("");
  try {
    await arrive(await api.session());
  } catch (trouble) {
    if (trouble.kind === "session") return askForToken("");
    page.trouble(trouble);
    setTimeout(() => enter(retry), Math.max(retry, (trouble.after ?? 0) * 1000));
  }
}

async function arrive(session) {
  localStorage.setItem(HINT, "1");
  say($("who"), session.name ?? "");
  $("view-sign-in").hidden = true;
  $("controls").hidden = false;
  $("connection").hidden = false;
  await page.begin(session);
}

export function askForToken(why) {
  localStorage.removeItem(HINT);
  page.end();
  if ($("dialog").open) $("dialog").close();
  for (const id of ["controls", "connection", "healing", "view-list", "view-detail", "notice", "trouble"]) $(id).hidden = true;
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
    await arrive(session);
    page.heading()?.focus();
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
    if (trouble.kind !== "session") return page.trouble(trouble);
  }
  askForToken("You are signed out.");
}
