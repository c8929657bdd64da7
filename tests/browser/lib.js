// What the tests in a browser share. They drive the system's Chromium; nothing is downloaded.
'use strict';
const axe = require('axe-core');
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

/** Screens that pages are looked at on: a name, and the options of a context. */
exports.looks = [
  ['wide-light', { viewport: { width: 1200, height: 900 }, colorScheme: 'light' }],
  ['wide-dark', { viewport: { width: 1200, height: 900 }, colorScheme: 'dark' }],
  ['phone-light', { viewport: { width: 390, height: 844 }, colorScheme: 'light' }],
  ['phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
];

/** What axe-core finds on a page, and whether it is wider than the screen. */
exports.faults = async (page) => {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return over > 0 ? [...found, `the page is ${over} pixels wider than the screen`] : found;
};
