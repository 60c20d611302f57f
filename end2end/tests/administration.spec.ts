// Looking after a site: people, their roles, and what was done.

import type { Page } from '@playwright/test';
import type { Server } from '../server.ts';
import {
  anArticle, aPerson, expect, expectLoggedIn, expectLoggedOut, field, logIn, type Person, publish, register, send,
  submitButton, test, tryLogIn,
} from '../support.ts';

/** Makes somebody on the command line, as whoever runs the site does, and logs them in. */
async function made(page: Page, server: Server, role: string): Promise<Person> {
  const person = aPerson();
  await server.command(['user', 'create', person.username, person.email, '--role', role], `${person.password}\n`);
  await logIn(page, person);
  return person;
}

test('an administrator finds somebody, and gives them another role', async ({ page, stranger, server }) => {
  const ada = await register(stranger);
  const boss = await made(page, server, 'administrator');
  await page.goto('/settings');
  await page.locator('main').locator('a[href="/admin"]').click();
  await expect(page).toHaveURL('/admin');
  await page.goto(`/admin?q=${ada.username}`);
  await page.getByRole('link', { name: ada.username }).click();
  await expect(page).toHaveURL(`/admin/people/${ada.username}`);
  await page.getByRole('link', { name: 'Change the role' }).click();
  await page.locator('select[name="role"]').selectOption('editor');
  await field(page, 'reason').fill('She edits well');
  await send(page, submitButton(page, 'reason'));
  await expect(page.getByRole('status')).toContainText(/role/i);
  await page.goto('/admin/log');
  await expect(page.locator('main')).toContainText(`${boss.username}`);
  await expect(page.locator('main')).toContainText('She edits well');

  // Another role is another log-in.
  await stranger.goto('/');
  await expectLoggedOut(stranger);
  await logIn(stranger, ada);
  await stranger.goto('/admin');
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('There is nothing here');
});

test('whoever is deactivated is out, and comes back by an administrator', async ({ page, stranger, server }) => {
  const ada = await register(stranger);
  await made(page, server, 'administrator');
  await page.goto(`/admin/people/${ada.username}`);
  await page.getByRole('link', { name: 'Deactivate' }).click();
  await send(page, page.getByRole('button', { name: 'Deactivate' }));
  await expect(page.locator('main')).toContainText('Deactivated: it cannot log in');
  await stranger.goto('/');
  await expectLoggedOut(stranger);
  await tryLogIn(stranger, ada.username, ada.password);
  await expectLoggedOut(stranger);
  await page.goto(`/admin/people/${ada.username}`);
  await page.getByRole('link', { name: 'Activate' }).click();
  await send(page, page.getByRole('button', { name: 'Activate' }));
  await expect(page.locator('main')).toContainText('Active');
  await logIn(stranger, ada);
});

test('an editor takes an article offline, and its author keeps it as a draft', async ({ page, stranger, server }) => {
  const ada = await register(stranger);
  const article = anArticle();
  const path = await publish(stranger, article);
  await made(page, server, 'editor');
  await page.goto(path);
  await page.getByText('Take it offline').first().click();
  await field(page, 'reason').fill('It is about somebody else');
  await send(page, submitButton(page, 'reason'));
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing here');
  await stranger.goto('/articles');
  await expect(stranger.locator('li.desk-row').filter({ hasText: article.title })).toContainText('Draft');
  await expectLoggedIn(stranger, ada);
});

test('a member asks somebody to write here', async ({ page, stranger }) => {
  const ada = await register(page);
  await page.goto('/settings');
  await page.getByRole('link', { name: 'Ask somebody to write here' }).click();
  await expect(page.locator('main')).toContainText('You have invited nobody yet.');
  await send(page, page.getByRole('button', { name: 'Invite' }));
  const link = (await page.getByRole('status').locator('code').textContent())!;
  const bob = aPerson();
  await stranger.goto(link);
  await expect(stranger.locator('main')).toContainText(ada.username);
  await field(stranger, 'username').fill(bob.username);
  await field(stranger, 'email').fill(bob.email);
  await field(stranger, 'email_again').fill(bob.email);
  await field(stranger, 'password').fill(bob.password);
  await send(stranger, submitButton(stranger, 'email_again'));
  await expect(stranger).toHaveURL('/');
  await expectLoggedIn(stranger, bob);
  await page.goto('/settings/invitations');
  await expect(page.locator('main')).toContainText(bob.username);
});
