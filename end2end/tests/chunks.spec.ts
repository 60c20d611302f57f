// The code of a page comes in chunks of its own. One that does not come, because the network
// failed or the site was upgraded meanwhile, costs nobody the page.

import type { Page } from '@playwright/test';
import {
  anArticle, aPerson, editorButton, expect, expectLoggedIn, fillEditor, fillRegistration, preview, publish, register,
  send, submitButton, test as base,
} from '../support.ts';

const test = base.extend({
  // The browser says of each chunk that it did not come, as it should.
  quietPage: async ({}, use) => use(),
});

/** The chunks of some pages fail from now on. Returns the number of those that were asked for. */
async function loseChunks(page: Page, group: 'account' | 'reading' | 'writing' | 'strength'): Promise<() => number> {
  let lost = 0;
  await page.route(new RegExp(`/pkg/split_${group}\\.`), async (route) => {
    lost += 1;
    await route.abort();
  });
  return () => lost;
}

async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
}

test.beforeEach(({}, { project }) => {
  test.skip(project.name !== 'desktop', 'a matter of the script and not of the screen');
});

test('a first visit without its chunk is the page as it was served', async ({ page, stranger }) => {
  await register(stranger);
  const article = anArticle();
  const path = await publish(stranger, article);
  const lost = await loseChunks(page, 'reading');
  await page.goto(path);
  await settle(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
  await expect(page.locator('.article-content')).toContainText('early');
  await expect(page).toHaveTitle(`${article.title} · Byline`);
  expect(lost()).toBeGreaterThan(0);
  // Its links lead where they say.
  await page.locator('.navbar').getByRole('link', { name: 'Log in' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Log in');
});

test('a link that is followed before the page’s code has come leads where it says', async ({ page, stranger }) => {
  await register(page);
  const oldest = anArticle();
  await publish(page, oldest);
  for (let count = 0; count < 10; count++) await publish(page, anArticle());

  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const asked = stranger.waitForRequest(/\/pkg\/split_reading\./);
  await stranger.route(/\/pkg\/split_reading\./, async (route) => {
    await held;
    // The document that asked for it may be gone.
    await route.continue().catch(() => undefined);
  });
  // The router is there: it was the one to ask for the page's code.
  await stranger.goto('/');
  await asked;
  await stranger.locator('.pagination').getByRole('link', { name: '2' }).first().click();
  await stranger.waitForURL('/?page=2', { waitUntil: 'commit' });
  letGo();
  await expect(preview(stranger, oldest)).toHaveCount(1);
  await settle(stranger);
  await expect(preview(stranger, oldest)).toHaveCount(1);

  // From then on the router goes from page to page, and loads no document.
  await stranger.evaluate(() => Object.assign(window, { sameDocument: true }));
  await stranger.locator('.pagination').getByRole('link', { name: '1' }).first().click();
  await expect(stranger).toHaveURL('/');
  await expect(preview(stranger, oldest)).toHaveCount(0);
  expect(await stranger.evaluate(() => 'sameDocument' in window)).toBe(true);
});

test('a form without its chunk is sent as a plain form', async ({ page }) => {
  const lost = [await loseChunks(page, 'account'), await loseChunks(page, 'writing')];
  const ada = aPerson();
  await page.goto('/register');
  await settle(page);
  const sent = page.waitForRequest((request) => request.method() === 'POST');
  await fillRegistration(page, ada);
  await submitButton(page, 'email_again').click();
  expect(new URL((await sent).url()).pathname).toBe('/register');
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);

  const article = anArticle();
  await page.goto('/editor');
  await settle(page);
  await fillEditor(page, article);
  await send(page, editorButton(page, 'published'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
  for (const number of lost) expect(number()).toBeGreaterThan(0);
});

test('a refused form without its chunk comes back with what was typed', async ({ page }) => {
  await loseChunks(page, 'account');
  const ada = aPerson();
  await page.goto('/register');
  await settle(page);
  await fillRegistration(page, { ...ada, username: '-begins-with-a-hyphen' });
  await send(page, submitButton(page, 'email_again'));
  await settle(page);
  await expect(page.locator('[name="username"]')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('[name="email"]')).toHaveValue(ada.email);
});

test('a navigation to a page without its chunk loads the document', async ({ page }) => {
  const lost = await loseChunks(page, 'account');
  const documents: string[] = [];
  page.on('request', (request) => {
    if (request.isNavigationRequest()) documents.push(new URL(request.url()).pathname);
  });
  await page.goto('/');
  await settle(page);
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await page.getByRole('link', { name: 'Log in' }).first().click();
  await expect(page).toHaveURL('/login');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Log in');
  await settle(page);
  expect(await page.evaluate(() => 'sameDocument' in window)).toBe(false);
  // Once, and not again and again: the second time the page is being hydrated.
  expect(documents).toEqual(['/', '/login']);
  expect(lost()).toBeGreaterThan(0);
});

test('without the chunk that judges passwords nothing is said of one, and the form is sent', async ({ page }) => {
  const lost = await loseChunks(page, 'strength');
  const ada = aPerson();
  await page.goto('/register');
  await settle(page);
  await fillRegistration(page, ada);
  await expect.poll(lost).toBeGreaterThan(0);
  await expect(page.locator('.strength')).toBeEmpty();
  await send(page, submitButton(page, 'email_again'));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
});
