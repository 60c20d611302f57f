import {
  anArticle, deskRow, editorButton, expect, expectProblem, field, logIn, logOut, preview, publish,
  register, saveDraft, send, skipBrowserChecks, submitButton, test, unique,
} from '../support.ts';

test('a published article can be read by everybody', async ({ page, stranger }) => {
  const ada = await register(page);
  const article = anArticle();
  const path = await publish(page, article);

  const answer = await stranger.goto(path);
  expect(answer!.status()).toBe(200);
  await expect(stranger).toHaveTitle(new RegExp(article.title));
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText(article.title);
  await expect(stranger.locator('.article-content')).toContainText('The fog came early that day.');
  await expect(stranger.locator('.article-content strong')).toHaveText('early');
  await expect(stranger.locator('.author').first()).toContainText(ada.username);
  await expect(stranger.locator('.tag-list').first()).toContainText('harbour');
  // Somebody else's article is not theirs to edit.
  await expect(stranger.locator('main a[href^="/editor"]')).toHaveCount(0);
});

test('a draft is on its author’s desk and nowhere else', async ({ page, stranger }) => {
  const ada = await register(page);
  const draft = anArticle();
  const path = await saveDraft(page, draft);
  await expect(deskRow(page, draft).locator('.status')).toContainText('Draft');
  expect((await page.goto(path))!.status()).toBe(200);

  await register(stranger);
  expect((await stranger.goto(path))!.status()).toBe(404);
  await expect(stranger.getByText(draft.title)).toHaveCount(0);
  for (const list of ['/', `/profile/${ada.username}`, '/articles']) {
    await stranger.goto(list);
    await expect(stranger.locator('main')).toBeVisible();
    await expect(stranger.getByText(draft.title)).toHaveCount(0);
  }
  await logOut(stranger);
  expect((await stranger.goto(path))!.status()).toBe(404);
});

test('a draft is published from the editor', async ({ page, stranger }) => {
  await register(page);
  const article = anArticle();
  const path = await saveDraft(page, article);
  await deskRow(page, article).getByRole('link', { name: 'Edit' }).click();
  await expect(field(page, 'body')).toHaveValue(article.body);
  await send(page, editorButton(page, 'published'));
  await expect(page).toHaveURL(path);
  expect((await stranger.goto(path))!.status()).toBe(200);
});

test('an author edits an article, and its address stays', async ({ page, stranger }) => {
  await register(page);
  const article = anArticle();
  const path = await publish(page, article);

  await page.goto('/articles');
  await deskRow(page, article).getByRole('link', { name: 'Edit' }).click();
  await expect(page).toHaveURL(/\/editor\//);
  await expect(field(page, 'title')).toHaveValue(article.title);
  await field(page, 'title').fill(`${article.title}, again`);
  await field(page, 'body').fill('The fog went as it had come.');
  await send(page, editorButton(page, 'published'));
  await expect(page).toHaveURL(path);

  await stranger.goto(path);
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText(`${article.title}, again`);
  await expect(stranger.locator('.article-content')).toHaveText('The fog went as it had come.');
});

test('a stranger cannot open somebody else’s article in the editor', async ({ page, stranger }) => {
  await register(page);
  const path = await publish(page, anArticle());
  await register(stranger);
  const answer = await stranger.goto(path.replace('/article/', '/editor/'));
  expect(answer!.status()).toBe(404);
  await expect(field(stranger, 'body')).toHaveCount(0);
});

test('an article is deleted in two steps, brought back, and deleted for good', async ({ page, stranger }) => {
  await register(page);
  const article = anArticle();
  const path = await publish(page, article);

  await page.goto('/articles');
  await deskRow(page, article).getByRole('link', { name: 'Edit' }).click();
  const away = page.locator('details.danger').getByRole('button', { name: 'Delete' });
  await expect(away).toBeHidden();
  await page.locator('details.danger summary').click();
  await send(page, away);

  await expect(page).toHaveURL(/\/articles/);
  await expect(deskRow(page, article)).toHaveCount(0);
  expect((await stranger.goto(path))!.status()).toBe(404);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(deskRow(page, article)).toHaveCount(1);
  expect((await stranger.goto(path))!.status()).toBe(200);

  await deskRow(page, article).getByRole('button', { name: `Delete ${article.title}` }).click();
  await expect(deskRow(page, article)).toHaveCount(0);
  await page.goto('/articles?tab=deleted');
  await deskRow(page, article).getByRole('button', { name: `Delete ${article.title} for good` }).click();
  await expect(deskRow(page, article)).toHaveCount(0);
  expect((await stranger.goto(path))!.status()).toBe(404);
  await stranger.goto('/');
  await expect(preview(stranger, article)).toHaveCount(0);
});

test('an article for members asks to log in, and is there afterwards', async ({ page, stranger }) => {
  await register(page);
  const article = anArticle({ visibility: 'members' });
  const path = await publish(page, article);

  const member = await register(stranger);
  await stranger.goto(path);
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText(article.title);

  await logOut(stranger);
  await stranger.goto(path);
  await expect(stranger.locator('main')).toContainText(/log in/i);
  await expect(stranger.getByText('The fog came')).toHaveCount(0);
  await logIn(stranger, member);
  await stranger.goto(path);
  await expect(stranger.locator('.article-content')).toContainText('The fog came');
});

test('the front page shows ten articles, the newest first, and the way to the others', async ({ page, stranger }) => {
  test.slow();
  await register(page);
  const articles = [];
  for (let count = 0; count < 11; count++) {
    const article = anArticle();
    await publish(page, article);
    articles.unshift(article);
  }
  const oldest = articles.at(-1)!;

  await stranger.goto('/');
  await expect(stranger.locator('.article-preview')).toHaveCount(10);
  await expect(stranger.locator('.article-preview').getByRole('heading')).toHaveText(
    articles.slice(0, 10).map((article) => article.title),
  );
  await expect(preview(stranger, oldest)).toHaveCount(0);

  await stranger.locator('.pagination').getByRole('link', { name: '2' }).first().click();
  await expect(stranger).toHaveURL('/?page=2');
  await expect(preview(stranger, oldest)).toHaveCount(1);
  await expect(preview(stranger, articles[0]!)).toHaveCount(0);
});

test('a profile lists its author’s articles and nobody else’s', async ({ page, stranger }) => {
  const ada = await register(page);
  const article = anArticle();
  await publish(page, article);
  await register(stranger);
  await publish(stranger, anArticle());

  await stranger.goto(`/profile/${ada.username}`);
  await expect(stranger.locator('.user-info')).toContainText(ada.username);
  await expect(stranger.locator('.article-preview')).toHaveCount(1);
  await expect(preview(stranger, article)).toHaveCount(1);
});

test('a preview leads to its article and to its author', async ({ page, stranger }) => {
  const ada = await register(page);
  const article = anArticle();
  const path = await publish(page, article);

  await stranger.goto('/');
  await preview(stranger, article).locator('.preview-link').click();
  await expect(stranger).toHaveURL(path);
  await stranger.goto('/');
  await preview(stranger, article).locator('.author').click();
  await expect(stranger).toHaveURL(`/profile/${ada.username}`);
});

test('an article needs ten characters that are not white space', async ({ page }) => {
  await register(page);
  await page.goto('/editor');
  await field(page, 'title').fill(`Too short ${unique()}`);
  await field(page, 'body').fill('a b c d e f g h i        ');
  await skipBrowserChecks(page, 'body');
  await editorButton(page, 'published').click();
  await expectProblem(page, 'body', /at least 10 characters/i);
});

test('what looks like markup in a title is shown as it was typed', async ({ page }) => {
  await register(page);
  const title = `<b>Bold</b> & "quoted" ${unique()}`;
  await publish(page, anArticle({ title }));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
});

test('an address that leads nowhere says so, and how to go on', async ({ page }) => {
  for (const path of ['/nowhere', '/article/nowhere', '/profile/nobody-at-all']) {
    expect((await page.goto(path))!.status(), path).toBe(404);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.locator('main').getByRole('link').first()).toBeVisible();
  }
});

test('the first thing to send on each page is its own form', async ({ page }) => {
  const first = page.locator('button:not([type="button"]), input[type="submit"]').first();
  for (const [path, name] of [['/login', 'password'], ['/register', 'email_again']] as const) {
    await page.goto(path);
    const own = await submitButton(page, name).elementHandle();
    expect(await first.evaluate((button, other) => button === other, own), path).toBe(true);
  }
});
