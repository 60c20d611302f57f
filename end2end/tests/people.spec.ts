import type { Page } from '@playwright/test';
import {
  anArticle, expect, expectProblem, field, made, openHydrated, publish, register, send, submitButton, test,
} from '../support.ts';

test('a person says something of themselves and shows a picture', async ({ page, stranger }) => {
  const ada = await register(page);
  await page.goto('/settings');
  await field(page, 'bio').fill('I write about boats.\nAnd fog.');
  await field(page, 'image').fill('somewhere');
  await send(page, submitButton(page, 'bio'));
  await expectProblem(page, 'image', /begins with/);
  await expect(field(page, 'bio')).toHaveValue('I write about boats.\nAnd fog.');
  await field(page, 'image').fill('/favicon.svg');
  await send(page, submitButton(page, 'bio'));
  await expectProblem(page, 'image', /begins with/);
  await field(page, 'image').fill('');
  await send(page, submitButton(page, 'bio'));
  await expect(page).toHaveURL(`/profile/${ada.username}`);

  await stranger.goto(`/profile/${ada.username}`);
  await expect(stranger.locator('.user-info .bio')).toHaveText('I write about boats.\nAnd fog.');
  await expect(stranger.locator('.user-info .user-img')).toHaveText(ada.username.charAt(0).toUpperCase());
});

test('what is typed into the form moves no button away from whoever is pressing it', async ({ page, javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, 'nothing moves without JavaScript');
  const ada = await register(page);
  await openHydrated(page, '/settings');
  await field(page, 'image').pressSequentially('https://example.org/a.png');
  await expect(page.getByRole('button', { name: 'Remove the picture' })).toBeVisible();
  // The picture is asked for when the field is left, which pressing does. A person lets go later.
  await submitButton(page, 'bio').hover();
  await page.mouse.down();
  await expect(page.locator('.picture-upload img')).toHaveAttribute('src', 'https://example.org/a.png');
  await page.mouse.up();
  await expect(page).toHaveURL(`/profile/${ada.username}`);
});

test('a reader follows an author and reads what they write', async ({ page, stranger }) => {
  const ada = await register(page);
  const article = anArticle({ visibility: 'members' });
  await publish(page, article);
  await stranger.goto('/');
  await expect(stranger.locator('.feed-toggle')).not.toContainText('Following');

  await register(stranger);
  await stranger.locator('.feed-toggle').getByRole('link', { name: 'Following' }).click();
  await expect(stranger).toHaveURL('/?feed=following');
  await expect(stranger.locator('.empty-feed-message')).toContainText('follow its author');
  await stranger.goto(`/profile/${ada.username}`);
  await send(stranger, stranger.getByRole('button', { name: `Follow ${ada.username}` }));
  await expect(stranger.getByRole('button', { name: `Unfollow ${ada.username}` })).toBeVisible();
  await stranger.goto('/?feed=following');
  await expect(stranger.locator('.feed-toggle .active')).toHaveText('Following');
  await expect(stranger.locator('.article-preview')).toHaveCount(1);
  await expect(stranger.locator('.article-preview h2')).toHaveText(article.title);
});

test('a reader keeps a favourite, and their profile lists it', async ({ page, stranger }) => {
  await register(page);
  const article = anArticle();
  const path = await publish(page, article);
  const bob = await register(stranger);
  await stranger.goto(path);
  await send(stranger, stranger.getByRole('button', { name: 'Add to favourites' }));
  await expect(stranger.getByRole('button', { name: 'Remove from favourites (1)' })).toBeVisible();
  await stranger.goto(`/profile/${bob.username}`);
  await stranger.locator('.feed-toggle').getByRole('link', { name: 'Favourites' }).click();
  await expect(stranger).toHaveURL(`/profile/${bob.username}/favorites`);
  await expect(stranger.locator('.article-preview h2')).toHaveText(article.title);
});

test('a reader comments, and takes it back', async ({ page, stranger }) => {
  await register(page);
  const path = await publish(page, anArticle());
  await stranger.goto(path);
  await expect(stranger.locator('.comment-form')).toHaveCount(0);
  const bob = await register(stranger);
  await stranger.goto(path);
  await field(stranger, 'comment').fill('Well **said**.');
  await send(stranger, submitButton(stranger, 'comment'));
  await expect(stranger).toHaveURL(new RegExp(`${path}#comment-`));
  const comment = stranger.locator('.comment');
  await expect(comment.locator('strong')).toHaveText('said');
  await expect(comment).toContainText(bob.username);

  await field(stranger, 'comment').fill('x'.repeat(5001));
  await send(stranger, submitButton(stranger, 'comment'));
  await expectProblem(stranger, 'comment', /at most 5000 characters/);
  await expect(field(stranger, 'comment')).toHaveValue('x'.repeat(5001));

  await stranger.goto(path);
  await comment.getByText('Delete', { exact: true }).click();
  await send(stranger, comment.getByRole('button', { name: 'Delete this comment' }));
  await expect(comment).toHaveCount(0);
});

test('whoever logs in to comment comes back to the form', async ({ page, stranger }) => {
  const ada = await register(page);
  const body = Array.from({ length: 60 }, () => 'The fog came early that day.').join('\n\n');
  const path = await publish(page, anArticle({ body }));
  await stranger.goto(path);
  await stranger.locator('#comments').getByRole('link', { name: 'Log in' }).click();
  await field(stranger, 'email').fill(ada.username);
  await field(stranger, 'password').fill(ada.password);
  await send(stranger, submitButton(stranger, 'password'));
  await expect(stranger).toHaveURL(`${path}#comment`);
  await expect(field(stranger, 'comment')).toBeInViewport();
});

test('an author hides a comment and closes the comments', async ({ page, stranger }) => {
  await register(page);
  const path = await publish(page, anArticle());
  await register(stranger);
  await stranger.goto(path);
  await field(stranger, 'comment').fill('Rude words.');
  await send(stranger, submitButton(stranger, 'comment'));

  await page.goto(path);
  await send(page, page.locator('.comment').getByRole('button', { name: 'Hide' }));
  await expect(page.locator('.comment')).toContainText('Hidden');
  await send(page, page.getByRole('button', { name: 'Close the comments' }));
  await expect(page.locator('#comments')).toContainText('Comments are closed.');
  await stranger.goto(path);
  await expect(stranger.locator('.comment-form')).toHaveCount(0);
});

test('after what is pressed by keyboard the focus is where it was, or at what was made', async ({ page, stranger }) => {
  const ada = await register(page);
  const path = await publish(page, anArticle());
  await register(stranger);
  const button = (on: Page, name: string) => on.getByRole('button', { name, exact: true });
  const press = async (on: Page, name: string) => {
    const answered = on.waitForResponse((response) => response.request().method() === 'POST');
    await button(on, name).press('Enter');
    await answered;
  };
  await stranger.goto(path);
  await press(stranger, `Follow ${ada.username}`);
  await expect(button(stranger, `Unfollow ${ada.username}`)).toBeFocused();
  await press(stranger, 'Add to favourites');
  await expect(button(stranger, 'Remove from favourites (1)')).toBeFocused();
  await field(stranger, 'comment').fill('Well said.');
  await press(stranger, 'Post Comment');
  await expect(stranger.locator('.comment')).toBeFocused();
  await stranger.goto(`/profile/${ada.username}`);
  await press(stranger, `Unfollow ${ada.username}`);
  await expect(button(stranger, `Follow ${ada.username}`)).toBeFocused();

  await page.goto(path);
  await press(page, 'Hide');
  await expect(page.locator('.comment')).toBeFocused();
  await press(page, 'Close the comments');
  await expect(button(page, 'Open the comments again')).toBeFocused();
});

test('a comment is reported, and whoever moderates removes it', async ({ page, stranger, browser, server }) => {
  await register(page);
  const path = await publish(page, anArticle());
  await register(stranger);
  await stranger.goto(path);
  await field(stranger, 'comment').fill('Rude words.');
  await send(stranger, submitButton(stranger, 'comment'));

  await page.goto(path);
  await page.getByText('Report', { exact: true }).click();
  await field(page, 'reason').fill('It is rude');
  await send(page, page.getByRole('button', { name: 'Report it' }));
  await expect(page.locator('.comment')).toContainText('You have reported this.');

  const context = await browser.newContext();
  const editor = await context.newPage();
  await made(editor, server, 'editor');
  await editor.goto('/admin/reports');
  const report = editor.locator('.report').filter({ hasText: 'It is rude' });
  await report.getByText('Remove it', { exact: true }).click();
  await send(editor, report.getByRole('button', { name: 'Remove it for good' }));
  await expect(report).toHaveCount(0);
  await page.goto(path);
  await expect(page.locator('.comment')).toHaveCount(0);
  await context.close();
});
