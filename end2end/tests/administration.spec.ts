// Looking after a site: people, their roles, and what was done.

import type { Page } from '@playwright/test';
import type { Server } from '../server.ts';
import {
  anArticle, aServer, deskRow, editorButton, expect, expectFirstProblem, expectLoggedIn, expectLoggedOut, expectRefusal, field,
  logIn, made, type Person, publish, register, send, setPassword, submitButton, test, tryLogIn, unique,
} from '../support.ts';

/** Opens the form for something that is done to that person. */
async function choose(page: Page, person: Person, what: string): Promise<void> {
  await page.goto(`/admin/people/${person.username}`);
  await page.getByRole('link', { name: what }).click();
  await expect(field(page, 'reason')).toBeVisible();
}

test('an administrator finds somebody, and gives them another role', async ({ page, stranger, server }) => {
  const ada = await register(stranger);
  const boss = await made(page, server, 'administrator');
  await page.goto('/settings');
  await page.locator('main').locator('a[href="/admin"]').click();
  await expect(page).toHaveURL('/admin');
  await page.getByRole('searchbox').fill(`nobody-${unique()}`);
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page.locator('main')).toContainText('No name and no address has that in it.');
  await page.getByRole('searchbox').fill(ada.email.toUpperCase());
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page.locator('li.desk-row')).toHaveCount(1);
  await page.getByRole('link', { name: ada.username }).click();
  await expect(page).toHaveURL(`/admin/people/${ada.username}`);
  await page.getByRole('link', { name: 'Change the role' }).click();
  await page.locator('select[name="role"]').selectOption('editor');
  // Longer than a reason may be; what else was chosen stays.
  await field(page, 'reason').fill('well '.repeat(70));
  await send(page, submitButton(page, 'reason'));
  await expectFirstProblem(page, 'reason', /at most 300/);
  await expect(page.locator('select[name="role"]')).toHaveValue('editor');
  await field(page, 'reason').fill('She edits well');
  await send(page, submitButton(page, 'reason'));
  await expect(page.getByRole('status')).toContainText('Role changed: author to editor.');
  await page.goto('/admin/log');
  const entry = page.locator('li.desk-row').filter({ hasText: ada.username }).first();
  await expect(entry).toContainText('Role changed: author to editor');
  await expect(entry).toContainText(`by ${boss.username}`);
  await expect(entry).toContainText('She edits well');
  await entry.getByRole('link', { name: ada.username }).click();
  await expect(page).toHaveURL(`/admin/people/${ada.username}`);

  // Another role is another log-in.
  await stranger.goto('/');
  await expectLoggedOut(stranger);
  await logIn(stranger, ada);
  for (const path of ['/admin', '/admin/log', `/admin/people/${ada.username}`]) {
    expect((await stranger.goto(path))!.status(), path).toBe(404);
    await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('There is nothing here');
  }
});

test('whoever is deactivated is out, and comes back by an administrator', async ({ page, stranger, server }) => {
  const ada = await register(stranger);
  await made(page, server, 'administrator');
  await choose(page, ada, 'Deactivate');
  await send(page, page.getByRole('button', { name: 'Deactivate' }));
  await expect(page.getByRole('status')).toContainText('Deactivated.');
  await expect(page.locator('main')).toContainText('Deactivated: it cannot log in');
  await stranger.goto('/');
  await expectLoggedOut(stranger);
  await tryLogIn(stranger, ada.username, ada.password);
  await expectLoggedOut(stranger);
  expect((await stranger.goto(`/profile/${ada.username}`))!.status()).toBe(404);
  await page.goto(`/admin?q=${ada.username}`);
  await expect(page.locator('li.desk-row')).toContainText('Deactivated');
  await page.goto(`/admin/people/${ada.username}`);
  await page.getByRole('link', { name: 'Undo' }).click();
  await send(page, page.getByRole('button', { name: 'Activate' }));
  await expect(page.getByRole('status')).toContainText('Activated.');
  await expect(page.locator('main')).not.toContainText('it cannot log in');
  await logIn(stranger, ada);
});

test('an administrator logs somebody out everywhere, and nothing else changes for them', async ({ page, stranger, server }) => {
  const ada = await register(stranger);
  await made(page, server, 'administrator');
  await choose(page, ada, 'End all sessions');
  // Thinking better of it does nothing.
  await page.getByRole('link', { name: 'Cancel' }).click();
  await expect(page.locator('main')).toContainText('In 1 browser');
  await page.getByRole('link', { name: 'End all sessions' }).click();
  await send(page, page.getByRole('button', { name: 'End all sessions' }));
  await expect(page.getByRole('status')).toContainText('All sessions ended.');
  await expect(page.locator('main')).toContainText('Nowhere');
  await expect(page.getByRole('link', { name: 'End all sessions' })).toHaveCount(0);
  await stranger.goto('/');
  await expectLoggedOut(stranger);
  await logIn(stranger, ada);
});

test('whoever cannot log in is mailed a link, and nobody else sees it', async ({ page, stranger, server }) => {
  const ada = await register(stranger);
  await made(page, server, 'administrator');
  await choose(page, ada, 'Mail a link for a new password');
  await send(page, page.getByRole('button', { name: 'Mail the link' }));
  await expect(page.getByRole('status')).toContainText('Link for a new password mailed.');
  const link = await server.mailedLink(ada.email);
  expect(await page.content()).not.toContain(link);
  // Until it is used, nothing is different.
  await stranger.goto('/');
  await expectLoggedIn(stranger, ada);
  const renewed = { ...ada, password: `another lamp ${unique()}` };
  await setPassword(stranger, link, renewed.password);
  await logIn(stranger, renewed);
});

test('what administrators do to themselves they are asked about', async ({ page, server }) => {
  const boss = await made(page, server, 'administrator');
  await choose(page, boss, 'End all sessions');
  await send(page, page.getByRole('button', { name: 'End all sessions' }));
  await expectFirstProblem(page, 'sure', /Tick the box/);
  await field(page, 'sure').check();
  await send(page, page.getByRole('button', { name: 'End all sessions' }));
  await expect(page).toHaveURL(/\/login/);
  await expectLoggedOut(page);
  await logIn(page, boss);
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
  await expect(page).toHaveURL(`/profile/${ada.username}`);
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing here');
  await stranger.goto('/articles');
  await expect(deskRow(stranger, article)).toContainText('Draft');
  await expectLoggedIn(stranger, ada);

  // The mail tells why, and leads to the draft, which its author may publish once more.
  const letter = await server.mailedText(ada.email, 'Your article was taken offline');
  expect(letter).toContain('The reason that was given: It is about somebody else');
  await stranger.goto(await server.mailedLink(ada.email, 'article'));
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText(article.title);
  await stranger.getByRole('link', { name: 'Edit' }).click();
  await expect(field(stranger, 'body')).toHaveValue(article.body);
  await send(stranger, editorButton(stranger, 'published'));
  await expect(stranger).toHaveURL(path);
  expect((await page.goto(path))!.status()).toBe(200);
});

test('an author is not offered to take somebody else’s article offline', async ({ page, stranger }) => {
  await register(stranger);
  const path = await publish(stranger, anArticle());
  await register(page);
  await page.goto(path);
  await expect(page.locator('.article-content')).toBeVisible();
  await expect(page.getByText('Take it offline')).toHaveCount(0);
});

/** Nobody else was made an administrator here. */
const alone = test.extend<object, { server: Server }>({
  server: aServer(),
});

alone('the last administrator stays one', async ({ page, server }) => {
  const boss = await made(page, server, 'administrator');
  await choose(page, boss, 'Change the role');
  await page.locator('select[name="role"]').selectOption('author');
  await field(page, 'sure').check();
  await send(page, page.getByRole('button', { name: 'Change the role' }));
  await expectRefusal(page, /Make somebody else an administrator first/);
  await expect(page.locator('select[name="role"]')).toHaveValue('author');
  await choose(page, boss, 'Deactivate');
  await field(page, 'sure').check();
  await send(page, page.getByRole('button', { name: 'Deactivate' }));
  await expectRefusal(page, /Make somebody else an administrator first/);
  await page.goto('/admin');
  await expectLoggedIn(page, boss);
  await expect(page.locator('li.desk-row')).toContainText('administrator');
});
