// visit.js: one browser goes to a personal URL, reads the landing page, and clicks to the goal. Driven by browser_purl.py:
//   node visit.js '{"modules": …, "purl": …, "agent": …, "goal": true}'     prints what it saw as JSON.
const ask = JSON.parse(process.argv[2]);
const { chromium } = require(ask.modules + "/playwright-core");

async function settle(page) {
  await page.waitForLoadState("networkidle");
}

async function main() {
  const browser = await chromium.launch({
    executablePath: ask.chromium, headless: true,
    args: ["--host-resolver-rules=MAP go.example.test 127.0.0.1, MAP shop.example.test 127.0.0.1", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  const seen = { errors: [], pages: [] };
  try {
    const context = await browser.newContext(ask.agent ? { userAgent: ask.agent } : {});
    const page = await context.newPage();
    page.setDefaultTimeout(60000);
    page.on("pageerror", (e) => seen.errors.push(String(e)));
    page.on("console", (m) => { if (m.type() === "error") seen.errors.push(m.text()); });
    for (let i = 0; i < (ask.times || 1); i++) {
      const answer = await page.goto(ask.purl);
      seen.status = answer.status();
      await settle(page);
    }
    seen.landing = page.url();
    seen.title = await page.title();
    if (ask.greets) {
      await page.waitForFunction((name) => document.querySelector("[data-pennypost]").textContent === name, ask.greets);
    }
    seen.greeting = await page.locator("[data-pennypost]").first().textContent().catch(() => null);
    if (ask.goal) {
      await page.click("#more");
      await settle(page);
      seen.pages.push(page.url());
      await page.click("#buy");
      await settle(page);
      seen.pages.push(page.url());
      await page.reload();
      await settle(page);
    }
    seen.cookies = (await context.cookies()).map((c) => ({ name: c.name, domain: c.domain, path: c.path, httpOnly: c.httpOnly }));
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(seen));
}

main().catch((e) => { console.error(e); process.exit(1); });
