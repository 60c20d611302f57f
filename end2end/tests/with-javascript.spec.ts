// What only the application in the browser can do, and what must not break while it loads.
// The project without JavaScript leaves this file out.

import type { Page } from '@playwright/test';
import {
  aPerson, anArticle, editorButton, expect, expectLoggedIn, expectLoggedOut, expectProblem, field, fillEditor,
  fillRegistration, holdWasm, leaveWithoutProof, logIn, made, openHydrated, type Person, preview, PROVED_LONG_AGO, publish,
  register, send, submitButton, test, unique, withinOneDocument,
} from '../support.ts';

test('the router moves between pages without a reload', async ({ page }) => {
  await register(page);
  const article = anArticle();
  await publish(page, article);

  await withinOneDocument(page, async () => {
    await page.locator('.preview-link').first().click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
    await page.goBack();
    await expect(page.locator('.article-preview').first()).toBeVisible();
  });
});

test('the title stays while the application takes the page over', async ({ page }) => {
  await register(page);
  const article = await publish(page, anArticle());
  await page.addInitScript(() => {
    const seen = new Set<string>();
    Object.assign(window, { titles: seen });
    new MutationObserver(() => seen.add(document.title)).observe(document, { childList: true, subtree: true, characterData: true });
  });
  const release = await holdWasm(page);
  await page.goto(article, { waitUntil: 'commit' });
  await expect(page).toHaveTitle(/ · Byline$/);
  const served = await page.title();
  await page.evaluate(() => (window as unknown as { titles: Set<string> }).titles.clear());
  release();
  await page.waitForLoadState('networkidle');
  const later = await page.evaluate(() => [...(window as unknown as { titles: Set<string> }).titles]);
  expect(later.filter((title) => title !== served)).toEqual([]);
});

test('a form filled and sent before the application is there works', async ({ page }) => {
  const release = await holdWasm(page);
  const ada = await register(page);
  await expectLoggedIn(page, ada);

  const article = anArticle();
  await publish(page, article);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
  release();
});

test('what was typed before the application came is still there', async ({ page }) => {
  const release = await holdWasm(page);
  const ada = aPerson();
  await page.goto('/register', { waitUntil: 'commit' });
  await fillRegistration(page, ada);
  release();
  await page.waitForLoadState('networkidle');

  await expect(field(page, 'username')).toHaveValue(ada.username);
  await expect(field(page, 'email')).toHaveValue(ada.email);
  await expect(field(page, 'email_again')).toHaveValue(ada.email);
  await expect(field(page, 'password')).toHaveValue(ada.password);
  await send(page, submitButton(page, 'email_again'));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
});

test('the same holds for the editor, which comes in a chunk of its own', async ({ page }) => {
  await register(page);
  const release = await holdWasm(page);
  const article = anArticle();
  await page.goto('/editor', { waitUntil: 'commit' });
  await fillEditor(page, article);
  release();
  await page.waitForLoadState('networkidle');

  await expect(field(page, 'title')).toHaveValue(article.title);
  await expect(field(page, 'body')).toHaveValue(article.body);
  await send(page, editorButton(page, 'published'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
});

test('after a mistake the first wrong field has the focus, and nothing typed is lost', async ({ page }) => {
  await expect(async () => {
    await openHydrated(page, '/register');
    const ada = aPerson();
    await fillRegistration(page, { ...ada, username: '-begins-with-a-hyphen' });
    await field(page, 'email_again').fill(`x${ada.email}`);
    await submitButton(page, 'email_again').click();

    await expect(field(page, 'username')).toHaveAttribute('aria-invalid', 'true');
    await expect(field(page, 'username')).toBeFocused();
    await expect(field(page, 'username')).toHaveValue('-begins-with-a-hyphen');
    await expect(field(page, 'email')).toHaveValue(ada.email);
    await expect(field(page, 'email_again')).toHaveAttribute('aria-invalid', 'true');
  }).toPass();
});

test('another profile begins at its first page', async ({ page, stranger }) => {
  const ada = await register(stranger);
  const bob = await register(page);
  const article = anArticle();
  await publish(page, article);
  await page.goto(`/profile/${ada.username}?page=2`);
  await page.locator('.navbar').getByRole('link', { name: bob.username }).click();
  await expect(page).toHaveURL(`/profile/${bob.username}`);
  await expect(preview(page, article)).toBeVisible();
});

test('an article runs no script in its reader’s browser', async ({ page }) => {
  await register(page);
  const body = [
    '<script>window.ran = "script"</script>',
    '<img src="/nowhere.png" onerror="window.ran = \'handler\'">',
    '[a link](javascript:window.ran="link")',
    `The rest of the text ${unique()}.`,
  ].join('\n\n');
  await publish(page, anArticle({ body }));

  const content = page.locator('.article-content');
  await expect(content).toContainText('The rest of the text');
  await expect(content.locator('script, [onerror], a[href^="javascript" i]')).toHaveCount(0);
  await page.reload();
  await expect(content).toContainText('The rest of the text');
  expect(await page.evaluate(() => 'ran' in window)).toBe(false);
});

/** Confirms who it is, after another password was refused. */
async function prove(page: Page, { password }: Person): Promise<void> {
  const confirm = page.getByRole('button', { name: 'Confirm that it is you' });
  await field(page, 'password').fill('not the right password');
  await send(page, confirm);
  await expectProblem(page, 'password', /not your password/i);
  await field(page, 'password').fill(password);
  await send(page, confirm);
}

test('what is grave asks for the password in its place, and can then be done', async ({ page, stranger }) => {
  const ada = await register(page);
  await logIn(stranger, ada);
  await openHydrated(page, '/settings/security');
  await page.route('**/rpc/end-other-sessions', (route) => route.fulfill(PROVED_LONG_AGO), { times: 1 });
  const endAll = page.getByRole('button', { name: 'End all others' });
  await send(page, endAll);
  await expect(page.locator('.error-messages')).toContainText('Confirm first that it is you');
  await expect(endAll).toHaveCount(0);

  await prove(page, ada);
  await send(page, endAll);
  await expect(page.getByRole('status')).toContainText('Sessions were ended');
  await stranger.goto('/');
  await expectLoggedOut(stranger);
});

test('what was filled in before the password is asked for is there still', async ({ page }) => {
  const ada = await register(page);
  await leaveWithoutProof(page, 'somebody-else');
  await expect(page.locator('.error-messages')).toContainText('Confirm first that it is you');
  await expect(page.getByLabel('Is deleted too')).toBeHidden();

  await prove(page, ada);
  await expect(field(page, 'password')).toHaveCount(0);
  await expect(page.locator('.danger summary')).toBeFocused();
  await expect(page.getByLabel('Is deleted too')).toBeChecked();
  await expect(field(page, 'username')).toHaveValue('somebody-else');
  await field(page, 'username').fill(ada.username);
  await send(page, submitButton(page, 'username'));
  await expect(page).toHaveURL('/login?left=true');
});

test('who looks after others proves first who they are, and comes to the page that they wanted', async ({ page, server }) => {
  const ada = await made(page, server, 'administrator');
  await openHydrated(page, '/settings');
  await page.route('**/rpc/people?*', (route) => route.fulfill(PROVED_LONG_AGO), { times: 1 });
  await page.locator('main').locator('a[href="/admin"]').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Is it still you?');
  await prove(page, ada);
  await expect(page).toHaveURL('/admin');
  await expect(page.locator('li.desk-row').filter({ hasText: ada.username })).toBeVisible();
});
