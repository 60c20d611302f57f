// A site that people come to by invitation.

import type { Server } from '../server.ts';
import {
  aPerson, aServer, expect, expectFirstProblem, expectLoggedIn, expectLoggedOut, field, fillRegistration, made, send,
  submitButton, test as base,
} from '../support.ts';

const HERE = '/settings/invitations';

const test = base.extend<object, { server: Server }>({
  server: aServer('127.0.0.1', { BYLINE_REGISTRATION: 'invite' }),
});

test('without an invitation nobody registers, and the page says whom to ask', async ({ page }) => {
  for (const path of ['/register', '/register?invitation=nothing']) {
    await page.goto(path);
    await expect(page.locator('main')).toContainText('This site takes new accounts by invitation.');
    await expect(field(page, 'username')).toHaveCount(0);
  }
});

test('a member’s link lets one person in, and is seen to be used', async ({ page, stranger, server }) => {
  const ada = await made(page, server, 'author');
  await page.goto('/settings');
  await page.locator('main').getByRole('link', { name: 'Ask somebody to write here' }).click();
  await expect(page).toHaveURL(HERE);
  await expect(page.locator('main')).toContainText('You have invited nobody yet.');
  await send(page, page.getByRole('button', { name: 'Invite' }));
  const link = (await page.getByRole('status').locator('code').textContent())!;

  const bob = aPerson();
  await stranger.goto(link);
  await expect(stranger.locator('main')).toContainText(`${ada.username} invites you.`);
  await fillRegistration(stranger, { ...bob, password: 'short' });
  await send(stranger, submitButton(stranger, 'email_again'));
  await expectFirstProblem(stranger, 'password', /at least 12/i);
  // The invitation is still there.
  await expect(stranger.locator('main')).toContainText(`${ada.username} invites you.`);
  await field(stranger, 'password').fill(bob.password);
  await send(stranger, submitButton(stranger, 'email_again'));
  await expect(stranger).toHaveURL('/');
  await expectLoggedIn(stranger, bob);

  await page.goto(HERE);
  const row = page.locator('li.desk-row');
  await expect(row).toContainText('Used by');
  await expect(row.getByRole('button')).toHaveCount(0);
  await row.getByRole('link', { name: bob.username }).click();
  await expect(page).toHaveURL(`/profile/${bob.username}`);
  await stranger.context().clearCookies();
  await stranger.goto(link);
  await expect(stranger.locator('main')).toContainText('one that you have was used already');
});

test('an invitation that is mailed is shown to nobody else', async ({ page, stranger, server }) => {
  const ada = await made(page, server, 'author');
  const bob = aPerson();
  await page.goto(HERE);
  await field(page, 'email').fill('nowhere');
  await send(page, submitButton(page, 'email'));
  await expectFirstProblem(page, 'email', /e-mail address/i);
  await field(page, 'email').fill(bob.email);
  await send(page, submitButton(page, 'email'));
  await expect(page.locator('li.desk-row')).toContainText(bob.email);
  await expect(page.locator('main code')).toHaveCount(0);
  await stranger.goto(await server.mailedInvitation(bob.email));
  await expect(stranger.locator('main')).toContainText(`${ada.username} invites you.`);
  await fillRegistration(stranger, bob);
  await send(stranger, submitButton(stranger, 'email_again'));
  await expectLoggedIn(stranger, bob);
});

test('an invitation that is taken back lets nobody in', async ({ page, stranger, server }) => {
  await made(page, server, 'author');
  await page.goto(HERE);
  await send(page, page.getByRole('button', { name: 'Invite' }));
  const link = (await page.getByRole('status').locator('code').textContent())!;
  await stranger.goto(link);
  await fillRegistration(stranger, aPerson());
  await send(page, page.getByRole('button', { name: /^Withdraw the invitation for Whoever has the link/ }));
  await expect(page.locator('main')).toContainText('You have invited nobody yet.');
  // Whoever has the form open already is told as well.
  await send(stranger, submitButton(stranger, 'email_again'));
  await expectLoggedOut(stranger);
  await stranger.goto(link);
  await expect(stranger.locator('main')).toContainText('This site takes new accounts by invitation.');
});

test('whoever runs the site invites without an account', async ({ page, server }) => {
  const link = (await server.command(['invite'])).trim();
  const ada = aPerson();
  await page.goto(link);
  await expect(page.locator('main')).toContainText('Whoever runs this site invites you.');
  await fillRegistration(page, ada);
  await send(page, submitButton(page, 'email_again'));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
});

test('whoever only reads here invites nobody', async ({ page, server }) => {
  await made(page, server, 'reader');
  await page.goto('/settings');
  await expect(page.getByRole('link', { name: 'Ask somebody to write here' })).toHaveCount(0);
  await page.goto(HERE);
  await expect(field(page, 'email')).toHaveCount(0);
});
