// What the tests in a browser share. They drive the system's Chromium; nothing is downloaded.
'use strict';
const { chromium } = require('playwright-core');
const fs = require('node:fs');
const path = require('node:path');

// As root, as in a container, Chromium runs without its sandbox only.
const args = process.getuid() === 0 ? ['--no-sandbox'] : [];

/** Runs `work` with a browser that ends whatever happens. */
exports.within = async (work) => {
  const browser = await chromium.launch({ executablePath: process.env.AWGP_CHROMIUM || '/usr/bin/chromium', args });
  try {
    await work(browser);
  } finally {
    await browser.close();
  }
};

/** What a test was told, as JSON in its first argument. */
exports.told = () => JSON.parse(process.argv[2]);

/** A reader with a browser of their own, who has signed in at the demo's provider as `name`. */
exports.signedIn = async (browser, console, name, options = {}) => {
  const context = await browser.newContext({ timezoneId: 'Europe/Oslo', ...options });
  const page = await context.newPage();
  page.on('pageerror', (error) => { throw error; });
  await page.goto(`${console}/inbox`);
  await exports.signIn(page, name);
  return page;
};

/** From the page of signing in, through the provider, and back: it ends on the console's own page. */
exports.signIn = async (page, name) => {
  const { origin } = new URL(page.url());
  await page.getByRole('link', { name: /^Sign in/ }).click();
  await page.getByRole('button', { name }).click();
  // A click does not wait for where it leads.
  await page.waitForURL((url) => url.origin === origin && !url.pathname.startsWith('/sign-in'));
};

/** Keeps what is on the screen, as output of the test. */
exports.keep = async (page, name) => {
  const folder = process.env.AWGP_TEST_OUTPUT;
  if (!folder) return;
  fs.mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
};
