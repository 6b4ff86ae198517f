// The page against a stand-in that can be made to do what the real service does seldom.

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { assertAccessible, assertFits, eventually, launch, open, signIn } from "../lib/browser.mjs";
import { Fixture, TOKEN, problem } from "../lib/fixture.mjs";
import { digest, moved, sample } from "../lib/samples.mjs";

const PAGE = "/developer/incidents";
const REFUSED = /status of (401|403|409|503)/;
const GONE = /ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET/;

let browser;
let fixture;
let pages;
before(async () => (browser = await launch()));
after(() => browser.close());
beforeEach(async () => {
  fixture = await Fixture.start();
  pages = [];
});
// First the pages, which must be without fault, then what they ask.
afterEach(async () => {
  try {
    for (const close of pages) await close();
  } finally {
    await fixture.end();
  }
});

/** The page, before anybody signed in. */
async function arrive(hash = "", options = {}) {
  const { page, close } = await open(browser, `${fixture.url}${PAGE}${hash}`, options);
  pages.push(close);
  return page;
}

/** A signed-in page. */
async function visit(hash = "", options = {}) {
  const page = await arrive(hash, options);
  await page.getByLabel("Operator token").fill(TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

const row = (page, name) => page.locator("#list li").filter({ hasText: name });
const goTo = (page, detail) => page.evaluate((id) => (location.hash = `#incident=${id}`), detail.incident.id);

describe("signing in", () => {
  test("a wrong token is refused, the right one lets in, and signing out ends it", async () => {
    const page = await arrive("", { expected: [REFUSED] });
    assert.match(await page.locator("#token-help").innerText(), /\.kintsugi\/secrets\/operator-token/);
    await page.getByLabel("Operator token").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("does not know this token").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "token");
    await signIn(page, TOKEN);
    assert.equal(await page.evaluate(() => document.activeElement.id), "list-title");
    assert.equal(await page.locator("#token").inputValue(), "", "the token is not kept in the page");
    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("You are signed out.").waitFor();
    assert.equal(fixture.sessions.size, 0);
  });

  test("a session that has ended is said, and the reader comes back to where they were", async () => {
    const healed = sample();
    fixture.put(healed);
    const page = await visit(`#incident=${healed.incident.id}`, { expected: [REFUSED] });
    fixture.sessions.clear();
    fixture.tell("updated", { incident: healed.incident.id, position: 99, status: "resolved", occurrences: 3 });
    await page.getByText("Your session has ended").waitFor();
    assert.equal(await page.locator("#view-detail").isVisible(), false);
    await page.getByLabel("Operator token").fill(TOKEN);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: healed.incident.code }).waitFor();
  });
});

describe("what comes in", () => {
  test("an incident appears and changes without a reload, and the focus stays", async () => {
    const page = await visit();
    await page.getByText("Nothing has gone wrong yet.").waitFor();
    assert.match(await page.locator("#empty code").innerText(), /^curl -X POST http:\/\/127\.0\.0\.1:\d+\/test-fault\/run$/);
    const first = sample({ status: "detected" });
    fixture.put(first, "created");
    await row(page, "Detected").waitFor();
    await eventually("it is said aloud", async () => /New incident: FAULT_SQL/.test(await page.locator("#announcements").innerText()));
    await row(page, "Detected").getByRole("link").focus();
    fixture.put(moved(first, { incident: { status: "deploying" } }), "healing_progress");
    await row(page, "Rolling out").waitFor();
    fixture.put(sample({ status: "escalated", code: "FAULT_OTHER", at: Date.now() }), "healing_failed");
    await row(page, "Needs a person").waitFor();
    assert.equal(await page.locator("#list li").count(), 2);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), first.incident.code);
    assert.match(await page.title(), /^\(1\) /);
  });

  test("a cut stream goes on after the last event that was heard", async () => {
    const page = await visit("", { expected: [GONE] });
    fixture.put(sample({ status: "detected", code: "FAULT_A" }), "created");
    await row(page, "FAULT_A").waitFor();
    const heard = fixture.cursor;
    fixture.cut();
    fixture.put(sample({ status: "detected", code: "FAULT_B" }), "created");
    await row(page, "FAULT_B").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    assert.equal(fixture.resumedFrom.at(-1), heard);
  });

  test("a service that is away is said, and the page goes on when it is back", async () => {
    const page = await visit("", { expected: [GONE] });
    fixture.put(sample({ code: "FAULT_A" }));
    await row(page, "FAULT_A").waitFor();
    const { port } = fixture;
    await fixture.away();
    await page.getByText("No connection", { exact: true }).waitFor();
    await page.getByRole("alert").getByText("no connection to the service").waitFor();
    assert.equal(await page.locator("#list li").count(), 1, "what is known stays");
    fixture.put(sample({ code: "FAULT_B" }));
    await fixture.listen(port);
    await page.getByRole("button", { name: "Try now" }).click();
    await row(page, "FAULT_B").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    assert.equal(await page.locator("#trouble").isVisible(), false);
  });

  test("without a stream the page asks instead, and takes the stream when it can be had", async () => {
    fixture.refusesStreams = true;
    const page = await arrive("", { expected: [REFUSED] });
    await signIn(page, TOKEN);
    await page.getByText("No stream: asking every 5 s").waitFor();
    fixture.put(sample({ code: "FAULT_A" }));
    await row(page, "FAULT_A").waitFor();
    fixture.refusesStreams = false;
    await page.getByText("Live", { exact: true }).waitFor();
  });

  test("a resync asks for everything anew, and what is gone goes", async () => {
    const gone = sample({ code: "FAULT_GONE" });
    fixture.put(gone);
    const page = await visit();
    await row(page, "FAULT_GONE").waitFor();
    fixture.incidents = [];
    fixture.put(sample({ code: "FAULT_NEW" }));
    fixture.tell("resync", fixture.healing);
    await row(page, "FAULT_NEW").waitFor();
    await row(page, "FAULT_GONE").waitFor({ state: "detached" });
  });

  test("somebody else's pause and reset are seen", async () => {
    fixture.put(sample({ code: "FAULT_A" }));
    const page = await visit();
    await row(page, "FAULT_A").waitFor();
    fixture.healing = { epoch: 2, paused: true, reset_at: new Date().toISOString() };
    fixture.incidents[0] = { ...fixture.incidents[0], status: "archived", position: 18 };
    fixture.tell("reset", fixture.healing);
    await page.getByText("Healing is paused", { exact: true }).waitFor();
    await page.getByText("Nothing has gone wrong since the reset.").waitFor();
    await page.getByRole("link", { name: "Show the archived incidents" }).click();
    await row(page, "Archived").waitFor();
  });

  test("a burst of events is asked for together", async () => {
    const page = await visit();
    const before = fixture.asked.length;
    for (let index = 0; index < 200; index += 1) fixture.put(sample({ status: "detected", at: Date.now() - index }), "created");
    await eventually("all are counted", async () => (await page.locator('#counters [data-group="open"] b').innerText()) === "50");
    const asked = fixture.asked.slice(before).filter((line) => line.includes("/api/data"));
    assert.ok(asked.length < 20, `${asked.length} questions`);
  });
});

describe("the list", () => {
  test("older incidents come on demand", async () => {
    for (let index = 0; index < 120; index += 1) fixture.put(sample({ at: Date.now() - index * 1000, code: `FAULT_${index}` }));
    const page = await visit();
    await page.getByText("50 incidents shown; there are older ones").waitFor();
    const more = page.getByRole("button", { name: "Load more" });
    await more.click();
    await page.getByText("100 incidents shown; there are older ones").waitFor();
    await more.click();
    await page.getByText("120 incidents shown", { exact: true }).waitFor();
    assert.equal(await more.isVisible(), false);
  });

  test("filters stand in the address, find what is not loaded, and survive a visit to an incident", async () => {
    for (let index = 0; index < 60; index += 1) fixture.put(sample({ at: Date.now() - index * 1000 }));
    fixture.put(sample({ at: Date.now() - 1e9, status: "escalated", code: "FAULT_OLD", target: "second" }));
    const page = await visit();
    await page.getByText("50 incidents shown").waitFor();
    await page.getByLabel("Status").selectOption("person");
    await row(page, "FAULT_OLD").waitFor();
    assert.equal(await page.locator("#list li").count(), 1);
    assert.equal(await page.evaluate(() => location.hash), "#status=person");
    await page.getByRole("link", { name: "FAULT_OLD" }).click();
    await page.getByRole("heading", { level: 1, name: "FAULT_OLD" }).waitFor();
    await page.getByRole("link", { name: "All incidents" }).click();
    await row(page, "FAULT_OLD").waitFor();
    assert.equal(await page.getByLabel("Status").inputValue(), "person");
    await page.getByLabel("Text").fill("no such thing");
    await page.getByText("Nothing matches these filters.").waitFor();
    await page.getByRole("button", { name: "Clear" }).click();
    await eventually("all are shown again", async () => (await page.locator("#list li").count()) > 50);
    await page.goto(`${fixture.url}${PAGE}#target=second&q=old`);
    await row(page, "FAULT_OLD").waitFor();
    assert.equal(await page.getByLabel("Target").inputValue(), "second");
    assert.equal(await page.getByLabel("Text").inputValue(), "old");
  });

  test("an id that nobody knows is said", async () => {
    const page = await visit("", { expected: [/status of 404/] });
    await page.evaluate(() => (location.hash = "#incident=01890a5d-ac96-774b-bcce-b302099a8057"));
    await page.getByRole("heading", { level: 1, name: "There is no such incident" }).waitFor();
    await page.getByRole("link", { name: "All incidents" }).click();
    await page.getByRole("heading", { level: 1, name: "Incidents" }).waitFor();
  });
});

describe("one incident", () => {
  test("its story, times, diagnosis, change, gates, proof, lines and journal are told", async () => {
    const healed = sample();
    fixture.put(healed);
    const page = await visit();
    await page.getByRole("link", { name: healed.incident.code }).click();
    await page.getByRole("heading", { level: 1, name: healed.incident.code }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "detail-title");
    const part = (name) => page.locator(`[data-part="${name}"]`);
    assert.match(await part("story").innerText(), /The fault was seen[\s\S]*A plan was made[\s\S]*Healed/);
    assert.match(await part("times").innerText(), /2\.7 s, of which 612 ms were the platform/);
    assert.equal(await part("times").locator("table").first().locator("tbody tr").count(), 10);
    const widths = await part("times").locator(".bar").evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().width));
    assert.ok(Math.max(...widths) > 10 * Math.min(...widths.filter((width) => width > 0)), "long stages have long bars");
    assert.match(await part("diagnosis").innerText(), /malformed statement[\s\S]*93 %[\s\S]*chosen[\s\S]*12\.410/);
    assert.match(await part("change").innerText(), /1 line added, 1 removed/);
    assert.equal(await part("change").locator("tr.added .sign").textContent(), "+added: ");
    assert.equal(await part("change").locator("tr.removed .code").innerText(), '    sqlx::query("SELECT FROM").execute(&mut *transaction).await?;');
    assert.equal(await part("gates").locator("ol.gates > li").count(), 5);
    await part("gates").locator("summary").nth(1).click();
    await part("gates").getByText("23 passed").waitFor();
    assert.match(await part("proof").innerText(), /it holds[\s\S]*the chain holds/);
    assert.match(await part("lines").locator("mark").innerText(), /FAULT_SQL_INJECTION_TEST/);
    await part("journal").locator("summary").first().click();
    await part("journal").getByText("Planned").click();
    await part("journal").getByText('"root_cause"').waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { level: 1, name: "Incidents" }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), healed.incident.code, "the focus is on its row again");
  });

  test("what comes in leaves what is being typed, what is open and the focus alone", async () => {
    const waiting = sample({ status: "escalated", actions: ["resolve", "dismiss"] });
    fixture.put(waiting);
    const page = await visit(`#incident=${waiting.incident.id}`);
    await page.getByLabel("Note").fill("I am just ");
    await page.locator('[data-part="journal"] summary').first().click();
    await page.getByLabel("Note").focus();
    fixture.put(moved(waiting, { occurrences_total: 7, story: [...waiting.story, { at: new Date().toISOString(), title: "Seen again", text: "" }] }));
    await page.getByText("Seen again").waitFor();
    assert.equal(await page.getByLabel("Note").inputValue(), "I am just ");
    assert.equal(await page.evaluate(() => document.activeElement.id), "note");
    assert.equal(await page.locator('[data-part="journal"] details').first().getAttribute("open"), "");
  });

  test("a journal that does not hold is said, and what was refused is shown", async () => {
    const broken = sample({ status: "escalated", detail: { check: { holds: false, text: "the hash chain is broken: event 3 does not have the hash of its content" } } });
    fixture.put(broken);
    const page = await visit(`#incident=${broken.incident.id}`);
    await page.getByText("it does not hold").waitFor();
    await page.getByText("event 3 does not have the hash").waitFor();
    await page.getByText("error[E0308]: mismatched types").first().waitFor();
  });

  test("hostile text stays text", async () => {
    const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202E{{7*7}}</pre>`;
    const hostile = sample({ message: evil, detail: { story: [{ at: new Date().toISOString(), title: evil, text: evil }], lines: [evil], diff: `@@ -1 +1 @@\n-${evil}\n+${evil}\n`, check: { holds: false, text: evil }, gates: [{ gate: "build", passed: false, code: evil, why: evil, evidence: evil }], neighbours: [{ document: evil, title: evil, score: 1 }] }, incident: { resolved_by: evil } });
    hostile.incident.plan.root_cause = evil;
    hostile.events.push({ ...hostile.events[0], position: 6, kind: evil, payload: { step: evil, text: evil } });
    fixture.put(hostile);
    const page = await visit();
    await row(page, "owned").waitFor();
    await page.getByRole("link", { name: hostile.incident.code }).click();
    await page.getByRole("heading", { level: 1, name: hostile.incident.code }).waitFor();
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
    assert.ok((await page.getByText("onerror=").count()) > 8);
    assert.equal(await page.locator("main img, main script, main a[href^='javascript']").count(), 0);
    assert.doesNotMatch(await page.title(), /^owned/);
  });
});

describe("what a person does", () => {
  test("a change is approved by its digest, with a note", async () => {
    const waiting = sample({ status: "awaiting_approval", actions: ["approve", "reject"] });
    fixture.put(waiting);
    let sent;
    fixture.instead.set(`POST ${PAGE}/api/incidents/${waiting.incident.id}/approve`, (body) => {
      sent = body;
      fixture.put(moved(waiting, { actions: [], incident: { status: "admitted" } }), "healing_progress");
      return [200, waiting.incident];
    });
    const page = await visit(`#incident=${waiting.incident.id}`);
    await page.getByLabel("Note").fill("looks right");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.locator("#notice").getByText("Approved. Healing goes on.").waitFor();
    assert.deepEqual(sent, { digest: waiting.incident.proposal.digest, note: "looks right" });
    await page.getByRole("button", { name: "Approve" }).waitFor({ state: "detached" });
  });

  test("what a playbook would do is told with its undo, and approved by its digest", async () => {
    const remedies = [
      { title: "Restore the newest valid backup, monday.toml", action: { do: "restore", backup: "monday.toml", copy: "c1" }, undo: { kind: "inverse", action: { do: "put_back", copy: "c1" } }, lasts: true },
      { title: "offline mode", action: { do: "pull", lever: "offline", on: true }, undo: { kind: "not_needed", reason: "it is withdrawn" }, lasts: false },
    ];
    const intent = { digest: digest("intent"), target: "fault-app", code: "SETTINGS_BROKEN", resource: "settings", mode: "configuration", lost: ["it parses"], remedies, diagnosis: "The file <b>ends</b> in the middle of a key.", at: new Date().toISOString() };
    const waiting = sample({ status: "awaiting_approval", code: "SETTINGS_BROKEN", actions: ["approve", "reject"], incident: { proposal: undefined, intent } });
    fixture.put(waiting);
    let sent;
    fixture.instead.set(`POST ${PAGE}/api/incidents/${waiting.incident.id}/approve`, (body) => [200, (sent = body) && waiting.incident]);
    const page = await visit(`#incident=${waiting.incident.id}`);
    for (const text of ["settings (configuration) of fault-app", "The file <b>ends</b> in the middle", "restore backup=monday.toml copy=c1", "put_back copy=c1", "offline mode (for the time being)", "not needed: it is withdrawn"]) {
      await page.getByText(text).first().waitFor();
    }
    await assertAccessible(page, "an approval of a playbook");
    await assertFits(page, "an approval of a playbook");
    await page.getByRole("button", { name: "Approve" }).click();
    await page.locator("#notice").getByText("Approved. Healing goes on.").waitFor();
    assert.equal(sent.digest, intent.digest);
  });

  test("who rejects says why", async () => {
    const waiting = sample({ status: "awaiting_approval", actions: ["approve", "reject"] });
    fixture.put(waiting);
    const page = await visit(`#incident=${waiting.incident.id}`);
    await page.getByRole("button", { name: "Reject" }).click();
    await page.getByRole("alert").getByText("Please say why").waitFor();
    assert.equal(await page.getByLabel("Note").getAttribute("aria-invalid"), "true");
    assert.ok(!fixture.asked.some((line) => line.includes("/reject")));
  });

  test("what has moved on meanwhile is explained, and shown as it is now", async () => {
    const waiting = sample({ status: "awaiting_approval", actions: ["approve", "reject"] });
    fixture.put(waiting);
    const page = await visit(`#incident=${waiting.incident.id}`, { expected: [REFUSED] });
    await page.getByRole("button", { name: "Approve" }).waitFor();
    fixture.details.set(waiting.incident.id, moved(waiting, { incident: { status: "escalated" } }));
    fixture.instead.set(`POST ${PAGE}/api/incidents/${waiting.incident.id}/approve`, [409, problem("approval_expired", "nobody approved in time")]);
    await page.getByRole("button", { name: "Approve" }).click();
    await page.locator("#notice").getByText("It has moved on meanwhile, so nothing was done: nobody approved in time.").waitFor();
    await page.locator(".summary").getByText("Needs a person", { exact: true }).waitFor();
  });

  test("what was given up is tried again, with or without a note", async () => {
    const waiting = sample({ status: "escalated", actions: ["resolve", "dismiss", "retry"] });
    fixture.put(waiting);
    const sent = [];
    fixture.instead.set(`POST ${PAGE}/api/incidents/${waiting.incident.id}/retry`, (body) => {
      sent.push(body);
      fixture.put(moved(waiting, { actions: ["dismiss"], incident: { status: "detected", escalation: null } }), "updated");
      return [200, {}];
    });
    const page = await visit(`#incident=${waiting.incident.id}`);
    await page.getByText("what was refused before is not").waitFor();
    await page.getByLabel("Note").fill("a cure was given");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("#notice").getByText("It is tried again").waitFor();
    await page.getByRole("button", { name: "Try again" }).waitFor({ state: "detached" });
    assert.deepEqual(sent, [{ note: "a cure was given" }]);
  });

  test("a service that cannot do it now is said, and the note is kept", async () => {
    const waiting = sample({ status: "escalated", actions: ["resolve"] });
    fixture.put(waiting);
    fixture.instead.set(`POST ${PAGE}/api/incidents/${waiting.incident.id}/resolve`, [503, problem("unavailable", "a service that is needed for this does not answer")]);
    const page = await visit(`#incident=${waiting.incident.id}`, { expected: [REFUSED] });
    await page.getByLabel("Note").fill("restarted it");
    await page.getByRole("button", { name: "Mark as resolved" }).click();
    await page.getByRole("alert").getByText("try again").waitFor();
    assert.equal(await page.getByLabel("Note").inputValue(), "restarted it");
    assert.equal(await page.getByRole("button", { name: "Mark as resolved" }).isEnabled(), true);
  });

  test("healing is paused and resumed", async () => {
    const page = await visit();
    await page.getByRole("button", { name: "Pause healing" }).click();
    await page.getByText("Healing is paused", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Resume healing" }).click();
    await page.getByText("Healing is on", { exact: true }).waitFor();
  });

  test("a reset is asked about first, and its answer tells what became of each part", async () => {
    const report = { epoch: 2, reset_at: new Date().toISOString(), archived: 3, leases_revoked: 1, paused: true, complete: false, code_reset: [
      { target: "fault-app", push: { outcome: "pushed", commit: "d".repeat(40), tree: "e".repeat(40) } },
      { target: "other", problem: problem("unavailable", "patcher did not answer") },
      { target: "third", push: { outcome: "unchanged", head: "f".repeat(40), tree: "e".repeat(40) } },
    ] };
    fixture.instead.set(`POST ${PAGE}/reset`, [200, report]);
    const page = await visit();
    const dialog = page.getByRole("dialog");
    await page.getByRole("button", { name: "Reset all…" }).click();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    assert.ok(!fixture.asked.some((line) => line.endsWith("/reset")), "nothing was asked yet");
    assert.equal(await page.evaluate(() => document.activeElement.id), "reset");
    await page.getByRole("button", { name: "Reset all…" }).click();
    await dialog.getByRole("button", { name: "Reset all" }).click();
    await dialog.getByRole("heading", { name: "Reset, but not everything worked" }).waitFor();
    const told = await dialog.innerText();
    for (const part of ["3 incidents", "dddddddddddd", "patcher did not answer", "not restored", "they were unchanged", "paused until you resume it"]) assert.ok(told.includes(part), part);
    await assertAccessible(page, "the reset's report");
    await dialog.getByRole("button", { name: "Resume healing" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.getByText("Healing is on", { exact: true }).waitFor();
  });
});

test("the tests' own eyes see: a bad picture, a script in the page, another origin, an error, a wide page", async () => {
  const { page, wrong, close } = await open(browser, `${fixture.url}${PAGE}`);
  await page.evaluate(() => {
    const script = document.createElement("script");
    try {
      script.textContent = "document.title = 'owned'";
    } catch {
      // The policy forbids even to make it.
    }
    const image = document.createElement("img");
    image.src = "/developer/incidents/assets/icon.svg";
    document.querySelector("main").append(script, image);
    document.querySelector("main").style.minWidth = "3000px";
    fetch("http://127.0.0.1:9/").catch(() => {});
    setTimeout(() => missing(), 0);
  });
  await eventually("each is seen", () => [/policy was broken: require-trusted-types/, /policy was broken: connect-src/, /missing is not defined/].every((one) => wrong.some((seen) => one.test(seen))));
  await assert.rejects(assertAccessible(page, "a page with a bad picture"), /image-alt/);
  await assert.rejects(assertFits(page, "a wide page"), /px wide/);
  await assert.rejects(close(), /went wrong in the page/);
});

describe("for everybody", () => {
  const kinds = [["detected", ["dismiss"]], ["awaiting_approval", ["approve", "reject"]], ["escalated", ["resolve", "dismiss"]], ["deploying", []], ["resolved", []], ["dismissed", []]];
  for (const [name, options] of [["light", {}], ["dark", { dark: true }], ["a light phone", { phone: true }], ["a dark phone", { phone: true, dark: true }]]) {
    test(`every view is accessible and fits: ${name}`, async () => {
      const samples = kinds.map(([status, actions], index) => sample({ status, actions, code: `FAULT_${index}`, at: Date.now() - index * 60_000 }));
      const page = await arrive("", options);
      const looksWell = async (what) => {
        await assertAccessible(page, what);
        await assertFits(page, what);
      };
      await looksWell("sign-in");
      await signIn(page, TOKEN);
      await page.getByText("Nothing has gone wrong yet.").waitFor();
      await looksWell("the empty list");
      for (const one of samples) fixture.put(one);
      await eventually("they are shown", async () => (await page.locator("#list li").count()) === samples.length);
      await looksWell("the list");
      for (const one of samples) {
        await goTo(page, one);
        await page.getByRole("heading", { level: 1, name: one.incident.code }).waitFor();
        await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
        await looksWell(`an incident that is ${one.incident.status}`);
      }
      await page.getByRole("button", { name: "Reset all…" }).click();
      await looksWell("the question");
    });
  }

  test("everything can be done with the keyboard", async () => {
    const waiting = sample({ status: "awaiting_approval", actions: ["approve", "reject"], at: Date.now() });
    fixture.put(waiting);
    fixture.put(sample({ code: "FAULT_B", at: Date.now() - 5000 }));
    let approved = null;
    fixture.instead.set(`POST ${PAGE}/api/incidents/${waiting.incident.id}/approve`, (body) => [200, (approved = body)]);
    const page = await arrive();
    const focus = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
    const tabTo = async (wanted) => {
      for (let presses = 0; presses < 40; presses += 1) {
        if ((await focus()) === wanted) return;
        await page.keyboard.press("Tab");
      }
      assert.fail(`Tab does not lead to ${wanted}, but to ${await focus()}`);
    };
    assert.equal(await focus(), "token");
    await page.keyboard.type(TOKEN);
    await page.keyboard.press("Enter");
    await page.getByText("Live", { exact: true }).waitFor();
    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await focus(), "skip");
    await page.keyboard.press("Enter");
    assert.equal(await focus(), "main");
    await tabTo(waiting.incident.code);
    await page.keyboard.press("ArrowDown");
    assert.equal(await focus(), "FAULT_B");
    await page.keyboard.press("Home");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: waiting.incident.code }).waitFor();
    await eventually("the heading has the focus", async () => (await focus()) === "detail-title");
    await tabTo("note");
    await page.keyboard.type("by keyboard");
    await page.keyboard.press("Tab");
    assert.equal(await focus(), "Approve");
    await page.keyboard.press("Enter");
    await eventually("it is approved", () => approved?.note === "by keyboard");
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { level: 1, name: "Incidents" }).waitFor();
    await page.getByRole("button", { name: "Reset all…" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    assert.equal(await focus(), "reset");
  });

  test("who wants no motion gets none", async () => {
    fixture.put(sample({ status: "deploying" }));
    const page = await visit();
    await row(page, "Rolling out").waitFor();
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    const lively = await visit("", { still: false });
    await row(lively, "Rolling out").waitFor();
    assert.ok((await lively.evaluate(() => document.getAnimations().length)) > 0);
  });
});
