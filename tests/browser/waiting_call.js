// The call of an agent waits for a human, who finds it in the inbox, reads what will run, and approves it.
// Told: console, approver (a name at the provider), title, runs (what the card says of it), reads (all that
// the page of the request has to say), so (what it says after the click).
'use strict';
const assert = require('node:assert');
const { keep, signedIn, told, within } = require('./lib.js');

const { console: url, approver, title, runs, reads, so } = told();

within(async (browser) => {
  const page = await signedIn(browser, url, approver);
  const link = page.getByRole('link', { name: title, exact: true });
  const card = await page.getByRole('article').filter({ has: link }).innerText();
  assert.ok(card.includes(runs), card);
  await keep(page, 'waiting-call-inbox');
  await link.click();
  await page.waitForURL(/\/approvals\//);
  const main = await page.getByRole('main').innerText();
  for (const words of reads) assert.ok(main.includes(words), `${words}\n---\n${main}`);
  await keep(page, 'waiting-call');
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByRole('main').getByText(so).first().waitFor();
  await keep(page, 'waiting-call-approved');
});
