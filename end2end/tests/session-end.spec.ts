// A session that ends while its page is open: the page notices, and no text is lost.

import type { Page } from '@playwright/test';
import {
  anArticle, editorButton, expect, expectLoggedIn, expectLoggedOut, field, fillEditor, logIn, publish, register, send,
  submitButton, test,
} from '../support.ts';

test.skip(({ javaScriptEnabled }) => javaScriptEnabled === false, 'a page that runs nothing asks nothing');

/** Opens the editor, and writes once the application has taken it over. */
async function write(page: Page, article = anArticle()) {
  await page.goto('/editor');
  await page.waitForLoadState('networkidle');
  await fillEditor(page, article);
  return article;
}

/** Ends every session of that person but the one of this browser. */
async function endOthers(page: Page): Promise<void> {
  await page.goto('/settings/security');
  await send(page, page.getByRole('button', { name: 'End all others' }));
}

/** The tab comes to the front, and so asks at once. */
async function comeBack(page: Page): Promise<void> {
  await expect(async () => {
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await expect(loggedOut(page)).toBeVisible({ timeout: 1000 });
  }).toPass();
}

const loggedOut = (page: Page) => page.getByRole('dialog', { name: 'You are logged out' });

test('an ended session takes the page away, and whoever logs in again goes on writing', async ({ page, stranger }) => {
  const ada = await register(page);
  const article = await write(page);
  await logIn(stranger, ada);
  await endOthers(stranger);

  await comeBack(page);
  const left = await page.evaluate(() => document.documentElement.outerHTML);
  for (const secret of [ada.username, ada.email, article.title, article.body]) {
    expect(left).not.toContain(secret);
  }
  await expect(field(page, 'body')).toHaveCount(0);
  await expect(field(page, 'email')).toBeFocused();

  await field(page, 'email').fill(ada.username);
  await field(page, 'password').fill('not the right password');
  await send(page, submitButton(page, 'password'));
  await expect(page.getByRole('alert')).toContainText('do not belong together');

  await field(page, 'password').fill(ada.password);
  await send(page, submitButton(page, 'password'));
  await expect(loggedOut(page)).toHaveCount(0);
  await expect(field(page, 'title')).toHaveValue(article.title);
  await expect(field(page, 'body')).toHaveValue(article.body);
  await expectLoggedIn(page, ada);
  await send(page, editorButton(page, 'published'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
});

test('what was open above the page is closed when it comes back', async ({ page, stranger }) => {
  const ada = await register(page);
  const article = await write(page);
  await page.getByRole('button', { name: 'Choose from your pictures' }).click();
  const chooser = page.getByRole('dialog', { name: 'Choose from your pictures' });
  await expect(chooser).toContainText('No pictures yet.');
  await logIn(stranger, ada);
  await endOthers(stranger);
  await comeBack(page);
  await expect(chooser).toHaveCount(0);
  await field(page, 'email').fill(ada.username);
  await field(page, 'password').fill(ada.password);
  await send(page, submitButton(page, 'password'));
  await expect(field(page, 'body')).toHaveValue(article.body);
  await expect(chooser).toBeHidden();
});

test('whoever was writing is where they were when the page comes back', async ({ page, stranger }) => {
  const ada = await register(page);
  await write(page);
  const body = field(page, 'body');
  await body.fill(Array.from({ length: 300 }, (_, n) => `Line ${n}.`).join('\n'));
  await body.press('ControlOrMeta+End');
  const place = () => body.evaluate((area: HTMLTextAreaElement) => [area.selectionStart, area.scrollTop, window.scrollY]);
  const before = await place();
  expect(before[1]! + before[2]!).toBeGreaterThan(0);
  await logIn(stranger, ada);
  await endOthers(stranger);
  await comeBack(page);
  await field(page, 'email').fill(ada.username);
  await field(page, 'password').fill(ada.password);
  await send(page, submitButton(page, 'password'));
  await expect(body).toBeFocused();
  expect(await place()).toEqual(before);
  await page.keyboard.type(' The end.');
  await expect(body).toHaveValue(/Line 299\. The end\.$/);
});

test('a log-in in another tab brings the page back as well', async ({ page, stranger, context }) => {
  const ada = await register(page);
  const article = await write(page);
  await logIn(stranger, ada);
  await endOthers(stranger);
  await comeBack(page);

  const tab = await context.newPage();
  await logIn(tab, ada);
  await tab.close();
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expect(field(page, 'body')).toHaveValue(article.body);
});

test('who was reading comes back to what they were about to say, or reads on as a stranger', async ({ page, stranger }) => {
  const ada = await register(page);
  const article = anArticle();
  const path = await publish(page, article);
  await page.goto(path);
  await page.waitForLoadState('networkidle');
  await field(page, 'comment').fill('What I was about to say.');
  await logIn(stranger, ada);
  await endOthers(stranger);
  await comeBack(page);
  expect(await page.content()).not.toContain('What I was about to say.');

  await field(page, 'email').fill(ada.username);
  await field(page, 'password').fill(ada.password);
  await send(page, submitButton(page, 'password'));
  await expect(loggedOut(page)).toHaveCount(0);
  await expect(field(page, 'comment')).toHaveValue('What I was about to say.');
  await send(page, submitButton(page, 'comment'));
  await expect(page.locator('.comment')).toContainText('What I was about to say.');

  await endOthers(stranger);
  await comeBack(page);
  await page.getByRole('link', { name: 'Go on without logging in' }).click();
  await expect(page).toHaveURL(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
  await expectLoggedOut(page);
});

test('whoever else logs in finds nothing of it', async ({ page, stranger }) => {
  const ada = await register(page);
  const article = await write(page);
  await logIn(stranger, ada);
  await endOthers(stranger);
  await comeBack(page);
  await stranger.context().clearCookies();
  const eve = await register(stranger);

  await field(page, 'email').fill(eve.username);
  await field(page, 'password').fill(eve.password);
  await send(page, submitButton(page, 'password'));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, eve);
  await page.goto('/editor');
  await expect(field(page, 'title')).toHaveValue('');
  await expect(field(page, 'body')).toHaveValue('');
  expect(await page.content()).not.toContain(article.title);
});

test('an open page notices by itself within seconds', async ({ page, stranger }) => {
  const ada = await register(page);
  await write(page);
  await logIn(stranger, ada);
  await endOthers(stranger);
  await expect(loggedOut(page)).toBeVisible({ timeout: 20_000 });
});
