// The editor: nothing typed is lost, two texts never write over each other, and what is written is
// shown as it will be read.

import type { Page } from '@playwright/test';
import { cutOff, open, saved, state, write } from '../editing.ts';
import {
  anArticle, deskRow, editorButton, expect, field, fillEditor, logIn, publish, register, save, saveDraft, send,
  submitButton, test, unique, withinOneDocument,
} from '../support.ts';

const heard = (page: Page) => page.locator('.editor-actions').getByRole('status');
const pills = (page: Page) => page.locator('.tags .tag-pill');
const preview = (page: Page) => page.locator('.preview .article-content');
const openPreview = (page: Page) => page.getByRole('button', { name: 'Preview' }).click();

test('without JavaScript the editor is a form with two buttons', async ({ page }, { project }) => {
  test.skip(project.name !== 'no-javascript', 'the others tell of the rest');
  await register(page);
  const article = anArticle();
  await page.goto('/editor');
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page.getByRole('toolbar')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Preview' })).toBeHidden();
  await fillEditor(page, article);
  await send(page, editorButton(page, 'published'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
  await expect(page.locator('.tag-list').first()).toContainText('harbour');
});

test('Enter in a field of one line shows to nobody what is not finished', async ({ page }, { project }) => {
  const scripts = project.name !== 'no-javascript';
  await register(page);
  const article = anArticle();
  await (scripts ? open(page) : page.goto('/editor'));
  await fillEditor(page, article);
  if (scripts) {
    await field(page, 'title').press('Enter');
    await saved(page);
    await field(page, 'description').press('Enter');
  } else {
    await Promise.all([page.waitForURL('/articles'), field(page, 'title').press('Enter')]);
  }
  await page.goto('/articles?tab=drafts');
  await expect(deskRow(page, article)).toHaveCount(1);
  await page.goto('/articles?tab=published');
  await expect(deskRow(page, article)).toHaveCount(0);
});

test.describe('far from Greenwich', () => {
  test.use({ timezoneId: 'America/Los_Angeles' });

  test('a time to come that was found in this browser is the time that was typed', async ({ page }, { project }) => {
    test.skip(project.name === 'no-javascript', 'nothing is found in a browser without it');
    await register(page);
    const reconnect = await cutOff(page);
    await write(page);
    await page.getByText('More settings').click();
    await field(page, 'publish_at').fill('2099-03-04T08:00');
    await expect(state(page)).toContainText('Offline', { timeout: 15_000 });
    for (let times = 0; times < 2; times += 1) {
      await page.reload();
      await expect(page.locator('.restored')).toContainText('Restored');
      await expect(field(page, 'publish_at')).toHaveValue('2099-03-04T08:00');
    }
    await reconnect();
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await saved(page);
    await page.reload();
    await expect(page.getByRole('button', { name: 'Preview' })).toBeVisible();
    await expect(field(page, 'publish_at')).toHaveValue('2099-03-04T08:00');
    const stored = await page.evaluate(async () => {
      const slug = location.pathname.split('/').at(-1);
      return (await (await fetch(`/rpc/manuscript?slug=${slug}`)).json()).publish_at;
    });
    expect(stored).toBe('2099-03-04T16:00');
  });
});

test.describe('with JavaScript', () => {
  test.beforeEach(({}, { project }) => {
    test.skip(project.name === 'no-javascript', 'a page that runs nothing saves nothing by itself');
  });

  test('what is typed is saved by itself, and there after a reload', async ({ page }) => {
    await register(page);
    const article = await write(page);
    await expect(state(page)).toBeVisible();
    await saved(page);
    await expect(page).toHaveURL(/\/editor\/a-walk-by-the-harbour/);
    await page.reload();
    await expect(field(page, 'title')).toHaveValue(article.title);
    await expect(field(page, 'body')).toHaveValue(article.body);
    await page.goto('/articles');
    await expect(deskRow(page, article)).toHaveCount(1);
  });

  test('whoever listens hears what is wrong and what they asked for, and no pause in typing', async ({ page }) => {
    await register(page);
    await write(page);
    await saved(page);
    await expect(heard(page)).toHaveText('');
    const body = field(page, 'body');
    await body.pressSequentially(' More.');
    await body.press('Control+s');
    await expect(heard(page)).toHaveText(/^Saved \d\d:\d\d$/);
    await body.pressSequentially(' And more.');
    await expect(heard(page)).toHaveText('');
    await saved(page);
    await expect(heard(page)).toHaveText('');
    const reconnect = await cutOff(page);
    await body.pressSequentially(' Offline.');
    await expect(heard(page)).toContainText('Offline', { timeout: 15_000 });
    await reconnect();
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await expect(heard(page)).toHaveText(/^Saved/);
  });

  test('offline the text stays in the browser, survives a reload, and is saved when the site is back', async ({ page }) => {
    await register(page);
    const reconnect = await cutOff(page);
    const article = await write(page);
    await expect(state(page)).toContainText('Offline. Kept in this browser', { timeout: 15_000 });
    await page.reload();
    await expect(page.locator('.restored')).toContainText('Restored what you typed here at');
    await expect(field(page, 'title')).toHaveValue(article.title);
    await expect(field(page, 'body')).toHaveValue(article.body);
    await expect(pills(page)).toHaveText([/^harbour/, /^weather/]);
    await reconnect();
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await saved(page);
    expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('byline-text')))).toEqual([]);
  });

  test('what is deleted is the article that is open, whatever it is called by now', async ({ page, server }) => {
    await register(page);
    const article = anArticle();
    await save(page, server, article, 'draft');
    await page.goto('/articles');
    await deskRow(page, article).getByRole('link', { name: `Edit ${article.title}` }).click();
    await expect(page.getByRole('button', { name: 'Preview' })).toBeVisible();
    const renamed = { ...article, title: `Renamed ${unique()}` };
    await field(page, 'title').fill(renamed.title);
    await saved(page);
    // Another one takes the name that was given up.
    await save(page, server, article, 'draft');
    await page.getByText('More settings').click();
    await expect(page.getByRole('link', { name: 'Earlier versions of this article' })).toHaveAttribute('href', /renamed/);
    await page.getByText('Delete this article').click();
    await send(page, page.getByRole('button', { name: 'Delete', exact: true }));
    await page.goto('/articles');
    await expect(deskRow(page, renamed)).toHaveCount(0);
    await expect(deskRow(page, article)).toHaveCount(1);
  });

  test('a second tab that goes on with the text of the first takes nothing away from it', async ({ page, context }) => {
    await register(page);
    await context.route('**/rpc/keep-text', (route) => route.abort());
    const article = await write(page);
    await expect(state(page)).toContainText('Offline', { timeout: 15_000 });
    const second = await context.newPage();
    await open(second);
    await expect(field(second, 'body')).toHaveValue(article.body);
    await field(second, 'body').fill(`${article.body} Written in the second tab.`);
    await context.unroute('**/rpc/keep-text');
    await second.evaluate(() => window.dispatchEvent(new Event('online')));
    await saved(second);
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await expect(page.getByRole('heading', { name: 'Two versions' })).toBeVisible({ timeout: 15_000 });
    await expect(page.locator('#stored-body')).toHaveValue(/Written in the second tab/);
    await page.getByRole('button', { name: 'Keep mine' }).click();
    await saved(page);
    // What was not chosen is among the versions.
    await page.getByText('More settings').click();
    await page.getByRole('link', { name: 'Earlier versions of this article' }).click();
    await page.getByRole('link', { name: /UTC/ }).last().click();
    await expect(page.locator('main')).toContainText('second tab');
  });

  test('whoever goes back inside the application leaves no text in this browser alone', async ({ page }) => {
    await register(page);
    await withinOneDocument(page, async () => {
      await page.locator('.navbar').getByRole('link', { name: 'Write' }).click();
      await expect(page.getByRole('button', { name: 'Preview' })).toBeVisible();
    });
    const article = anArticle();
    await fillEditor(page, article);
    const kept = page.waitForResponse('**/rpc/keep-text');
    await page.goBack();
    await kept;
    await page.goto('/articles');
    await expect(deskRow(page, article)).toHaveCount(1);
  });

  test('text and preview scroll together', async ({ page }, { project }) => {
    test.skip(project.name === 'phone', 'there one of them is shown at a time');
    await register(page);
    await write(page, anArticle({ body: Array.from({ length: 200 }, (_, n) => `Line ${n}.`).join('\n\n') }));
    await openPreview(page);
    await expect(preview(page)).toContainText('Line 199.');
    await field(page, 'body').focus();
    await field(page, 'body').hover();
    await field(page, 'body').evaluate((area) => area.scrollTo(0, area.scrollHeight));
    const left = () => preview(page).evaluate((pane) => pane.scrollHeight - pane.clientHeight - pane.scrollTop);
    await expect.poll(left).toBeLessThan(5);
  });

  test('what was copied with a picture of itself is pasted as the text that it is', async ({ page }) => {
    await register(page);
    await open(page);
    await field(page, 'body').focus();
    const taken = await field(page, 'body').evaluate((area) => {
      const data = new DataTransfer();
      data.setData('text/plain', 'A table from a spreadsheet');
      data.items.add(new File([new Uint8Array(8)], 'image.png', { type: 'image/png' }));
      return !area.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
    });
    expect(taken, 'left to the browser').toBe(false);
    await expect(page.locator('#picture-alt')).toHaveCount(0);
  });

  test('a browser that keeps nothing is not said to keep the text', async ({ page }) => {
    await register(page);
    const reconnect = await cutOff(page);
    // Full to the last character.
    await page.evaluate(() => {
      for (let size = 1 << 23; size > 0; size >>= 1) {
        try {
          localStorage.setItem(`full-${size}`, 'x'.repeat(size));
        } catch {
          // Half of it may fit.
        }
      }
    });
    await write(page);
    await expect(state(page)).toContainText('On this page alone, as this browser keeps nothing');
    await page.evaluate(() => localStorage.clear());
    await field(page, 'body').pressSequentially(' And more.');
    await expect(state(page)).toContainText('Kept in this browser');
    await reconnect();
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await saved(page);
  });

  test('the saved text can be used instead of the restored one, which stays within reach', async ({ page, server }) => {
    await register(page);
    const article = anArticle();
    const path = (await save(page, server, article)).replace('article', 'editor');
    await cutOff(page);
    await open(page, path);
    await field(page, 'body').fill('Something else altogether.');
    await page.reload();
    await expect(field(page, 'body')).toHaveValue('Something else altogether.');
    await page.getByRole('button', { name: 'Use the saved text instead' }).click();
    await expect(field(page, 'body')).toHaveValue(article.body);
    await expect(field(page, 'body')).toBeFocused();
    await page.reload();
    await expect(field(page, 'body')).toHaveValue(article.body);
    await page.getByText('Other texts of this article').click();
    await page.getByRole('button', { name: 'Put it into the editor' }).click();
    await expect(field(page, 'body')).toHaveValue('Something else altogether.');
    await expect(field(page, 'body')).toBeFocused();
  });

  test('publishing while a save is under way makes one article', async ({ page }) => {
    await register(page);
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/rpc/keep-text', async (route) => {
      await released;
      await route.continue();
    });
    const article = await write(page);
    await expect(state(page)).toHaveText('Saving …', { timeout: 15_000 });
    await editorButton(page, 'published').click();
    release();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
    await page.goto('/articles');
    await expect(deskRow(page, article)).toHaveCount(1);
  });

  test('an answer that is lost makes no second article', async ({ page }) => {
    await register(page);
    // The server gets the save, and the browser no answer.
    await page.route('**/rpc/keep-text', async (route) => {
      await route.fetch();
      await route.abort();
    }, { times: 1 });
    const article = await write(page);
    await saved(page);
    await send(page, editorButton(page, 'draft'));
    await expect(page).toHaveURL(/\/articles/);
    await expect(deskRow(page, article)).toHaveCount(1);
  });

  for (const [choice, stands] of [['Keep mine', 'mine'], ['Take the stored one', 'theirs']] as const) {
    test(`two devices that write the same article: ${choice.toLowerCase()}`, async ({ page, stranger }) => {
      const ada = await register(page);
      const article = anArticle();
      const path = (await saveDraft(page, article)).replace('article', 'editor');
      await open(page, path);
      await logIn(stranger, ada);
      await open(stranger, path);
      const [mine, theirs] = [`Mine: ${unique()} and more.`, `Theirs: ${unique()} and more.`];
      await field(stranger, 'body').fill(theirs);
      await saved(stranger);
      await field(page, 'body').fill(mine);

      await expect(page.getByRole('heading', { name: 'Two versions' })).toBeVisible({ timeout: 15_000 });
      await expect(state(page)).toContainText('Conflict');
      await expect(field(page, 'body')).toHaveValue(mine);
      await expect(page.getByLabel('Article, as stored')).toHaveValue(theirs);
      await expect(page.getByLabel('Title, as stored')).toHaveValue(article.title);
      const [own, other] = [await field(page, 'body').boundingBox(), await page.getByLabel('Article, as stored').boundingBox()];
      if (page.viewportSize()!.width < 640) expect(other!.y).toBeGreaterThan(own!.y + own!.height);
      else expect(other!.x).toBeGreaterThan(own!.x + own!.width);

      await page.getByRole('button', { name: choice }).click();
      await expect(page.getByRole('heading', { name: 'Two versions' })).toHaveCount(0);
      await saved(page);
      await expect(field(page, 'body')).toHaveValue(stands === 'mine' ? mine : theirs);
      // What was not chosen is still there.
      await page.getByText('Other texts of this article').click();
      await expect(page.locator('.kept-texts')).toContainText(stands === 'mine' ? theirs : mine);
      await page.getByRole('button', { name: 'Dismiss' }).click();
      await expect(page.locator('.kept-texts')).toHaveCount(0);
      await expect(field(page, 'body')).toBeFocused();
      await page.reload();
      await expect(field(page, 'body')).toHaveValue(stands === 'mine' ? mine : theirs);
    });
  }

  for (const choice of ['Keep mine', 'Take the stored one']) {
    test(`whoever chooses with the keyboard goes on writing: ${choice.toLowerCase()}`, async ({ page }) => {
      await register(page);
      const path = (await saveDraft(page, anArticle())).replace('article', 'editor');
      await open(page, path);
      // The same article in another tab, which has the answer first.
      const other = await page.context().newPage();
      await open(other, path);
      await field(other, 'body').fill(`Theirs: ${unique()} and more.`);
      await saved(other);
      await field(page, 'body').fill(`Mine: ${unique()} and more.`);
      // On a phone it hides the text, which must be there again afterwards.
      await openPreview(page);
      await expect(page.getByLabel('Article, as stored')).toBeVisible({ timeout: 15_000 });
      await page.getByRole('button', { name: choice }).press('Enter');
      await expect(page.getByRole('heading', { name: 'Two versions' })).toHaveCount(0);
      await expect(field(page, 'body')).toBeFocused();
      await page.keyboard.type('On. ');
      await expect(field(page, 'body')).toHaveValue(/On\. /);
      await saved(page);
    });
  }

  test('whoever takes the stored text begins at its beginning', async ({ page }) => {
    await register(page);
    const path = (await saveDraft(page, anArticle())).replace('article', 'editor');
    await open(page, path);
    const other = await page.context().newPage();
    await open(other, path);
    const theirs = Array.from({ length: 200 }, (_, n) => `Line ${n} of theirs.`).join('\n\n');
    await field(other, 'body').fill(theirs);
    await saved(other);
    await field(page, 'body').fill(`Mine: ${unique()} and more.`);
    await expect(page.getByLabel('Article, as stored')).toBeVisible({ timeout: 15_000 });
    await page.getByRole('button', { name: 'Take the stored one' }).click();
    await expect(field(page, 'body')).toBeFocused();
    await expect(field(page, 'body')).toHaveValue(theirs);
    const place = await field(page, 'body').evaluate((area: HTMLTextAreaElement) => [area.selectionStart, area.selectionEnd, area.scrollTop]);
    expect(place).toEqual([0, 0, 0]);
    // Where its first line is, the reader is.
    await expect.poll(() => field(page, 'body').evaluate((area) => {
      const top = area.getBoundingClientRect().top;
      return top >= 0 && top < window.innerHeight;
    })).toBe(true);
  });

  test('after a session ended and a log-in, saving goes on', async ({ page, stranger }) => {
    const ada = await register(page);
    const article = await write(page);
    await saved(page);
    await logIn(stranger, ada);
    await stranger.goto('/settings/security');
    await send(stranger, stranger.getByRole('button', { name: 'End all others' }));
    await field(page, 'body').fill(`${article.body} And then the lamp went out.`);
    await expect(page.getByRole('dialog', { name: 'You are logged out' })).toBeVisible({ timeout: 20_000 });
    await field(page, 'email').fill(ada.username);
    await field(page, 'password').fill(ada.password);
    await send(page, submitButton(page, 'password'));
    await expect(field(page, 'body')).toHaveValue(/And then the lamp went out\.$/);
    await saved(page);
  });

  test('leaving with something unsaved asks', async ({ page }) => {
    await register(page);
    await cutOff(page);
    const article = await write(page);
    const questions: string[] = [];
    page.once('dialog', (dialog) => {
      questions.push(dialog.message());
      void dialog.dismiss();
    });
    await page.locator('.navbar-brand').click();
    await expect.poll(() => questions).toEqual([expect.stringContaining('Not everything is saved yet')]);
    await expect(field(page, 'title')).toHaveValue(article.title);
    page.once('dialog', (dialog) => void dialog.accept());
    await page.locator('.navbar-brand').click();
    await expect(page).toHaveURL('/');
  });

  test('readers see nothing of what is typed into a published article until it is updated', async ({ page, stranger }) => {
    await register(page);
    const article = anArticle();
    const path = await publish(page, article);
    await open(page, path.replace('article', 'editor'));
    await expect(editorButton(page, 'published')).toHaveText('Update');
    await expect(editorButton(page, 'draft')).toHaveText('Unpublish');
    await expect(page.locator('.editor')).toContainText('“Unpublish” keeps it as a draft, which readers do not see any more.');
    await field(page, 'body').fill('The lamp is out, and that is all.');
    await saved(page);
    await stranger.goto(path);
    await expect(stranger.locator('.article-content')).toContainText('The fog came');
    await send(page, editorButton(page, 'published'));
    await stranger.reload();
    await expect(stranger.locator('.article-content')).toHaveText('The lamp is out, and that is all.');
  });

  test('the preview is what readers will see, and its code comes to whoever opens it', async ({ page }) => {
    let chunks = 0;
    page.on('request', (request) => {
      if (request.url().includes('/pkg/split_preview')) chunks += 1;
    });
    await register(page);
    const body = '## By noon\n\nThe fog came **early**[^1].\n\n- [x] lamp\n\n|a|b|\n|-|-|\n|c|d|\n\n[^1]: At six.\n';
    const article = await write(page, anArticle({ body }));
    expect(chunks).toBe(0);
    await openPreview(page);
    await expect(page.getByRole('button', { name: 'Preview' })).toHaveAttribute('aria-pressed', 'true');
    await expect(preview(page).locator('strong')).toHaveText('early');
    expect(chunks).toBe(1);
    const drawn = await preview(page).innerText();
    await openPreview(page);
    await expect(field(page, 'body')).toBeVisible();
    await expect(preview(page)).toHaveCount(0);
    await send(page, editorButton(page, 'published'));
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
    expect(await page.locator('.article-content').innerText()).toBe(drawn);
  });

  test('nothing in a preview runs', async ({ page }) => {
    await register(page);
    const body = [
      '<script>window.ran = 1</script>', '<img src="/nowhere.png" onerror="window.ran = 2">', '[a](javascript:window.ran=3)',
      '![b](javascript:window.ran=4)', '<svg onload="window.ran = 5"></svg>', `The rest ${unique()}.`,
    ].join('\n\n');
    await write(page, anArticle({ body }));
    await openPreview(page);
    await expect(preview(page)).toContainText('The rest');
    await expect(preview(page).locator('script, svg, [onerror], [onload], a[href^="javascript" i], [src^="javascript" i]')).toHaveCount(0);
    expect(await page.evaluate(() => 'ran' in window)).toBe(false);
  });

  test('the toolbar and its keys mark the text, and the browser can undo it', async ({ page }, { project }) => {
    test.skip(project.name === 'phone', 'keys are those of a keyboard');
    await register(page);
    await open(page);
    const body = field(page, 'body');
    await body.fill('fog');
    await body.press('ControlOrMeta+A');
    await body.press('Control+b');
    await expect(body).toHaveValue('**fog**');
    await body.press('ControlOrMeta+z');
    await expect(body).toHaveValue('fog');
    await page.getByRole('button', { name: 'Heading' }).click();
    await expect(body).toHaveValue('## fog');
    await expect(body).toBeFocused();
    await body.press('Control+]');
    await expect(body).toHaveValue('    ## fog');
    // The Tab key moves on.
    await body.press('Tab');
    await expect(body).not.toBeFocused();
    await expect(body).toHaveValue('    ## fog');
    const bold = page.getByRole('button', { name: 'Bold' });
    await bold.focus();
    await bold.press('ArrowRight');
    await expect(page.getByRole('button', { name: 'Italic' })).toBeFocused();
  });

  test('Enter in the field for tags adds one, and they are taken away again', async ({ page }) => {
    await register(page);
    const article = anArticle({ tags: '' });
    await write(page, article);
    const tags = field(page, 'tags');
    for (const tag of ['Weather', 'harbour', 'fog']) {
      await tags.fill(tag);
      await tags.press('Enter');
    }
    await expect(page).toHaveURL(/\/editor/);
    await expect(pills(page)).toHaveText([/^weather/, /^harbour/, /^fog/]);
    await page.getByRole('button', { name: 'Remove the tag harbour' }).click();
    await tags.fill('lamp');
    await send(page, editorButton(page, 'published'));
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
    await expect(page.locator('.tag-list').first().locator('.tag-pill')).toHaveText(['weather', 'fog', 'lamp']);
  });
});
