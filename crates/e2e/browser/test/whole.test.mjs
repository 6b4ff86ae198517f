// The whole local stack, as `kintsugi up` starts it: a fault is fired at the real application and healed while a browser
// watches. With SCREENSHOTS=folder the pictures of docs/dashboard.md are taken on the way.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PHONE, eventually, launch, open } from "../lib/browser.mjs";
import { PROGRAMS, ROOT, Stack } from "../lib/stack.mjs";

const PAGE = "/developer/incidents";
/** The application is built from nothing in the sandbox before its first version is live. */
const FIRST_BUILD = 400_000;
const RECOVERY = 120_000;
/** Of a picture for the docs. */
const PICTURE = { width: 1120, height: 720 };
const SQL = "FAULT_SQL_INJECTION_TEST";

let browser;
let stack;
let url;
let token;
before(async () => {
  [browser, stack] = [await launch(), await Stack.make()];
  const home = join(stack.folder, "home");
  const { HOME, CARGO_HOME, RUSTUP_HOME, PATH } = process.env;
  const env = Object.fromEntries(Object.entries({ HOME, CARGO_HOME, RUSTUP_HOME, PATH }).filter(([, value]) => value));
  const up = await stack.start("kintsugi", [join(PROGRAMS, "kintsugi"), "--home", home, "up"], { env, cwd: ROOT });
  const told = await eventually("the stack is up", async () => {
    assert.equal(up.child.exitCode, null, await readFile(join(stack.folder, "kintsugi.log"), "utf8"));
    return JSON.parse(await readFile(join(home, "stack.json"), "utf8"));
  }, 120_000);
  url = told.front;
  token = (await readFile(join(home, "secrets/operator-token"), "utf8")).trim();
  await eventually("the application is live", async () => (await fetch(`${url}/healthz`)).ok, FIRST_BUILD);
});
after(async () => {
  await browser?.close();
  await stack?.end();
});

async function visit(context, options) {
  const { page, close } = await open(browser, `${url}${PAGE}`, options);
  context.after(close);
  await page.getByLabel("Operator token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("Live", { exact: true }).waitFor();
  return page;
}

async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
}

const row = (page) => page.locator("#list li").filter({ hasText: SQL });

test("a fault is fired, healed and proved before the reader's eyes, and a reset puts everything back", async (context) => {
  const page = await visit(context);
  await page.setViewportSize(PICTURE);
  await page.getByText("Nothing has gone wrong yet.").waitFor();
  const command = await page.locator("#empty code").innerText();
  assert.equal(command, `curl -X POST ${url}/test-fault/run`);
  assert.equal((await fetch(`${url}/test-fault/run`, { method: "POST" })).status, 500);
  await row(page).waitFor({ timeout: RECOVERY });
  await row(page).filter({ hasText: "Healed" }).waitFor({ timeout: RECOVERY });
  await picture(page, "dashboard-list");
  await row(page).getByRole("link").click();
  const part = (name) => page.locator(`[data-part="${name}"]`);
  await part("proof").getByText("it holds").waitFor();
  assert.ok((await part("change").locator("tr.added").count()) > 0, "a change was made");
  assert.equal(await part("gates").locator("ol.gates > li .pill[data-tone=good]").count(), 5);
  assert.match(await part("times").innerText(), /of which .* were the platform/);
  assert.match(await part("lines").innerText(), new RegExp(SQL));
  assert.ok((await part("diagnosis").locator(".neighbours tbody tr").count()) > 0, "neighbours were found");
  await page.mouse.move(0, 0);
  await picture(page, "dashboard-incident");
  for (const name of ["times", "change"]) {
    await part(name).evaluate((section) => scrollTo(0, section.offsetTop - 12));
    await picture(page, `dashboard-${name}`);
  }
  assert.equal((await fetch(`${url}/test-fault/run`, { method: "POST" })).status, 200, "it is healed");

  const phone = await visit(context, { dark: true, phone: true });
  assert.equal(phone.viewportSize().width, PHONE.width);
  await row(phone).waitFor();
  await picture(phone, "dashboard-phone");

  await page.getByRole("button", { name: "Reset all…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Reset all" }).click();
  await dialog.getByRole("heading", { name: "Everything was reset" }).waitFor({ timeout: 90_000 });
  await dialog.getByText("restored", { exact: true }).waitFor();
  await picture(page, "dashboard-reset");
  await dialog.getByRole("button", { name: "Resume healing" }).click();
  await page.getByText("Healing is on", { exact: true }).waitFor();
  await eventually("the fault is there again", async () => (await fetch(`${url}/test-fault/run`, { method: "POST" })).status === 500, RECOVERY);
  await page.getByRole("link", { name: "All incidents" }).click();
  await row(page).filter({ hasNotText: "Archived" }).waitFor({ timeout: RECOVERY });
});
