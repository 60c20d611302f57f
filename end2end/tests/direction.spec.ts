// What is written from right to left stands so wherever it is typed or shown, on pages that are
// written from left to right.

import type { Locator } from '@playwright/test';
import { anArticle, expect, field, register, save, send, submitButton, test, unique } from '../support.ts';

const runsLeft = (element: Locator) => expect(element.first()).toHaveCSS('direction', 'rtl');

test('what is written in Arabic runs from right to left, typed and shown', async ({ page, server, javaScriptEnabled }) => {
  const ada = await register(page);
  const tag = `ميناء-${unique()}`;
  const arabic = (title: string) => anArticle({ title, description: 'ما بدت عليه القوارب', body: 'جاء الضباب مبكرا في ذلك اليوم.', tags: tag });
  const [before, path] = [await save(page, server, arabic('الضباب')), await save(page, server, arabic('نزهة عند الميناء'))];
  await page.goto('/settings');
  await field(page, 'bio').fill('أكتب عن القوارب.');
  await runsLeft(field(page, 'bio'));
  await send(page, submitButton(page, 'bio'));
  await expect(page).toHaveURL(`/profile/${ada.username}`);
  await runsLeft(page.locator('.user-info .bio'));
  await runsLeft(page.locator('.article-preview h2'));
  await runsLeft(page.locator('.article-preview .description'));

  await page.goto(path);
  await runsLeft(page.getByRole('heading', { level: 1 }));
  await runsLeft(page.locator('.article-content'));
  await runsLeft(page.locator('.tag-pill a'));
  await runsLeft(page.locator(`.neighbours a[href="${before}"] bdi`));
  await field(page, 'comment').fill('قصة جميلة.');
  await runsLeft(field(page, 'comment'));
  await send(page, submitButton(page, 'comment'));
  await runsLeft(page.locator('.comment-text'));

  await page.goto(path.replace('article', 'editor'));
  for (const name of ['title', 'description', 'body']) await runsLeft(field(page, name));
  if (javaScriptEnabled) {
    await runsLeft(page.locator('.tags .tag-pill bdi'));
    await page.getByRole('button', { name: 'Preview' }).click();
    await expect(page.locator('.preview .article-content')).toContainText('الضباب');
    await runsLeft(page.locator('.preview .article-content'));
  }
  await page.goto('/articles?q=الضباب');
  await runsLeft(field(page, 'q'));
  await runsLeft(page.locator('.desk-row > div'));
  await page.goto('/search?q=الضباب');
  await runsLeft(field(page, 'q'));
  await runsLeft(page.locator('.article-preview h2'));
  await page.goto(`/tag/${encodeURIComponent(tag)}`);
  await runsLeft(page.locator('h1 em'));
  await page.goto('/tags');
  await runsLeft(page.getByRole('link', { name: tag }));
});
