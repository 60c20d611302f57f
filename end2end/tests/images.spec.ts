// Pictures: by the button, by pasting, by dropping, and without JavaScript.

import { randomBytes } from 'node:crypto';
import type { Page } from '@playwright/test';
import { anArticle, expect, field, fillEditor, register, send, editorButton, submitButton, test } from '../support.ts';

// A PNG of one pixel.
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const DOT = { name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from(PNG, 'base64') };
/** A GIF of one pixel in a colour that no other story has: the same picture twice is one. */
function another() {
  const [red, green, blue] = randomBytes(3);
  const bytes = [0x01, 0, 0x01, 0, 0x80, 0, 0, red!, green!, blue!, 0, 0, 0, 0x2c, 0, 0, 0, 0, 0x01, 0, 0x01, 0, 0, 0x02, 0x02, 0x44, 0x01, 0, 0x3b];
  return { name: 'dot.gif', mimeType: 'image/gif', buffer: Buffer.concat([Buffer.from('GIF89a'), Buffer.from(bytes)]) };
}

const SVG = { name: 'dot.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') };

function text(page: Page) {
  return field(page, 'body');
}

/** Gives the text area a file as the browser does when one is pasted or dropped there. */
async function give(page: Page, kind: 'paste' | 'drop'): Promise<void> {
  await text(page).evaluate((area, [kind, png]) => {
    const bytes = Uint8Array.from(atob(png!), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], 'dot.png', { type: 'image/png' }));
    const event = kind === 'paste'
      ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
      : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
    area.dispatchEvent(event);
  }, [kind, PNG] as const);
}

async function describe(page: Page, alt: string): Promise<void> {
  await page.getByLabel('What does dot.png show?').fill(alt);
  await page.getByRole('button', { name: 'Upload', exact: true }).click();
}

test.describe('with JavaScript', () => {
  test.skip(({ javaScriptEnabled }) => !javaScriptEnabled, 'the page of pictures is for those without');

  test('files may be dropped beside the text, and what is no picture is said to be none', async ({ page }) => {
    await register(page);
    await page.goto('/editor');
    await expect(page.getByLabel('Add a picture')).toBeVisible();
    const taken = await field(page, 'title').evaluate((title) => {
      const data = new DataTransfer();
      data.items.add(new File(['a'], 'a.txt', { type: 'text/plain' }));
      const give = (kind: string) => !title.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
      return [give('dragover'), give('drop')];
    });
    expect(taken).toEqual([true, true]);
    await expect(page.getByText('Only pictures can be put into a text.')).toBeVisible();
  });

  test('a picture on its way is no part of what is saved', async ({ page }) => {
    await register(page);
    await page.goto('/editor');
    await fillEditor(page, anArticle({ body: 'What I wrote.' }));
    await page.route('**/images', () => { /* never answered */ });
    await page.getByLabel('Add a picture').setInputFiles(DOT);
    await describe(page, 'A dot');
    await expect(text(page)).toHaveValue(/Uploading a picture/);
    const kept = page.waitForRequest((request) => (request.postData() ?? '').includes('Words+behind'), { timeout: 15_000 });
    await text(page).press('End');
    await text(page).pressSequentially(' Words behind it.');
    expect((await kept).postData()).not.toContain('Uploading');
  });

  test('a picture that is chosen comes into the text, and is in the article', async ({ page, stranger }) => {
    await register(page);
    await page.goto('/editor');
    await fillEditor(page, anArticle({ body: 'Enough words for it.' }));
    await page.getByLabel('Add a picture').setInputFiles(DOT);
    await describe(page, 'A dot');
    await expect(text(page)).toHaveValue(/!\[A dot\]\(\/images\/[0-9a-f]{32}-1\.webp\)/);
    await expect(text(page)).toHaveValue(/Enough words for it\./);
    await expect(page.getByText('The picture is in your text.')).toBeVisible();
    await send(page, editorButton(page, 'published'));
    await expect(page).toHaveURL(/\/article\//);
    await stranger.goto(page.url());
    const picture = stranger.getByRole('img', { name: 'A dot' });
    await expect(picture).toBeVisible();
    // Its natural width is told in the page's pixels, by `sizes`; that it can be decoded tells that it came.
    expect(await picture.evaluate((img: HTMLImageElement) => img.decode().then(() => img.currentSrc))).toMatch(/-1\.webp$/);
    await expect(picture).toHaveJSProperty('width', 1);
  });

  for (const kind of ['paste', 'drop'] as const) {
    test(`a picture comes into the text by ${kind}`, async ({ page }) => {
      await register(page);
      await page.goto('/editor');
      await expect(page.getByLabel('Add a picture')).toBeVisible();
      await give(page, kind);
      await describe(page, '');
      await expect(text(page)).toHaveValue(/^!\[\]\(\/images\/[0-9a-f]{32}-1\.webp\)$/);
    });
  }

  test('what is no picture is refused in words, and the text stays', async ({ page }) => {
    await register(page);
    await page.goto('/editor');
    await text(page).fill('What I wrote.');
    await page.getByLabel('Add a picture').setInputFiles(SVG);
    await page.getByLabel('What does dot.svg show?').fill('A dot');
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await expect(page.getByText('That is no JPEG, PNG, WebP or GIF picture')).toBeVisible();
    await expect(text(page)).toHaveValue('What I wrote.');
  });

  test('an upload is cancelled, and the text stays', async ({ page }) => {
    await register(page);
    await page.goto('/editor');
    await text(page).fill('What I wrote.');
    await page.route('**/images', () => { /* never answered */ });
    await page.getByLabel('Add a picture').setInputFiles(DOT);
    await describe(page, 'A dot');
    await page.getByRole('button', { name: 'Cancel the upload' }).click();
    await expect(text(page)).toHaveValue('What I wrote.');
  });
});

test('the page of pictures takes, describes and deletes them', async ({ page, context, javaScriptEnabled }) => {
  await register(page);
  await page.goto('/images');
  await page.getByLabel('Picture', { exact: true }).setInputFiles(another());
  await field(page, 'alt').first().fill('A dot');
  await send(page, submitButton(page, 'file'));
  const picture = page.getByRole('listitem').filter({ has: page.getByRole('img', { name: 'A dot' }) });
  await expect(picture.getByLabel('For your article')).toHaveValue(/^!\[A dot\]\(\/images\//);
  const copy = picture.getByRole('button', { name: /^Copy the Markdown/ });
  if (javaScriptEnabled) {
    await copy.click();
    await expect(picture.getByRole('status')).toHaveText('Copied.');
    await context.grantPermissions(['clipboard-read']);
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    await expect(picture.getByLabel('For your article')).toHaveValue(copied);
  } else {
    await expect(copy).toBeHidden();
  }
  await picture.getByLabel('Alternative text').fill('A point');
  await picture.getByRole('button', { name: 'Save the text' }).click();
  await expect(page.getByLabel('For your article')).toHaveValue(/^!\[A point\]/);
  await page.locator('details.danger summary').click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByLabel('For your article')).toHaveCount(0);
});

test('the page of pictures refuses what is none, in words', async ({ page }) => {
  await register(page);
  await page.goto('/images');
  await page.getByLabel('Picture', { exact: true }).setInputFiles(SVG);
  await send(page, submitButton(page, 'file'));
  await expect(page.getByText('That is no JPEG, PNG, WebP or GIF picture')).toBeVisible();
});
