// The life of an article, on its author's desk: with JavaScript and without.

import {
  anArticle, deskRow, editorButton, expect, field, fillEditor, publish, register, saveDraft, send, test,
} from '../support.ts';

test('an article is scheduled in the editor, and nobody sees it before', async ({ page, stranger }) => {
  await register(page);
  const article = anArticle();
  await page.goto('/editor');
  await fillEditor(page, article);
  await page.locator('details.more summary').click();
  await field(page, 'publish_at').fill('2099-01-31T08:00');
  await send(page, editorButton(page, 'published'));

  await expect(page).toHaveURL('/articles?tab=scheduled');
  await expect(deskRow(page, article)).toContainText('Scheduled');
  const path = await deskRow(page, article).getByRole('link', { name: article.title, exact: true }).getAttribute('href');
  expect((await stranger.goto(path!))!.status()).toBe(404);

  // The time is the one that was typed, by whichever clock.
  await page.goto(path!.replace('article', 'editor'));
  await page.locator('details.more summary').click();
  await expect(field(page, 'publish_at')).toHaveValue('2099-01-31T08:00');
});

test('another address leads on from the former one', async ({ page, stranger }) => {
  await register(page);
  const path = await publish(page, anArticle());
  const wanted = `moved-${path.split('-').at(-1)}`;
  await page.goto(path.replace('article', 'editor'));
  await page.locator('details.more summary').click();
  await field(page, 'slug_wanted').fill(wanted);
  await send(page, editorButton(page, 'published'));
  await expect(page).toHaveURL(`/article/${wanted}`);
  await stranger.goto(path);
  await expect(stranger).toHaveURL(`/article/${wanted}`);
});

test('what an article said before is shown and brought back', async ({ page }) => {
  await register(page);
  const article = anArticle();
  const path = await saveDraft(page, article);
  await page.goto(path.replace('article', 'editor'));
  await field(page, 'body').fill('The fog stayed for a week.');
  await send(page, editorButton(page, 'published'));

  await page.goto(path.replace('article', 'editor'));
  await page.locator('details.more summary').click();
  await page.getByRole('link', { name: 'Earlier versions' }).click();
  const versions = page.locator('.desk-row');
  await expect(versions).toHaveCount(2);
  await versions.first().getByRole('link').click();
  // Word by word: what stands on both sides of it is not marked.
  await expect(page.locator('.difference').last().locator('.added').filter({ hasText: 'stayed' })).toBeVisible();
  await versions.last().getByRole('link').click();
  await expect(page.locator('#one-version')).toContainText('Saved');
  await send(page, page.getByRole('button', { name: 'Restore this version' }));
  await expect(field(page, 'body')).toHaveValue(article.body);
});

test('the desk says what to do where there is nothing, and finds words', async ({ page }) => {
  await register(page);
  await page.goto('/articles?tab=drafts');
  await expect(page.locator('.empty-feed-message')).toContainText('No drafts');
  const article = anArticle();
  await saveDraft(page, article);
  await page.goto('/articles?q=nowhere-at-all');
  await expect(page.locator('.empty-feed-message')).toBeVisible();
  await page.locator('#q').fill(article.title);
  await page.locator('#q').press('Enter');
  await expect(deskRow(page, article)).toHaveCount(1);
  await expect(page.locator('.desk-tabs a[aria-current="page"]')).toHaveText('All (1)');
});
