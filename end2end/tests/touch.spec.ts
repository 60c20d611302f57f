// A thumb, and nothing else: the stories run on a phone's screen too, and here it is touched.

import type { Locator, Page } from '@playwright/test';
import { anArticle, expect, expectLoggedIn, expectLoggedOut, field, logOut, register, submitButton, test, editorButton, unique } from '../support.ts';

test('with a thumb a person logs in, writes, reads, searches and logs out', async ({ page, hasTouch }) => {
  test.skip(!hasTouch, 'there is nothing to touch');
  test.slow();
  const ada = await register(page);
  await logOut(page);
  await page.goto('/');

  await tap(page, page.locator('.navbar').getByRole('link', { name: 'Log in' }));
  await expect(page).toHaveURL('/login');
  await type(page, 'email', ada.username);
  await type(page, 'password', ada.password);
  await tap(page, submitButton(page, 'password'));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);

  const word = `lighthouse${unique()}`;
  const article = anArticle({ title: `The ${word}` });
  await tap(page, page.locator('.navbar').getByRole('link', { name: 'Write' }));
  await expect(page).toHaveURL('/editor');
  for (const name of ['title', 'description', 'body', 'tags'] as const) await type(page, name, article[name]);
  await tap(page, editorButton(page, 'published'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);

  await tap(page, page.locator('.navbar-brand'));
  await tap(page, page.getByRole('link', { name: article.title }));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
  await tap(page, page.locator('.tag-list a').first());
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Articles on harbour');

  await tap(page, page.locator('.navbar').getByRole('link', { name: 'Search' }));
  await type(page, 'q', word.slice(0, 12));
  await tap(page, submitButtonOfSearch(page));
  await tap(page, page.locator('.preview-link').first());
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);

  await tap(page, page.locator('.navbar').getByRole('link', { name: 'Settings' }));
  await tap(page, page.locator('main').getByRole('button', { name: 'Log out' }));
  await expectLoggedOut(page);
});

function submitButtonOfSearch(page: Page): Locator {
  return page.getByRole('search').getByRole('button', { name: 'Search' });
}

/** Touches it, on a page that fits the screen and does not slide away under the thumb. */
async function tap(page: Page, what: Locator): Promise<void> {
  await expect(what).toBeVisible();
  const { width, screen } = await page.evaluate(() => ({ width: document.scrollingElement!.scrollWidth, screen: window.screen.width }));
  expect(width, page.url()).toBeLessThanOrEqual(screen);
  await what.tap();
}

async function type(page: Page, name: string, text: string): Promise<void> {
  await tap(page, field(page, name));
  await expect(field(page, name)).toBeFocused();
  await page.keyboard.type(text);
}
