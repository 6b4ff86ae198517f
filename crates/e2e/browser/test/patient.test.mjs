// The page with the faults, on the real application with a real database and its upstream.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { RULES, assertAccessible, assertFits, eventually, launch, open } from "../lib/browser.mjs";
import { Stack } from "../lib/stack.mjs";

let browser;
let stack;
before(async () => {
  [browser, stack] = [await launch(), await Stack.make()];
  await stack.postgres();
  await stack.patient();
});
after(async () => {
  await browser?.close();
  await stack?.end();
});

const FAULTY = [/status of (500|502|503|504)/];
const said = (page, words, timeout = 12_000) => page.locator("#said").filter({ hasText: words }).waitFor({ timeout });

async function visit(context, options) {
  const { page, close } = await open(browser, `${stack.patientUrl}/test-fault`, { expected: FAULTY, ...options });
  context.after(close);
  await page.getByText("closed – calls are made").waitFor();
  return page;
}

const upstream = (mode) => fetch(`${stack.upstreamUrl}/mode`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify(mode) });

test("each button asks its route, and the page tells the answer and the state", async (context) => {
  const page = await visit(context);
  await page.getByRole("button", { name: "Run the malformed statement" }).click();
  await said(page, /^\/test-fault\/run answered 500 /);
  const rows = page.locator("#rows tr");
  await rows.filter({ hasText: "/test-fault/run" }).filter({ hasText: "500" }).first().waitFor();

  await page.getByRole("button", { name: "Ask the external API" }).click();
  await said(page, /^\/test-fault\/external-api answered 200 .*42/);
  await upstream({ modes: ["down"] });
  await page.getByRole("button", { name: "Ask the external API" }).click();
  await said(page, /^\/test-fault\/external-api answered 5\d\d /);
  await upstream({ modes: ["none"] });

  await page.getByRole("button", { name: "Run the long query" }).click();
  await said(page, /^\/test-fault\/db-timeout answered 500 after 5\d\d\d ms/);
  await rows.filter({ hasText: "/test-fault/db-timeout" }).filter({ hasText: "500" }).first().waitFor();

  for (const [name, path, status] of [
    ["Make a report", "memory", 503],
    ["Send the upload", "session", 502],
    ["Ask the busy upstream", "retry-storm", 502],
    ["Place an order", "queue", 503],
  ]) {
    await page.getByRole("button", { name }).click();
    await said(page, new RegExp(`^/test-fault/${path} answered ${status} `));
  }
  await page.locator("#kept").filter({ hasText: "64 MiB" }).waitFor();

  // Others hold the connections that slow work may have, and the button meets that.
  const others = Array.from({ length: 4 }, () => fetch(`${stack.patientUrl}/test-fault/pool`, { method: "POST" }));
  await page.locator("#slow-text").filter({ hasText: "4 of 4" }).waitFor();
  await page.locator("#pool-times").fill("1");
  await page.getByRole("button", { name: "Hold connections" }).click();
  await said(page, /^\/test-fault\/pool answered 503 /);
  await eventually("the page says how often there was none", async () => Number(await page.locator("#exhausted").innerText()) > 0);
  assert.deepEqual((await Promise.all(others)).map((answer) => answer.status), Array(4).fill(200));

  // A browser makes six requests at once to one place, so the button alone can do it too.
  await page.locator("#pool-times").fill("8");
  await page.getByRole("button", { name: "Hold connections" }).click();
  await said(page, /4 × 200, 4 × 503|4 × 503, 4 × 200/);
});

test("the buttons answer to the keyboard, and the focus stays", async (context) => {
  const page = await visit(context);
  await page.getByRole("button", { name: "Run the malformed statement" }).focus();
  await page.keyboard.press("Enter");
  await said(page, /answered 500/);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Run the malformed statement");
});

for (const [name, options] of [["light", {}], ["dark", { dark: true }], ["a dark phone", { dark: true, phone: true }]]) {
  test(`the page is accessible and fits: ${name}`, async (context) => {
    const page = await visit(context, options);
    await page.getByRole("button", { name: "Run the malformed statement" }).click();
    await said(page, /answered 500/);
    await page.locator("#rows tr").first().waitFor();
    await assertAccessible(page, "the page with the faults", RULES);
    await assertFits(page, "the page with the faults");
  });
}
