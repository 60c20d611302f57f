import { readFile } from 'node:fs/promises';
import { anArticle, expect, publish, register, test } from '../support.ts';

test('a person imports their own download again, and is told that all of it is there', async ({ page }) => {
  await register(page);
  await publish(page, anArticle());
  await page.goto('/settings/data');
  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download everything' }).click();
  const zip = { name: 'mine.zip', mimeType: 'application/zip', buffer: await readFile(await (await coming).path()) };

  await page.locator('main').getByRole('link', { name: 'Import articles from a file' }).click();
  await expect(page).toHaveURL('/settings/data/import');
  await page.getByLabel('File').setInputFiles(zip);
  await page.getByRole('button', { name: 'Check the file first' }).click();
  await expect(page.getByRole('status').filter({ hasText: '0 would be imported, 1 there already, 0 left out.' })).toBeVisible();
  await page.getByLabel('File').setInputFiles(zip);
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: '0 imported, 1 there already, 0 left out.' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'What was imported' })).toBeVisible();
});
