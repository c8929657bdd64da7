// axe-core finds nothing on any page, in light and dark, wide and narrow, and nothing is wider than the
// screen. Told: console, reader (a name at the provider), paths. Where a page links to single things below
// its path, the first is looked at too.
'use strict';
const { faults, keep, looks, signedIn, told, within } = require('./lib.js');

const { console: url, reader, paths } = told();
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
