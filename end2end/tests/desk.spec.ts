// The keys of the desk, and the desk without them.

import type { Page } from '@playwright/test';
import { type Article, anArticle, deskRow, expect, register, save, test } from '../support.ts';
import type { Server } from '../server.ts';

const help = (page: Page) => page.locator('details.desk-keys');
const title = (page: Page, { title }: Article) => page.getByRole('link', { name: title, exact: true });

/** A desk with three articles on it, the last written at its head. */
async function aDesk(page: Page, server: Server): Promise<[Article, Article, Article]> {
  await register(page);
  const articles: [Article, Article, Article] = [anArticle(), anArticle(), anArticle()];
  for (const article of articles.toReversed()) await save(page, server, article);
  await page.goto('/articles');
  return articles;
}

test('without JavaScript nothing is said of keys, and the Tab key reaches every article', async ({ page, server }, { project }) => {
  test.skip(project.name !== 'no-javascript', 'the others tell of the keys');
  const [first, second] = await aDesk(page, server);
  await expect(help(page)).toBeHidden();
  await page.locator('.search button').focus();
  await page.keyboard.press('Tab');
  await expect(title(page, first)).toBeFocused();
  // Past its two buttons.
  for (let presses = 0; presses < 3; presses += 1) await page.keyboard.press('Tab');
  await expect(title(page, second)).toBeFocused();
});

test.describe('with a keyboard', () => {
  test.beforeEach(({}, { project }) => {
    test.skip(project.name !== 'desktop', 'keys are those of a keyboard, and of a page that runs');
  });

  test('keys lead from article to article, into the search and to a new one', async ({ page, server }) => {
    const [first, second, third] = await aDesk(page, server);
    await expect(help(page)).toBeVisible();
    await page.keyboard.press('j');
    await expect(title(page, first)).toBeFocused();
    await page.keyboard.press('j');
    await expect(title(page, second)).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect(title(page, third)).toBeFocused();
    // There is none behind it.
    await page.keyboard.press('ArrowDown');
    await expect(title(page, third)).toBeFocused();
    await page.keyboard.press('k');
    await expect(title(page, second)).toBeFocused();
    await page.keyboard.press('End');
    await expect(title(page, third)).toBeFocused();
    await page.keyboard.press('Home');
    await expect(title(page, first)).toBeFocused();
    // From whatever has the focus in a row.
    await deskRow(page, first).getByRole('button').focus();
    await page.keyboard.press('ArrowDown');
    await expect(title(page, second)).toBeFocused();
    await page.keyboard.press('?');
    await expect(help(page).locator('dl')).toBeVisible();
    await expect(help(page).locator('summary')).toBeFocused();

    await page.keyboard.press('/');
    await expect(page.locator('#q')).toBeFocused();
    await page.keyboard.type('j/n?k');
    await expect(page.locator('#q')).toHaveValue('j/n?k');
    await expect(page).toHaveURL('/articles');
    await page.locator('.search button').focus();
    await page.keyboard.press('Control+j');
    await expect(page.locator('.search button')).toBeFocused();

    await title(page, second).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(second.title);
    await page.goto('/articles');
    await expect(help(page)).toBeVisible();
    await page.keyboard.press('n');
    await expect(page).toHaveURL('/editor');
  });

  test('keys of one character are switched off, and stay off; arrows work in the list', async ({ page, server }) => {
    const [first, second] = await aDesk(page, server);
    await help(page).locator('summary').click();
    await page.getByLabel('Keys of one character work on this page').uncheck();
    await page.reload();
    await help(page).locator('summary').click();
    await expect(page.getByLabel('Keys of one character work on this page')).not.toBeChecked();
    await title(page, first).focus();
    for (const key of ['j', '/', '?', 'n']) await page.keyboard.press(key);
    await expect(title(page, first)).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect(title(page, second)).toBeFocused();
    await expect(page).toHaveURL('/articles');
  });

  test('what is deleted has no page: the focus goes to what can be done about it', async ({ page, server }) => {
    const [first] = await aDesk(page, server);
    await deskRow(page, first).getByRole('button', { name: 'Delete' }).click();
    await page.goto('/articles?tab=deleted');
    await expect(help(page)).toBeVisible();
    await page.keyboard.press('j');
    await expect(page.getByRole('button', { name: `Restore ${first.title}` })).toBeFocused();
  });
});
