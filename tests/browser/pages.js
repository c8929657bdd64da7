// axe-core finds nothing on any page, in light and dark, wide and narrow, and nothing is wider than the
// screen. Told: console, reader (a name at the provider), paths. Where a page links to single things below
// its path, the first is looked at too.
'use strict';
const axe = require('axe-core');
const { keep, signedIn, told, within } = require('./lib.js');

const { console: url, reader, paths } = told();
const looks = [
  ['wide-light', { viewport: { width: 1200, height: 900 }, colorScheme: 'light' }],
  ['wide-dark', { viewport: { width: 1200, height: 900 }, colorScheme: 'dark' }],
  ['phone-light', { viewport: { width: 390, height: 844 }, colorScheme: 'light' }],
  ['phone-dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
];

const faults = async (page) => {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.html).join(' ')}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return over > 0 ? [...found, `the page is ${over} pixels wider than the screen`] : found;
};

const look = async (page, name, problems) => {
  await keep(page, name);
  for (const fault of await faults(page)) problems.push(`${name}: ${fault}`);
};

within(async (browser) => {
  const problems = [];
  for (const [kind, options] of looks) {
    // axe-core itself is a script that the policy of the pages does not allow.
    const page = await signedIn(browser, url, reader, { ...options, bypassCSP: true });
    for (const path of paths) {
      const name = `${path.replace(/\W+/g, '-').replace(/^-|-$/g, '')}-${kind}`;
      const answer = await page.goto(url + path);
      const expected = path === '/no-such-page' ? 404 : 200;
      // There is no answer where the browser is there already.
      if (answer && answer.status() !== expected) problems.push(`${name}: ${answer.status()}`);
      await look(page, name, problems);
      const first = page.locator(`main a[href^="${path}/"]`).first();
      if (await first.count()) {
        const one = await page.goto(url + await first.getAttribute('href'));
        if (one && one.status() !== 200) problems.push(`${name}-one: ${one.status()}`);
        await look(page, `${name}-one`, problems);
      }
    }
    await page.context().clearCookies();
    await page.goto(`${url}/sign-in`);
    await look(page, `sign-in-${kind}`, problems);
    await page.goto(`${url}/sign-in/return`);
    await look(page, `sign-in-return-${kind}`, problems);
    await page.context().close();
  }
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length ? 1 : 0;
});
