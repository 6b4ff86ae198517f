// The page on the real incident-store, with PostgreSQL and Redis, through the real front. The tests play router and healer.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertAccessible, assertFits, eventually, launch, open, signIn } from "../lib/browser.mjs";
import { Peers, target } from "../lib/healer.mjs";
import { Stack } from "../lib/stack.mjs";
import { Wire } from "../lib/wire.mjs";

const PAGE = "/developer/incidents";
const AWAY = /status of (502|503)|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/;
const FAULTS = Array.from({ length: 12 }, (_, index) => `FAULT_${String.fromCharCode(65 + index)}`);
/** At most one lease a target is live; a test that fails and keeps one is in nobody's way. */
const TARGETS = ["first", "second", "third", "fourth", "fifth", "sixth"];

let browser;
let stack;
let peers;
before(async () => {
  [browser, stack] = [await launch(), await Stack.make()];
  await Promise.all([stack.postgres(), stack.redis()]);
  await stack.store(Object.fromEntries(TARGETS.map((name) => [name, target(name, FAULTS)])));
  peers = new Peers(stack);
});
after(async () => {
  await browser?.close();
  await stack?.end();
});

async function visit(context, hash = "", options = {}) {
  const { page, close } = await open(browser, `${options.url ?? stack.url}${PAGE}${hash}`, options);
  context.after(close);
  await page.getByLabel("Operator token").fill(stack.tokens.operator);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

const row = (page, name) => page.locator("#list li").filter({ hasText: name });
const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const summary = (page, words) => page.locator(".summary").getByText(words, { exact: true }).waitFor();

test("the page and its parts need no token, name no other origin and are asked for again by their digest", async () => {
  const page = await fetch(`${stack.url}${PAGE}`);
  assert.equal(page.status, 200);
  const text = await page.text();
  const parts = [...text.matchAll(/(?:href|src)="(\/developer\/[^"]+)"/g)].map(([, path]) => path);
  assert.ok(parts.length >= 3);
  for (const path of [PAGE, ...parts]) {
    const answer = await fetch(`${stack.url}${path}`);
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get("content-security-policy"), /default-src 'none'; script-src 'self'; style-src 'self'/);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.equal(answer.headers.get("set-cookie"), null);
    const again = await fetch(`${stack.url}${path}`, { headers: { "if-none-match": answer.headers.get("etag") } });
    assert.equal(again.status, 304, path);
    const head = await fetch(`${stack.url}${path}`, { method: "HEAD" });
    assert.equal(head.status, 200, `HEAD ${path}`);
  }
  assert.equal((await fetch(`${stack.url}${PAGE}/assets/none.js`)).status, 404);
  assert.equal((await fetch(`${stack.url}${PAGE}/assets/..%2f..%2fCargo.toml`)).status, 404);
  assert.equal((await fetch(`${stack.url}${PAGE}/api/data`)).status, 401);
});

test("only the operator's token opens a session, and no script can read its cookie", async (context) => {
  const { page, close } = await open(browser, `${stack.url}${PAGE}`, { expected: [/status of 40[01]/] });
  context.after(close);
  await page.getByLabel("Operator token").fill("not-the-token");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("The service does not know this token.").waitFor();
  await signIn(page, stack.tokens.operator);
  await page.getByText("Signed in as kintsugi").waitFor();
  assert.equal(await page.evaluate(() => document.cookie), "");
  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, "Strict", "/developer"]);
  assert.ok(!cookie.value.includes(stack.tokens.operator));
  assert.ok(!JSON.stringify(await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }])).includes(stack.tokens.operator));
  await page.reload();
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("You are signed out.").waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

test("a recovery is seen from the first line to the proof without a reload, on the list and on its own page", async (context) => {
  const page = await visit(context);
  const other = await visit(context);
  const line = '{"level":"error","fault":"FAULT_A","message":"<b>it broke</b>"}';
  const id = await peers.fault("FAULT_A", { message: "can only concatenate str", line, context: ["a line before"] });
  await row(page, "FAULT_A").filter({ hasText: "Detected" }).waitFor();
  await row(other, "FAULT_A").getByRole("link").click();
  await heading(other, "FAULT_A");
  const recovery = await peers.take(id);
  await recovery.plan();
  await row(page, "A number is joined to a text.").filter({ hasText: "Plan made" }).waitFor();
  await other.getByRole("rowheader", { name: "A number joined to a text" }).waitFor();
  await other.getByText("9.750").waitFor();
  await recovery.propose();
  await row(page, "Candidate admitted").waitFor();
  await other.locator("tr.added .code").filter({ hasText: "str(fetch())" }).waitFor();
  await other.locator('[data-part="gates"]').getByText("the gate replay passed").waitFor();
  await recovery.roll();
  await row(page, "Verifying on live").waitFor();
  await recovery.resolve();
  await recovery.release();
  await row(page, "Healed").filter({ hasText: /healed in [\d.]+ (ms|s)/ }).waitFor();
  await summary(other, "Healed");
  const part = (name) => other.locator(`[data-part="${name}"]`);
  assert.match(await part("proof").innerText(), /the contract was met[\s\S]*the request answered 500[\s\S]*it holds/);
  assert.match(await part("lines").innerText(), /<b>it broke<\/b>/);
  assert.ok((await part("story").locator("li").count()) >= 5);
  assert.ok((await part("times").locator("tbody tr").count()) >= 7);
  assert.match(await part("times").innerText(), /From the failing line to the end/);
  await part("times").getByText("What the time went to").click();
  await part("times").getByText("python -m compileall").waitFor();
});

test("the same fault again joins its incident, and the number grows", async (context) => {
  const page = await visit(context);
  await peers.fault("FAULT_B");
  await row(page, "FAULT_B").filter({ hasText: "seen 1 time" }).waitFor();
  await peers.fault("FAULT_B");
  await row(page, "FAULT_B").filter({ hasText: "seen 2 times" }).waitFor();
  assert.equal(await row(page, "FAULT_B").count(), 1);
});

test("a store that is killed and comes back is said, and what happened meanwhile is there", async (context) => {
  const page = await visit(context, "", { expected: [AWAY] });
  await peers.fault("FAULT_C");
  await row(page, "FAULT_C").waitFor();
  await stack.killStore();
  await page.getByText("No connection", { exact: true }).waitFor({ timeout: 20_000 });
  await page.getByRole("alert").getByText("tried again by itself").waitFor();
  assert.ok((await page.locator("#list li").count()) > 0, "what is known stays");
  await stack.startStore();
  await peers.fault("FAULT_D");
  await row(page, "FAULT_D").waitFor({ timeout: 20_000 });
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 40_000 });
  await peers.fault("FAULT_D");
  await row(page, "FAULT_D").filter({ hasText: "seen 2 times" }).waitFor();
  await eventually("the alert goes", async () => !(await page.locator("#trouble").isVisible()));
});

test("a page whose connection is cut asks for what it missed, and is told each event once", async (context) => {
  const wire = await Wire.to(stack.url);
  context.after(() => wire.cut());
  const page = await visit(context, "", { expected: [AWAY, /ERR_CONNECTION_REFUSED/], url: wire.url });
  const id = await peers.fault("FAULT_E", { target: "third" });
  await row(page, "FAULT_E").waitFor();
  await eventually("the event is heard", () => wire.answered.includes(`"incident":"${id}"`));
  await wire.cut();
  const recovery = await peers.take(id);
  await recovery.plan();
  await recovery.escalate();
  wire.forget();
  await wire.mend();
  await row(page, "FAULT_E").filter({ hasText: "Needs a person" }).waitFor({ timeout: 40_000 });
  await page.getByText("Live", { exact: true }).waitFor({ timeout: 40_000 });
  const missed = (await peers.call("operator", "GET", `/v1/incidents/${id}/events`)).filter((event) => event.position > 1);
  assert.ok(missed.length >= 3);
  for (const { cursor } of missed) {
    await eventually(`the stream tells of ${cursor}`, () => wire.answered.includes(`id: ${cursor}\n`));
    assert.equal(wire.answered.split(`id: ${cursor}\n`).length, 2, `${cursor} is told once`);
  }
  assert.match(wire.asked, /last-event-id: \d+-\d+|last_event_id=\d+-\d+/i);
});

test("filters by status, target and text work together and stand in the address", async (context) => {
  await peers.fault("FAULT_F", { target: "second", message: "the disk is full" });
  const page = await visit(context, "#target=second");
  await row(page, "FAULT_F").waitFor();
  assert.deepEqual(await page.locator("#list .target").allInnerTexts(), ["second"]);
  await page.getByLabel("Text").fill("disk");
  await page.getByLabel("Status").selectOption("healing");
  await row(page, "FAULT_F").waitFor();
  assert.equal(await page.evaluate(() => location.hash), "#status=healing&target=second&q=disk");
  await page.getByLabel("Text").fill("nothing like it");
  await page.getByText("Nothing matches these filters.").waitFor();
  await page.getByRole("link", { name: "Show all incidents" }).click();
  await row(page, "FAULT_F").waitFor();
});

describe("what a person says", () => {
  async function waiting(code, target) {
    const id = await peers.fault(code, { target });
    const recovery = await peers.take(id);
    await recovery.plan();
    await recovery.propose();
    await recovery.askForApproval();
    await recovery.release();
    return id;
  }

  test("an approval goes into the journal with the note, and the recovery goes on", async (context) => {
    const id = await waiting("FAULT_G", "fourth");
    const page = await visit(context, `#incident=${id}`);
    await page.getByRole("heading", { name: "Your approval is asked for" }).waitFor();
    await page.getByLabel("Note").fill("read and understood");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.locator("#notice").getByText("Approved").waitFor();
    await summary(page, "Candidate admitted");
    const approved = (await peers.call("operator", "GET", `/v1/incidents/${id}/events`)).find((event) => event.kind === "approved");
    assert.deepEqual([approved.payload.by, approved.payload.note], ["kintsugi", "read and understood"]);
  });

  test("a rejection needs a reason, and leaves the incident to a person who resolves it", async (context) => {
    const id = await waiting("FAULT_H", "fifth");
    const page = await visit(context, `#incident=${id}`);
    await page.getByRole("button", { name: "Reject" }).click();
    await page.getByText("Please say why").waitFor();
    await page.getByLabel("Note").fill("too risky today");
    await page.getByRole("button", { name: "Reject" }).click();
    await summary(page, "Needs a person");
    await page.getByLabel("Note").fill("rolled the release back by hand");
    await page.getByRole("button", { name: "Mark as resolved" }).click();
    await summary(page, "Resolved by a person");
    await page.locator('[data-part="story"]').getByText("rolled the release back by hand").waitFor();
    await page.getByRole("button", { name: "Mark as resolved" }).waitFor({ state: "detached" });
  });

  test("what two people say at once is not done twice: the second is told", async (context) => {
    const id = await waiting("FAULT_I", "sixth");
    const page = await visit(context, `#incident=${id}`, { expected: [/status of 409/] });
    await page.getByRole("button", { name: "Approve" }).waitFor();
    // The first one answers while this page cannot hear of it yet.
    await page.route("**/api/incidents/*/approve", async (route) => {
      await peers.call("operator", "POST", `${PAGE}/api/incidents/${id}/reject`, { note: "no" });
      await route.continue();
    });
    await page.getByRole("button", { name: "Approve" }).click();
    await page.locator("#notice").getByText("It has moved on meanwhile, so nothing was done").waitFor();
    await summary(page, "Needs a person");
  });

  test("what is no fault is dismissed with a reason", async (context) => {
    const id = await peers.fault("FAULT_J");
    const page = await visit(context, `#incident=${id}`);
    await page.getByText("Not a fault?").click();
    await page.getByLabel(/what is it instead/).selectOption("expected_denial");
    await page.getByLabel("Note").fill("a test of the alarm");
    await page.getByRole("button", { name: "Dismiss" }).click();
    await summary(page, "Dismissed");
    await page.locator('[data-part="story"]').getByText("a test of the alarm").waitFor();
  });

  test("healing is paused and resumed, and another page hears of it", async (context) => {
    const [page, other] = [await visit(context), await visit(context)];
    await page.getByRole("button", { name: "Pause healing" }).click();
    for (const one of [page, other]) await one.getByText("Healing is paused", { exact: true }).waitFor();
    await other.getByRole("button", { name: "Resume healing" }).click();
    for (const one of [page, other]) await one.getByText("Healing is on", { exact: true }).waitFor();
  });
});

for (const [name, options] of [["light", {}], ["a dark phone", { dark: true, phone: true }]]) {
  test(`list and incidents are accessible and fit, as the real service tells them: ${name}`, async (context) => {
    const page = await visit(context, "", options);
    await row(page, "FAULT_A").waitFor();
    await assertAccessible(page, "the list");
    await assertFits(page, "the list");
    for (const code of ["FAULT_A", "FAULT_E", "FAULT_H", "FAULT_J"]) {
      await row(page, code).getByRole("link").click();
      await heading(page, code);
      await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
      await assertAccessible(page, code);
      await assertFits(page, code);
      await page.getByRole("link", { name: "All incidents" }).click();
    }
  });
}

test("a reset says what became of each part; here nobody can restore the files, and that is said", async (context) => {
  const [page, other] = [await visit(context), await visit(context)];
  await row(other, "FAULT_A").waitFor();
  await page.getByRole("button", { name: "Reset all…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Reset all" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("heading", { name: "Reset, but not everything worked" }).waitFor({ timeout: 20_000 });
  const report = await dialog.innerText();
  assert.match(report, /Archived\s+\d+ incidents/);
  assert.match(report, /first[\s\S]*not restored[\s\S]*second[\s\S]*not restored/);
  await dialog.getByRole("button", { name: "Resume healing" }).click();
  await page.getByText("Healing is on", { exact: true }).waitFor();
  await other.getByText("Nothing has gone wrong since the reset.").waitFor();
  await other.getByRole("link", { name: "Show the archived incidents" }).click();
  await row(other, "FAULT_A").filter({ hasText: "Archived" }).waitFor();
  await peers.fault("FAULT_A");
  await row(page, "FAULT_A").filter({ hasText: "Detected" }).waitFor();
});
