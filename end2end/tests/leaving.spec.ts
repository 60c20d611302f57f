import { readFile } from 'node:fs/promises';
import {
  anArticle, expect, expectLoggedIn, expectLoggedOut, expectProblem, expectRefusal, field, logIn, publish, register, send,
  submitButton, test, tryLogIn,
} from '../support.ts';

test('a person takes along all that they wrote', async ({ page }) => {
  const ada = await register(page);
  const article = anArticle();
  await publish(page, article);
  await page.goto('/settings');
  await page.locator('main').getByRole('link', { name: /^Take it with you/ }).click();
  await expect(page).toHaveURL('/settings/data');

  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download everything' }).click();
  const download = await coming;
  expect(download.suggestedFilename()).toBe(`byline-${ada.username}.zip`);
  const zip = await readFile(await download.path());
  expect(zip.subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
  // The browser keeps the file, and stays where it is.
  await expect(page).toHaveURL('/settings/data');
  await expectLoggedIn(page, ada);
});

test('a person deletes their account, thinks better of it, and takes it back', async ({ page, stranger, server }) => {
  const ada = await register(page);
  const article = anArticle();
  const path = await publish(page, article);

  await page.goto('/settings/data');
  await page.getByText('Delete my account').first().click();
  await page.getByLabel('Is deleted too').check();
  await field(page, 'username').fill('somebody-else');
  await send(page, submitButton(page, 'username'));
  await expectProblem(page, 'username', /not your username/);
  await field(page, 'username').fill(ada.username);
  await send(page, submitButton(page, 'username'));
  await expect(page).toHaveURL('/login?left=true');
  await expect(page.getByRole('status')).toContainText('Your account is closed');
  await expectLoggedOut(page);
  await stranger.goto(path);
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('There is nothing here');
  await tryLogIn(page, ada.username, ada.password);
  await expectLoggedOut(page);

  const link = await server.mailedLink(ada.email, 'restore');
  await stranger.goto(link);
  await send(stranger, stranger.getByRole('button', { name: 'Take my account back' }));
  await expect(stranger.getByRole('status')).toContainText('open again');
  await stranger.goto(link);
  await send(stranger, stranger.getByRole('button', { name: 'Take my account back' }));
  await expectRefusal(stranger, /^This link or code was used already/);
  await logIn(page, ada);
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(article.title);
});
