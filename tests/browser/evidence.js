// The index of an evidence pack, from a file: axe-core finds nothing, in light and dark, wide and narrow;
// nothing is wider than the screen, and no script of it could run. Told: page, sentence.
'use strict';
const assert = require('node:assert');
const { faults, keep, looks, told, within } = require('./lib.js');

const { page: url, sentence } = told();

within(async (browser) => {
  for (const [kind, options] of looks) {
    // axe-core itself is a script that the policy of the page does not allow.
    const context = await browser.newContext({ ...options, bypassCSP: true });
    const page = await context.newPage();
    await page.goto(url);
    assert.ok((await page.getByRole('main').innerText()).includes(sentence), 'the page says what was counted');
    await keep(page, `evidence-${kind}`);
    assert.deepEqual(await faults(page), [], kind);
    await context.close();
  }
  const page = await browser.newPage();
  page.on('dialog', () => assert.fail('a script has run'));
  await page.goto(url);
  const refused = await page.evaluate(() => new Promise((done) => {
    document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    setTimeout(() => done(undefined), 5000);
  }));
  assert.equal(refused, 'script-src-elem');
  assert.equal(await page.evaluate(() => window.ran), undefined);
});
