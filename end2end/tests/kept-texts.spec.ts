// What was typed and not saved is there where it is looked for, and is nobody else's.

import type { Page, Route } from '@playwright/test';
import { cutOff, open, saved, state, write } from '../editing.ts';
import {
  anArticle, deskRow, editorButton, expect, field, holdWasm, publish, register, save, saveDraft, send, submitButton, test, unique,
} from '../support.ts';

test.beforeEach(({}, { project }) => {
  test.skip(project.name === 'no-javascript', 'a page that runs nothing keeps nothing');
});

const SAVES = '**/rpc/keep-text';

/** The server gets what is saved, and the browser no answer until it is let go. */
async function holdAnswers(page: Page): Promise<{ stored: Promise<void>; release: () => void }> {
  let release = () => {};
  let isStored = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const stored = new Promise<void>((resolve) => (isStored = resolve));
  await page.route(SAVES, async (route: Route) => {
    const response = await route.fetch();
    isStored();
    await released;
    // The page may be gone by then.
    await route.fulfill({ response }).catch(() => {});
  }, { times: 1 });
  return { stored, release };
}

/** Types at the end of the text. */
async function goOn(page: Page, words: string): Promise<void> {
  await field(page, 'body').focus();
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.type(words);
}

const noConflict = (page: Page) => expect(page.getByRole('heading', { name: 'Two versions' })).toHaveCount(0);

test('an article that is begun beside another one in a second tab is an article of its own', async ({ page, context }) => {
  await register(page);
  const reconnect = await cutOff(page);
  const first = await write(page, anArticle({ title: `The first ${unique()}` }));
  await expect(state(page)).toContainText('Offline', { timeout: 15_000 });
  const second = await context.newPage();
  await open(second);
  await second.getByRole('button', { name: 'Use the saved text instead' }).click();
  await expect(field(second, 'title')).toHaveValue('');
  const another = anArticle({ title: `Something different ${unique()}` });
  await field(second, 'title').fill(another.title);
  await field(second, 'body').fill(another.body);
  await saved(second);
  await reconnect();
  await goOn(page, ' And more of the first.');
  await saved(page);
  await noConflict(page);
  await page.goto('/articles');
  await expect(deskRow(page, first)).toHaveCount(1);
  await expect(deskRow(page, another)).toHaveCount(1);
});

test('what was typed during the first save is where the article is edited, after a crash', async ({ page, context }) => {
  await register(page);
  const { stored, release } = await holdAnswers(page);
  const article = await write(page);
  await stored;
  await goOn(page, ' The later words.');
  await page.close();
  release();
  const again = await context.newPage();
  await open(again);
  await expect(field(again, 'body')).toHaveValue('');
  await again.goto('/articles');
  await deskRow(again, article).getByRole('link', { name: `Edit ${article.title}` }).click();
  await expect(field(again, 'body')).toHaveValue(`${article.body} The later words.`);
  await expect(again.locator('.restored')).toContainText('Restored what you typed here at');
  await saved(again);
  await noConflict(again);
});

test('a reload while a save is under way is no conflict with oneself', async ({ page }) => {
  await register(page);
  page.on('dialog', (dialog) => void dialog.accept());
  const path = (await saveDraft(page, anArticle())).replace('article', 'editor');
  await open(page, path);
  const { stored, release } = await holdAnswers(page);
  await goOn(page, ' One.');
  await stored;
  await goOn(page, ' Two.');
  await page.reload();
  release();
  await expect(field(page, 'body')).toHaveValue(/ One\. Two\.$/);
  await saved(page);
  await noConflict(page);
});

test('what was typed while the article went out is kept beside it, and is no conflict', async ({ page }) => {
  await register(page);
  const path = (await publish(page, anArticle())).replace('article', 'editor');
  await open(page, path);
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/rpc/save-article', async (route) => {
    await released;
    await route.continue();
  });
  await goOn(page, ' Published.');
  await editorButton(page, 'published').click();
  await goOn(page, ' Too late.');
  const kept = page.waitForResponse((response) => response.url().endsWith('/rpc/keep-text') && response.ok());
  release();
  await expect(page).toHaveURL(/\/article\//);
  await expect(page.locator('.article-content')).toContainText('Published.');
  await expect(page.locator('.article-content')).not.toContainText('Too late.');
  await kept;
  await open(page, path);
  await expect(field(page, 'body')).toHaveValue(/ Published\. Too late\.$/);
  await noConflict(page);
});

test('what was typed before a deletion is there once that is taken back', async ({ page }) => {
  await register(page);
  page.on('dialog', (dialog) => void dialog.accept());
  const path = (await saveDraft(page, anArticle())).replace('article', 'editor');
  await open(page, path);
  await page.getByText('Delete this article').click();
  await cutOff(page);
  await goOn(page, ' The last words.');
  await send(page, page.getByRole('button', { name: 'Delete', exact: true }));
  await expect(page.getByText('The article is deleted.')).toBeVisible();
  await page.unroute(SAVES);
  await send(page, page.getByRole('button', { name: 'Undo' }));
  await open(page, path);
  await expect(field(page, 'body')).toHaveValue(/ The last words\.$/);
  await saved(page);
  await noConflict(page);
});

test('a text is there after any number of reloads, also where there is room for one', async ({ page }) => {
  await register(page);
  await cutOff(page);
  page.on('dialog', (dialog) => void dialog.accept());
  const long = 'A long text. '.repeat(8_000);
  await write(page, anArticle({ body: long }));
  await expect(state(page)).toContainText('Kept in this browser', { timeout: 15_000 });
  await page.evaluate(() => {
    for (let size = 1 << 23; size > 0; size >>= 1) {
      try {
        localStorage.setItem(`full-${size}`, 'x'.repeat(size));
      } catch {
        // Half of it may fit.
      }
    }
  });
  for (let times = 0; times < 3; times += 1) {
    await page.reload();
    await expect(page.locator('.restored')).toContainText('Restored');
    await expect(field(page, 'body')).toHaveValue(long);
  }
  await page.evaluate(() => localStorage.clear());
});

test('what was chosen before the application came is kept as well', async ({ page }) => {
  await register(page);
  const path = (await saveDraft(page, anArticle({ visibility: 'public' }))).replace('article', 'editor');
  const release = await holdWasm(page);
  await page.goto(path, { waitUntil: 'commit' });
  await page.getByLabel('Members: whoever is logged in').check();
  await page.getByText('More settings').click();
  await field(page, 'language').fill('nl');
  await release();
  await saved(page);
  await page.reload();
  await expect(page.getByLabel('Members: whoever is logged in')).toBeChecked();
  await expect(field(page, 'language')).toHaveValue('nl');
});

test('an editor that was opened and left alone saves nothing', async ({ page, server }) => {
  await register(page);
  const article = { ...anArticle(), publish_at: '2099-03-04T08:00', zone: '0' };
  await save(page, server, article, 'published');
  await page.goto('/articles?tab=scheduled');
  await deskRow(page, article).getByRole('link', { name: `Edit ${article.title}` }).click();
  await expect(page.getByRole('button', { name: 'Preview' })).toBeVisible();
  await field(page, 'title').focus();
  await expect(state(page)).toHaveText('');
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('byline-text')))).toEqual([]);
});

test('a draft that was renamed in another tab is found under its new address, with what was typed here', async ({ page, context }) => {
  await register(page);
  page.on('dialog', (dialog) => void dialog.accept());
  const path = (await saveDraft(page, anArticle())).replace('article', 'editor');
  await open(page, path);
  const other = await context.newPage();
  await open(other, path);
  const title = `Renamed ${unique()}`;
  await field(other, 'title').fill(title);
  await saved(other);
  await cutOff(page);
  await goOn(page, ' Mine alone.');
  await expect(state(page)).toContainText('Offline', { timeout: 15_000 });
  await page.reload();
  await expect(page).toHaveURL(/\/editor\/renamed/);
  await expect(field(page, 'body')).toHaveValue(/ Mine alone\.$/);
});

test('what is wrong in a field that is folded away is shown', async ({ page }) => {
  await register(page);
  await write(page);
  await page.getByText('More settings').click();
  await field(page, 'slug_wanted').fill('No Good');
  await expect(state(page)).toContainText('not saved: Address: Use lower-case letters', { timeout: 15_000 });
  await page.getByText('More settings').click();
  await expect(field(page, 'slug_wanted')).toBeHidden();
  await editorButton(page, 'published').click();
  await expect(field(page, 'slug_wanted')).toBeFocused();
});

test('a comment that is being written is there after a reload, until it is posted', async ({ page }) => {
  await register(page);
  const path = await publish(page, anArticle());
  await page.goto(path, { waitUntil: 'networkidle' });
  await field(page, 'comment').fill('A thought that took long.');
  await page.reload();
  await expect(field(page, 'comment')).toHaveValue('A thought that took long.');
  await page.goto('/');
  await page.goto(path);
  await expect(field(page, 'comment')).toHaveValue('A thought that took long.');
  await send(page, submitButton(page, 'comment'));
  await expect(page.locator('.comment')).toContainText('A thought that took long.');
  // It is forgotten once the application is there.
  await page.waitForLoadState('networkidle');
  await expect(field(page, 'comment')).toHaveValue('');
  await page.goto(path, { waitUntil: 'networkidle' });
  await expect(field(page, 'comment')).toHaveValue('');
});
