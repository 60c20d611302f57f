import type { Page } from '@playwright/test';
import {
  expect, expectLoggedIn, expectLoggedOut, expectProblem, field, logIn, register, send, submitButton,
  test, tryLogIn, unique,
} from '../support.ts';

const rows = (page: Page) => page.getByRole('listitem').filter({ hasText: 'Last used' });

test('a person sees where they are logged in and ends what they do not know', async ({ page, stranger }) => {
  const ada = await register(page);
  await logIn(stranger, ada);

  await page.goto('/settings');
  await page.locator('main').getByRole('link', { name: 'Where you are logged in' }).click();
  await expect(page).toHaveURL('/settings/security');
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).first()).toContainText('This one');
  await send(page, rows(page).last().getByRole('button', { name: /^End / }));

  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByRole('status')).toContainText('Sessions were ended');
  await stranger.goto('/');
  await expectLoggedOut(stranger);
  await expectLoggedIn(page, ada);
});

test('a person ends all other sessions at once', async ({ page, stranger }) => {
  const ada = await register(page);
  await logIn(stranger, ada);
  await page.goto('/settings/security');
  await send(page, page.getByRole('button', { name: 'End all others' }));
  await expect(rows(page)).toHaveCount(1);
  await stranger.goto('/');
  await expectLoggedOut(stranger);
});

test('a person changes the password and stays logged in, here and nowhere else', async ({ page, stranger }) => {
  const ada = await register(page);
  await logIn(stranger, ada);
  const changed = { ...ada, password: `another lamp ${unique()}` };

  await page.goto('/settings/security');
  await field(page, 'current_password').fill('not the right password');
  await field(page, 'new_password').fill(changed.password);
  await send(page, submitButton(page, 'new_password'));
  await expectProblem(page, 'current_password', /not your password/i);

  await field(page, 'current_password').fill(ada.password);
  await field(page, 'new_password').fill(changed.password);
  await send(page, submitButton(page, 'new_password'));
  await expect(page.getByRole('status')).toContainText('The password was changed');
  await expectLoggedIn(page, ada);
  await stranger.goto('/');
  await expectLoggedOut(stranger);
  await tryLogIn(stranger, ada.username, ada.password);
  await expectLoggedOut(stranger);
  await logIn(stranger, changed);
});
