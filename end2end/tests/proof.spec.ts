// Registering at a site that wants addresses proved.

import type { Page } from '@playwright/test';
import { Server } from '../server.ts';
import {
  aPerson, expect, expectFirstProblem, expectLoggedIn, expectLoggedOut, expectProblem, field, fillRegistration, type Person,
  send, submitButton, test as base,
} from '../support.ts';

const test = base.extend<object, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = await Server.start('127.0.0.1', { BYLINE_EMAIL_PROOF: 'on' });
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
});

/** Fills and sends the form; then the address is still to be proved. */
async function begin(page: Page, person: Person): Promise<void> {
  await page.goto('/register');
  await fillRegistration(page, person);
  await send(page, submitButton(page, 'email_again'));
  await expect(page).toHaveURL('/register/confirm');
  await expectLoggedOut(page);
}

test('a person registers and proves the address by the code in a mail', async ({ page, server }) => {
  const ada = aPerson();
  await begin(page, ada);
  await expect(page.locator('main')).toContainText(ada.email);
  await field(page, 'code').fill('AAAA-AAAA');
  await send(page, submitButton(page, 'code'));
  await expectFirstProblem(page, 'code', /wrong/);
  await field(page, 'code').fill(await server.mailedCode(ada.email));
  await send(page, submitButton(page, 'code'));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
});

test('the link in the mail does it too, in another browser with the password', async ({ page, stranger, server }) => {
  const ada = aPerson();
  await begin(page, ada);
  await stranger.goto(await server.mailedLink(ada.email, 'register/confirm'));
  await field(stranger, 'password').fill('not the right password');
  await send(stranger, submitButton(stranger, 'password'));
  await expectFirstProblem(stranger, 'password', /not your password/);
  await field(stranger, 'password').fill(ada.password);
  await send(stranger, submitButton(stranger, 'password'));
  await expect(stranger).toHaveURL('/');
  await expectLoggedIn(stranger, ada);
});

test('in the browser that registered the link asks for nothing, and works once', async ({ page, server }) => {
  const ada = aPerson();
  await begin(page, ada);
  const link = await server.mailedLink(ada.email, 'register/confirm');
  await page.goto(link);
  await expect(field(page, 'password')).toHaveCount(0);
  await expectLoggedOut(page);
  await send(page, page.getByRole('button', { name: 'Make my account' }));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link no longer works');
});

test('a mail that is sent again has another code, and the former opens nothing', async ({ page, server }) => {
  const ada = aPerson();
  await begin(page, ada);
  const former = await server.mailedCode(ada.email);
  await send(page, page.getByRole('button', { name: 'Send it again' }));
  await expect(page.getByRole('status')).toContainText('Another mail is on its way');
  const newer = await server.mailedCode(ada.email, former);
  await field(page, 'code').fill(former);
  await send(page, submitButton(page, 'code'));
  await expectFirstProblem(page, 'code', /newer one/);
  // As somebody types it who does not care for the hyphen or for capitals.
  await field(page, 'code').fill(` ${newer.toLowerCase().replace('-', ' ')}`);
  await send(page, submitButton(page, 'code'));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
});

test('whoever guesses at the code begins anew', async ({ page, server }) => {
  const ada = aPerson();
  await begin(page, ada);
  const code = await server.mailedCode(ada.email);
  for (let guess = 1; guess <= 5; guess++) {
    await field(page, 'code').fill(code === 'AAAA-AAAA' ? 'BBBB-BBBB' : 'AAAA-AAAA');
    await send(page, submitButton(page, 'code'));
    if (guess < 5) await expectProblem(page, 'code', /wrong/);
  }
  await page.goto('/register/confirm');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing to confirm');
  await page.goto(await server.mailedLink(ada.email, 'register/confirm'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link no longer works');
  await expectLoggedOut(page);
});

test('whoever has an account looks the same to everybody but themselves', async ({ page, stranger, server }) => {
  const ada = aPerson();
  await begin(page, ada);
  await field(page, 'code').fill(await server.mailedCode(ada.email));
  await send(page, submitButton(page, 'code'));
  await expectLoggedIn(page, ada);
  const again = { ...aPerson(), email: ada.email };
  await begin(stranger, again);
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('Look into your mailbox');
  await expect(stranger.locator('main')).toContainText(ada.email);
  expect(await server.mailedText(ada.email, 'You have an account already')).not.toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/m);
});

test('a browser in which nobody registers has nothing to confirm', async ({ page }) => {
  await page.goto('/register/confirm');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing to confirm');
  await page.locator('main').getByRole('link', { name: 'Register' }).click();
  await expect(page).toHaveURL('/register');
});

test('whoever wants a name that is taken hears it after the proof, and chooses another', async ({ page, stranger, server }) => {
  const [ada, namesake] = [aPerson(), aPerson()];
  for (const [browser, person] of [[page, ada], [stranger, { ...namesake, username: ada.username }]] as const) {
    await begin(browser, person);
    await field(browser, 'code').fill(await server.mailedCode(person.email));
    await send(browser, submitButton(browser, 'code'));
  }
  await expectLoggedIn(page, ada);
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('Choose another username');
  await expect(stranger.locator('main')).toContainText(ada.username);
  await expectLoggedOut(stranger);
  await field(stranger, 'username').fill(ada.username.toUpperCase());
  await send(stranger, submitButton(stranger, 'username'));
  await expectFirstProblem(stranger, 'username', /taken/);
  await field(stranger, 'username').fill(namesake.username);
  await send(stranger, submitButton(stranger, 'username'));
  await expect(stranger).toHaveURL('/');
  await expectLoggedIn(stranger, namesake);
});
