// A browser whose pages are watched: any console error, breach of the policy or request to another origin is a failure.

import AxeBuilder from "@axe-core/playwright";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];
const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
export const PHONE = { width: 375, height: 720 };

export async function launch() {
  const executablePath = process.env.CHROMIUM || PROGRAMS.find((path) => existsSync(path));
  assert(executablePath, "there is no Chromium: install the package chromium, or name one in CHROMIUM");
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** A page of its own, with nothing kept from another. `expected` are console errors that a test provokes. */
export async function open(browser, url, { dark = false, phone = false, still = true, expected = [] } = {}) {
  const context = await browser.newContext({
    viewport: phone ? PHONE : { width: 1280, height: 860 },
    colorScheme: dark ? "dark" : "light",
    reducedMotion: still ? "reduce" : "no-preference",
    locale: "en-GB",
    timezoneId: "UTC",
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const wrong = [];
  const origin = new URL(url).origin;
  page.on("console", (message) => message.type() === "error" && !expected.some((known) => known.test(message.text())) && wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.stack ?? error}`));
  page.on("request", (request) => new URL(request.url()).origin !== origin && !request.url().startsWith("data:") && wrong.push(`another origin: ${request.url()}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => console.error(`the policy was broken: ${event.violatedDirective} ${event.blockedURI}`));
  });
  if (url) await page.goto(url);
  return {
    page,
    wrong,
    async close() {
      await context.close();
      assert.deepEqual(wrong, [], "something went wrong in the page");
    },
  };
}

/** Signs in with a token. */
export async function signIn(page, token) {
  await page.getByLabel("Operator token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Incidents", level: 1 }).waitFor();
}

export const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];

/** No finding of axe by WCAG 2.0 and 2.1, A and AA; on our own pages none by good practice either. */
export async function assertAccessible(page, what, rules = [...RULES, "best-practice"]) {
  const { violations, passes } = await new AxeBuilder({ page }).withTags(rules).analyze();
  const told = violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => `${node.target} – ${node.failureSummary}`).join("; ")}`);
  assert(passes.length > 5, "axe looked at something");
  assert.deepEqual(told, [], `axe on ${what}`);
}

/** The page does not scroll sideways. */
export async function assertFits(page, what) {
  const { inner, content } = await page.evaluate(() => ({ inner: innerWidth, content: document.documentElement.scrollWidth }));
  assert(content <= inner, `${what} is ${content} px wide in a window of ${inner}`);
}

/** Waits until something holds. */
export async function eventually(what, look, ms = 15_000) {
  const until = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > until) assert.fail(`${what} did not come about in ${ms} ms: ${last?.stack ?? JSON.stringify(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
