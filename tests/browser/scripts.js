// A script in a title does not run, and none could: the policy of the page forbids it. Told: console, reader,
// title.
'use strict';
const assert = require('node:assert');
const { keep, signedIn, told, within } = require('./lib.js');

const { console: url, reader, title } = told();

within(async (browser) => {
  const page = await signedIn(browser, url, reader);
  page.on('dialog', () => assert.fail('a script has run'));
  await page.goto(`${url}/inbox`);
  assert.ok((await page.getByRole('main').innerText()).includes(title), 'the title is shown as it is');
  await keep(page, 'script-in-a-title');
  // Even if markup came through, no script of it would run.
  const ran = await page.evaluate(() => new Promise((done) => {
    const refused = [];
    document.addEventListener('securitypolicyviolation', (event) => {
      refused.push(event.effectiveDirective);
      if (refused.length === 3) done(refused);
    });
    const script = document.createElement('script');
    script.textContent = 'window.ran = true';
    document.body.append(script);
    const image = document.createElement('img');
    image.src = 'https://evil.example/steal';
    document.body.append(image);
    document.body.insertAdjacentHTML('beforeend', '<p onclick="window.ran = true">');
    document.body.lastChild.click();
    setTimeout(() => done(refused), 5000);
  }));
  assert.deepEqual(ran.sort(), ['img-src', 'script-src-attr', 'script-src-elem']);
  assert.equal(await page.evaluate(() => window.ran), undefined);
});
