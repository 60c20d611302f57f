// Registering at a site that wants addresses proved.

import { Server } from '../server.ts';
import {
  aPerson, expect, expectLoggedIn, expectLoggedOut, expectProblem, field, fillRegistration, send, submitButton,
  test as base,
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

test('a person registers and proves the address by the code in a mail', async ({ page, server }) => {
  const ada = aPerson();
  await page.goto('/register');
  await fillRegistration(page, ada);
  await send(page, submitButton(page, 'email_again'));
  await expect(page).toHaveURL('/register/confirm');
  await expectLoggedOut(page);
  await field(page, 'code').fill('AAAA-AAAA');
  await send(page, submitButton(page, 'code'));
  await expectProblem(page, 'code', /wrong/);
  await field(page, 'code').fill(await server.mailedCode(ada.email));
  await send(page, submitButton(page, 'code'));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
});

test('the link in the mail does it too, in another browser with the password', async ({ page, stranger, server }) => {
  const ada = aPerson();
  await page.goto('/register');
  await fillRegistration(page, ada);
  await send(page, submitButton(page, 'email_again'));
  await expect(page).toHaveURL('/register/confirm');
  await stranger.goto(await server.mailedLink(ada.email, 'register/confirm'));
  await field(stranger, 'password').fill(ada.password);
  await send(stranger, submitButton(stranger, 'password'));
  await expect(stranger).toHaveURL('/');
  await expectLoggedIn(stranger, ada);
});

test('whoever wants a name that is taken hears it after the proof, and chooses another', async ({ page, stranger, server }) => {
  const [ada, namesake] = [aPerson(), aPerson()];
  for (const [browser, person] of [[page, ada], [stranger, { ...namesake, username: ada.username }]] as const) {
    await browser.goto('/register');
    await fillRegistration(browser, person);
    await send(browser, submitButton(browser, 'email_again'));
    await expect(browser).toHaveURL('/register/confirm');
    await field(browser, 'code').fill(await server.mailedCode(person.email));
    await send(browser, submitButton(browser, 'code'));
  }
  await expectLoggedIn(page, ada);
  await expectLoggedOut(stranger);
  await field(stranger, 'username').fill(namesake.username);
  await send(stranger, submitButton(stranger, 'username'));
  await expect(stranger).toHaveURL('/');
  await expectLoggedIn(stranger, namesake);
});
