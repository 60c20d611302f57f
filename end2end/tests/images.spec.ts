// Pictures in the text, at the head of an article and of oneself: by the button, by pasting, by
// dropping, from those that were uploaded before, and without JavaScript.

import { randomBytes } from 'node:crypto';
import type { Locator, Page } from '@playwright/test';
import type { Server } from '../server.ts';
import {
  anArticle, expect, field, fillEditor, openHydrated, register, send, editorButton, submitButton, test,
} from '../support.ts';

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

/** What is told of a picture that is none. */
const NO_PICTURE = 'That is no JPEG, PNG, WebP or GIF picture';

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
    await expect(page.getByText(NO_PICTURE)).toBeVisible();
    await expect(text(page)).toHaveValue('What I wrote.');
  });

  test('whoever describes a picture writes on behind it, and can undo what they typed', async ({ page }) => {
    await register(page);
    await page.goto('/editor');
    await expect(page.getByLabel('Add a picture')).toBeVisible();
    const answers: (() => void)[] = [];
    await page.route('**/images', async (route) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      await route.continue();
    });
    await field(page, 'title').pressSequentially('A title');
    await text(page).click();
    await page.keyboard.type('Before. ');
    await give(page, 'paste');
    await page.getByLabel('What does dot.png show?').fill('A dot');
    await page.keyboard.press('Enter');
    await expect(text(page)).toBeFocused();
    await page.keyboard.type(' Behind.');
    await field(page, 'description').focus();
    await expect.poll(() => answers.length).toBe(1);
    answers[0]!();
    await expect(text(page)).toHaveValue(/^Before\. !\[A dot\]\(\/images\/\S+\) Behind\.$/);
    // Whoever is elsewhere by then stays there.
    await expect(field(page, 'description')).toBeFocused();
    await text(page).focus();
    await page.keyboard.press('ControlOrMeta+z');
    await page.keyboard.press('ControlOrMeta+z');
    await expect(text(page)).not.toHaveValue(/Behind/);
    await expect(field(page, 'title')).toHaveValue('A title');
  });

  test('an article is published with the picture that is on its way to it', async ({ page }) => {
    await register(page);
    await page.goto('/editor');
    await fillEditor(page, anArticle({ body: 'Enough words for it.' }));
    const answers: (() => void)[] = [];
    await page.route('**/images', async (route) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      await route.continue();
    });
    await page.getByLabel('Add a picture').setInputFiles(another());
    await page.getByLabel('What does dot.gif show?').fill('A dot on its way');
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await expect.poll(() => answers.length).toBe(1);
    await editorButton(page, 'published').click();
    await expect(page.locator('.save-state')).toHaveText('Goes on as soon as the picture is uploaded');
    answers[0]!();
    await expect(page).toHaveURL(/\/article\//);
    await expect(page.getByRole('img', { name: 'A dot on its way' })).toBeVisible();
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

const ADDRESS = /^\/images\/[0-9a-f]{32}-1\.webp$/;

/** The picture comes, and is not only asked for. */
async function expectPicture(picture: Locator, address: string): Promise<void> {
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((img: HTMLImageElement) => img.decode().then(() => new URL(img.currentSrc).pathname))).toBe(address);
}

test.describe('a cover, with JavaScript', () => {
  test.skip(({ javaScriptEnabled }) => !javaScriptEnabled, 'without there is its address, on the page of pictures');

  const shown = (page: Page) => page.getByRole('img', { name: 'The cover as it is chosen' });

  test('is a file that is chosen: it is shown, kept, and at the head of the article', async ({ page, stranger }) => {
    await register(page);
    await page.goto('/editor');
    await fillEditor(page, anArticle());
    await expect(shown(page)).toHaveCount(0);
    const kept = page.waitForRequest((request) => request.url().endsWith('/rpc/keep-text') && request.postData()!.includes('cover=%2Fimages%2F'));
    await page.getByLabel('Upload a cover').setInputFiles(another());
    await expect(field(page, 'cover')).toHaveValue(ADDRESS);
    await expect(page.getByText('It is the cover now.')).toBeVisible();
    const address = await field(page, 'cover').inputValue();
    await expectPicture(shown(page), address);
    await kept;
    await field(page, 'cover_alt').fill('A dot at the head');
    await send(page, editorButton(page, 'published'));
    await expect(page).toHaveURL(/\/article\//);
    await stranger.goto(page.url());
    await expectPicture(stranger.getByRole('img', { name: 'A dot at the head' }), address);
  });

  test('is taken out, and chosen again', async ({ page }) => {
    await register(page);
    await page.goto('/editor');
    const chooser = page.getByLabel('Upload a cover');
    const cover = another();
    // From the beginning: the browser is told to hand its dialogue over, and may take a moment.
    page.on('filechooser', (opened) => opened.setFiles(cover));
    await chooser.setInputFiles(cover);
    await expect(field(page, 'cover')).toHaveValue(ADDRESS);
    const address = await field(page, 'cover').inputValue();
    await page.getByRole('button', { name: 'Remove the cover' }).click();
    await expect(field(page, 'cover')).toHaveValue('');
    await expect(shown(page)).toHaveCount(0);
    await expect(page.getByRole('button', { name: 'Remove the cover' })).toHaveCount(0);
    await expect(chooser).toBeFocused();
    // As every button, it is pressed by Enter, which saves in a field of one line.
    await page.keyboard.press('Enter');
    await expect(field(page, 'cover')).toHaveValue(address);
    await expectPicture(shown(page), address);
  });

  test('that is refused says why, and the one before stays', async ({ page }) => {
    await register(page);
    await page.goto('/editor');
    await page.getByLabel('Upload a cover').setInputFiles(another());
    await expect(field(page, 'cover')).toHaveValue(ADDRESS);
    const address = await field(page, 'cover').inputValue();
    await page.getByLabel('Upload a cover').setInputFiles(SVG);
    await expect(page.getByText(NO_PICTURE)).toHaveClass('error');
    await expect(field(page, 'cover')).toHaveValue(address);
    await expectPicture(shown(page), address);
  });

  test('that is kept back on its way leaves all as it was', async ({ page }) => {
    await register(page);
    await page.goto('/editor');
    await page.route('**/images', () => { /* never answered */ });
    await page.getByLabel('Upload a cover').setInputFiles(DOT);
    await page.getByRole('button', { name: 'Cancel the upload' }).click();
    await expect(page.getByText('It was not uploaded.')).toBeVisible();
    await expect(field(page, 'cover')).toHaveValue('');
  });

  test('that is dropped on its chooser is not taken for the text', async ({ page }) => {
    await register(page);
    await page.goto('/editor');
    const left = await page.getByLabel('Upload a cover').evaluate((chooser, png) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(png), (c) => c.charCodeAt(0))], 'dot.png', { type: 'image/png' }));
      const give = (kind: string) => chooser.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
      return [give('dragover'), give('drop')];
    }, PNG);
    expect(left).toEqual([true, true]);
    await expect(page.getByLabel('What does dot.png show?')).toHaveCount(0);
  });
});

/** Uploads a picture as a program does, and gives its address. */
async function upload(page: Page, server: Server, alt: string): Promise<string> {
  const answer = await page.request.post('/images', {
    multipart: { alt, file: another() },
    headers: { accept: 'application/json', origin: server.origin },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  return (await answer.json()).path;
}

const CHOOSE = 'Choose from your pictures';

test.describe('pictures that were uploaded before, with JavaScript', () => {
  test.skip(({ javaScriptEnabled }) => !javaScriptEnabled, 'without there is the page of pictures');

  const chooser = (page: Page, name = CHOOSE) => page.getByRole('dialog', { name });
  const pictures = (page: Page) => chooser(page).getByRole('listitem').getByRole('button');

  async function open(page: Page, name = CHOOSE): Promise<void> {
    await page.getByRole('button', { name }).click();
    await expect(chooser(page, name)).toBeVisible();
  }

  /** Writes a text, and leaves the cursor behind so many of its characters. */
  async function write(page: Page, words: string, cursor: number): Promise<void> {
    await openHydrated(page, '/editor');
    await text(page).fill(words);
    await text(page).evaluate((area: HTMLTextAreaElement, at) => area.setSelectionRange(at, at), cursor);
  }

  test('one that is clicked comes to where the cursor is, and what it did can be undone', async ({ page, server }) => {
    await register(page);
    const boat = await upload(page, server, 'A [red] boat');
    await upload(page, server, 'A lamp');
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await write(page, 'Before it. After it.', 11);
    expect(asked.filter((path) => path.startsWith('/rpc/images')), 'before anybody wants one').toEqual([]);
    await open(page);
    // The last one that was uploaded comes first.
    await expect(pictures(page)).toHaveText([/^A lamp/, /^A \[red\] boat/]);
    const shown = pictures(page).last().locator('img');
    await expect(shown).toHaveAttribute('loading', 'lazy');
    await expectPicture(shown, boat);
    await pictures(page).last().click();
    await expect(chooser(page)).toBeHidden();
    await expect(text(page)).toHaveValue(`Before it. ![A \\[red\\] boat](${boat})After it.`);
    await expect(text(page)).toBeFocused();
    await expect(page.getByText('The picture is in your text.')).toBeVisible();
    await page.keyboard.press('Control+z');
    await expect(text(page)).toHaveValue('Before it. After it.');
  });

  test('one is found and chosen with the keyboard alone', async ({ page, server }) => {
    await register(page);
    const addresses = [await upload(page, server, 'A boat'), await upload(page, server, 'A lamp'), await upload(page, server, 'A rope')];
    await write(page, '', 0);
    await page.getByRole('button', { name: CHOOSE }).focus();
    await page.keyboard.press('Enter');
    await expect(pictures(page).first()).toBeFocused();
    await page.keyboard.press('End');
    await expect(pictures(page).last()).toBeFocused();
    await page.keyboard.press('ArrowRight');
    await expect(pictures(page).last()).toBeFocused();
    await page.keyboard.press('ArrowLeft');
    await expect(pictures(page).nth(1)).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(pictures(page).last()).toBeFocused();
    await page.keyboard.press('Home');
    await page.keyboard.press('Shift+Tab');
    await expect(chooser(page).getByRole('button', { name: 'Close' })).toBeFocused();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await expect(chooser(page)).toBeHidden();
    await expect(text(page)).toHaveValue(`![A lamp](${addresses[1]})`);
    await expect(text(page)).toBeFocused();
  });

  test('Escape leads back into the text, which stays', async ({ page, server }) => {
    await register(page);
    await upload(page, server, 'A boat');
    await write(page, 'What I wrote.', 5);
    await open(page);
    await expect(pictures(page).first()).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(chooser(page)).toBeHidden();
    await expect(text(page)).toBeFocused();
    await page.keyboard.type('else ');
    await expect(text(page)).toHaveValue('What else I wrote.');
  });

  test('of one without a description it is asked what it shows', async ({ page, server }) => {
    await register(page);
    const address = await upload(page, server, '');
    await write(page, '', 0);
    await open(page);
    await expect(pictures(page)).toHaveText([/^A picture that only decorates/]);
    await pictures(page).click();
    const asked = page.getByLabel(/^What does the picture of .* show\?$/);
    await expect(asked).toBeFocused();
    await expect(text(page)).toHaveValue('');
    await page.getByRole('button', { name: 'Leave it out' }).click();
    await expect(asked).toHaveCount(0);
    await open(page);
    await pictures(page).click();
    await expect(asked).toBeFocused();
    await page.keyboard.type('A boat');
    await page.keyboard.press('Enter');
    await expect(text(page)).toHaveValue(`![A boat](${address})`);
    await expect(asked).toHaveCount(0);
  });

  test('what was said of one picture is not said of the next', async ({ page }) => {
    await register(page);
    await openHydrated(page, '/editor');
    await page.getByLabel('Add a picture').setInputFiles(SVG);
    await page.getByLabel('What does dot.svg show?').fill('A drawing');
    await page.getByLabel('Add a picture').setInputFiles(DOT);
    await expect(page.getByLabel('What does dot.png show?')).toHaveValue('');
  });

  test('who has none is told where they come from', async ({ page, context }) => {
    await register(page);
    await openHydrated(page, '/editor');
    await open(page);
    await expect(chooser(page)).toContainText('No pictures yet. Close this and choose a file to upload');
    await expect(pictures(page)).toHaveCount(0);
    const tab = context.waitForEvent('page');
    await chooser(page).getByRole('link', { name: 'the page of your pictures' }).click();
    await expect((await tab).getByRole('heading', { level: 1 })).toHaveText('Your pictures');
    await chooser(page).getByRole('button', { name: 'Close' }).click();
    await expect(chooser(page)).toBeHidden();
    await expect(text(page)).toBeFocused();
  });

  test('there are more on the pages behind the first', async ({ page, server }) => {
    await register(page);
    const oldest = await upload(page, server, 'The oldest');
    for (let count = 0; count < 24; count++) await upload(page, server, 'A boat');
    await write(page, '', 0);
    await open(page);
    await expect(pictures(page)).toHaveCount(24);
    await expect(chooser(page).getByRole('status')).toHaveText('Page 1 of 2');
    const [newer, older] = ['Newer', 'Older'].map((name) => chooser(page).getByRole('button', { name }));
    await expect(newer!).toBeDisabled();
    await older!.click();
    await expect(pictures(page)).toHaveText([/^The oldest/]);
    await expect(chooser(page).getByRole('status')).toHaveText('Page 2 of 2');
    await expect(pictures(page)).toBeFocused();
    await expect(older!).toBeDisabled();
    await newer!.click();
    await expect(pictures(page)).toHaveCount(24);
    await older!.click();
    await pictures(page).filter({ hasText: 'The oldest' }).click();
    await expect(text(page)).toHaveValue(`![The oldest](${oldest})`);
  });

  test('what keeps them from coming is said, and they are asked for again', async ({ page, server }) => {
    await register(page);
    await upload(page, server, 'A boat');
    await openHydrated(page, '/editor');
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route('**/rpc/images*', async (route) => {
      await held;
      await route.abort();
    }, { times: 1 });
    await open(page);
    const status = chooser(page).getByRole('status');
    await expect(status).toHaveText('Loading your pictures …');
    letGo();
    await expect(status).toHaveClass('error');
    await expect(status).not.toHaveText('Loading your pictures …');
    await chooser(page).getByRole('button', { name: 'Try again' }).click();
    await expect(pictures(page)).toHaveText([/^A boat/]);
    await expect(chooser(page).getByRole('button', { name: 'Try again' })).toHaveCount(0);
  });

  test('one becomes the cover, with what is said of it', async ({ page, server }) => {
    const name = 'Choose a cover from your pictures';
    await register(page);
    const address = await upload(page, server, 'A boat');
    await openHydrated(page, '/editor');
    await fillEditor(page, anArticle());
    await open(page, name);
    await expect(chooser(page, name).getByRole('listitem').getByRole('button')).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name })).toBeFocused();
    await expect(field(page, 'cover')).toHaveValue('');
    await open(page, name);
    await chooser(page, name).getByRole('button', { name: 'A boat' }).click();
    await expect(chooser(page, name)).toBeHidden();
    await expect(page.getByRole('button', { name })).toBeFocused();
    await expect(field(page, 'cover')).toHaveValue(address);
    await expect(field(page, 'cover_alt')).toHaveValue('A boat');
    await expect(page.getByText('It is the cover now.')).toBeVisible();
    await expectPicture(page.getByRole('img', { name: 'The cover as it is chosen' }), address);
    await send(page, editorButton(page, 'published'));
    await expectPicture(page.getByRole('img', { name: 'A boat' }), address);
  });
});

test('without JavaScript no picture can be chosen in the editor, and the way to them is there', async ({ page, javaScriptEnabled }) => {
  test.skip(javaScriptEnabled, 'with it they are chosen there');
  await register(page);
  await page.goto('/editor');
  await expect(page.getByRole('button', { name: /your pictures/ })).toHaveCount(0);
  await expect(page.getByRole('link', { name: 'Your pictures, in a new tab' })).toHaveCount(2);
});

test('a picture of oneself is a file that is chosen, and one that is refused says why', async ({ page, stranger, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, 'without there is the page of pictures');
  const ada = await register(page);
  await page.goto('/settings');
  const shown = page.locator('main .user-img');
  await expect(shown).toHaveText(ada.username.charAt(0).toUpperCase());
  await page.getByLabel('Upload a picture of yourself').setInputFiles(another());
  await expect(field(page, 'image')).toHaveValue(ADDRESS);
  const address = await field(page, 'image').inputValue();
  await expectPicture(shown, address);
  await page.getByLabel('Upload a picture of yourself').setInputFiles(SVG);
  await expect(page.getByText(NO_PICTURE)).toHaveClass('error');
  await expect(field(page, 'image')).toHaveValue(address);
  await expectPicture(shown, address);
  await send(page, submitButton(page, 'bio'));
  await expect(page).toHaveURL(`/profile/${ada.username}`);
  await stranger.goto(page.url());
  await expectPicture(stranger.locator('.user-info .user-img'), address);
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Remove the picture' }).click();
  await expect(field(page, 'image')).toHaveValue('');
  await expect(shown).toHaveText(ada.username.charAt(0).toUpperCase());
});

test('from the page of pictures one becomes a cover, and oneself', async ({ page, javaScriptEnabled }) => {
  const ada = await register(page);
  await page.goto('/editor');
  if (!javaScriptEnabled) await expect(page.getByLabel('Upload a cover')).toHaveCount(0);
  await expect(page.getByText('copy its address to here')).toBeVisible();
  await page.goto('/images');
  await page.getByLabel('Picture', { exact: true }).setInputFiles(another());
  await send(page, submitButton(page, 'file'));
  const address = await page.getByLabel('Its address, for a cover').inputValue();
  expect(address).toMatch(ADDRESS);
  await page.getByRole('button', { name: 'Use as my profile picture' }).click();
  await expect(page).toHaveURL(`/profile/${ada.username}`);
  await expectPicture(page.locator('.user-info .user-img'), address);
  await page.goto('/editor');
  await fillEditor(page, anArticle());
  await field(page, 'cover').fill(address);
  await field(page, 'cover_alt').fill('A dot at the head');
  await send(page, editorButton(page, 'published'));
  await expectPicture(page.getByRole('img', { name: 'A dot at the head' }), address);
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
    await context.grantPermissions(['clipboard-read']);
    for (const [what, label] of [['Markdown', 'For your article'], ['address', 'Its address, for a cover']]) {
      await picture.getByRole('button', { name: `Copy the ${what}` }).click();
      await expect(picture.getByRole('paragraph').filter({ has: page.getByRole('button', { name: `Copy the ${what}` }) })).toContainText('Copied.');
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      await expect(picture.getByLabel(label!)).toHaveValue(copied);
    }
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
  await expect(page.getByText(NO_PICTURE)).toBeVisible();
});
