// How the stories write where a script runs: the editor saves by itself, and says so.

import { expect, type Page } from '@playwright/test';
import { anArticle, type Article, fillEditor } from './support.ts';

/** What the writer is told of the saving. */
export const state = (page: Page) => page.locator('.save-state');

/** Opens a page of the editor, once the application has taken it over. */
export async function open(page: Page, path = '/editor'): Promise<void> {
  await page.goto(path);
  await expect(page.getByRole('button', { name: 'Preview' })).toBeVisible();
}

/** Opens the editor and writes there. */
export async function write(page: Page, article = anArticle()): Promise<Article> {
  await open(page);
  await fillEditor(page, article);
  return article;
}

/** Leaves every request for a save unanswered from now on, as a broken network does. */
export async function cutOff(page: Page): Promise<() => Promise<void>> {
  const saves = '**/rpc/keep-text';
  await page.route(saves, (route) => route.abort());
  return () => page.unroute(saves);
}

export async function saved(page: Page): Promise<void> {
  await expect(state(page)).toHaveText(/^Saved \d\d:\d\d$/, { timeout: 15_000 });
}
