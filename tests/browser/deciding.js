// People decide in the console, as the demo's provider lets them in. Told: console, act (one of those below),
// asked (the title of what an operator has asked for), of_second (what `second` has asked for), approver,
// second (names at the provider; either may decide what the other asks for).
'use strict';
const assert = require('node:assert');
const http = require('node:http');
const { keep, signIn, signedIn, told, within } = require('./lib.js');

const { console: url, act, asked, of_second: ofSecond, approver, second } = told();

const open = async (page, title) => {
  await page.goto(`${url}/inbox`);
  await page.getByRole('link', { name: title, exact: true }).click();
  await page.waitForURL(/\/approvals\//);
};
const approve = (page) => page.getByRole('button', { name: 'Approve', exact: true });
const main = (page) => page.getByRole('main').innerText();
const secretOn = (page) => page.locator('input[name=form_secret]').first().inputValue();

/** Waits until the page says so. */
const says = (page, words) => page.getByRole('main').getByText(words).first().waitFor();
/** The form of a button: where it leads, and its fields. */
const formOf = (button) => button.evaluate(({ form }) => [form.action, Object.fromEntries(new FormData(form))]);

/** Sends such a form from the page where the browser is, and answers the status of what comes back. */
const send = async (page, [action, fields]) => {
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  const shown = page.waitForEvent('load');
  await page.evaluate(([to, values]) => {
    const form = document.createElement('form');
    form.method = 'post';
    form.action = to;
    for (const [name, value] of Object.entries(values)) {
      const field = document.createElement('textarea');
      field.name = name;
      field.value = value;
      form.append(field);
    }
    document.body.append(form);
    form.submit();
  }, [action, fields]);
  await shown;
  return (await answered).status();
};

const acts = {
  async an_approver_signs_in_and_approves_from_the_inbox(browser) {
    const page = await signedIn(browser, url, approver);
    assert.equal(page.url(), `${url}/inbox`);
    await open(page, asked);
    await keep(page, 'deciding-before');
    await approve(page).click();
    await says(page, /approved/i);
    await keep(page, 'deciding-after');
    await page.goto(`${url}/inbox`);
    assert.equal(await page.getByRole('link', { name: asked, exact: true }).count(), 0);
  },

  async the_requester_cannot(browser) {
    const page = await signedIn(browser, url, second);
    const other = await signedIn(browser, url, approver);
    await open(other, ofSecond);
    const [action, fields] = await formOf(approve(other));
    // The requester gets the very address, and has no button there.
    await page.goto(other.url());
    await keep(page, 'requester');
    assert.equal(await approve(page).count(), 0);
    // A form of their own making, with their own secret: the database decides.
    assert.equal(await send(page, [action, { ...fields, form_secret: await secretOn(page) }]), 403);
    await keep(page, 'requester-refused');
    await other.reload();
    await approve(other).waitFor();
  },

  async a_session_that_has_ended_cannot(browser) {
    const page = await signedIn(browser, url, approver);
    await open(page, asked);
    await page.context().clearCookies();
    let sent = 0;
    page.on('request', (request) => { sent += request.method() === 'POST' ? 1 : 0; });
    await approve(page).click();
    await says(page, /did nothing/);
    await keep(page, 'session-ended');
    assert.equal(sent, 1, 'what answers a form is not loaded again, or the form would be sent again');
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click();
    await page.waitForURL(/\/sign-in/);
    await signIn(page, approver);
    // Back on the page of the form, and it still waits.
    await approve(page).waitFor();
  },

  async a_form_on_another_site_does_nothing(browser) {
    const page = await signedIn(browser, url, approver);
    await open(page, asked);
    const here = page.url();
    // It knows even the secret, which no other site does.
    const form = await formOf(approve(page));
    const evil = http.createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<p>A game.'));
    await new Promise((done) => evil.listen(0, done));
    try {
      // Another site: the reader's cookies do not come along, so nobody is signed in.
      await page.goto(`http://localhost:${evil.address().port}/`);
      assert.equal(await send(page, form), 401);
      // Another origin of the same site: they do, and the origin is refused.
      await page.goto(`http://127.0.0.1:${evil.address().port}/`);
      assert.equal(await send(page, form), 403);
      await keep(page, 'forged');
    } finally {
      evil.closeAllConnections?.();
      evil.close();
    }
    // It still waits.
    await page.goto(here);
    await approve(page).waitFor();
  },

  async two_approvers_race_and_one_is_told_what_is_so(browser) {
    const pages = [await signedIn(browser, url, approver), await signedIn(browser, url, second)];
    for (const page of pages) await open(page, asked);
    await Promise.all(pages.map((page) => approve(page).click()));
    for (const page of pages) await says(page, /approved/i);
    await Promise.all(pages.map((page, at) => keep(page, `raced-${at}`)));
    // One vote was taken; the other is refused, and its page says what is so.
    const texts = await Promise.all(pages.map(main));
    assert.equal(texts.filter((text) => text.includes('approval_closed')).length, 1, texts.join('\n---\n'));
  },

  async without_javascript_everything_works(browser) {
    const page = await signedIn(browser, url, approver, { javaScriptEnabled: false });
    await open(page, asked);
    await approve(page).click();
    await says(page, /approved/i);
    await page.getByRole('button', { name: 'Sign out' }).click();
    // The page that leads on to the provider has a link for whose browser does not go on by itself.
    await page.waitForURL(/\/sign-in$/);
    await says(page, /signed out/);
  },
};

within(async (browser) => acts[act](browser));
