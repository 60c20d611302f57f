// Six digits from an app after the password. The story tells the time as an app does.

import type { Page } from '@playwright/test';
import {
  digits, expect, expectLoggedIn, expectLoggedOut, expectProblem, field, logOut, type Person, register, send,
  submitButton, test, tryLogIn,
} from '../support.ts';

const HERE = '/settings/security/second-factor';

/** Sets an app up for whoever is logged in; gives its secret and the recovery codes. */
async function setUp(page: Page): Promise<{ secret: string; codes: string[] }> {
  await page.goto(HERE);
  await page.getByRole('button', { name: 'Set one up' }).click();
  await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible();
  const secret = (await page.locator('code.secret').textContent())!;
  await field(page, 'code').fill(digits(secret));
  await submitButton(page, 'code').click();
  const codes = (await page.locator('pre.secret').textContent())!.split('\n');
  return { secret, codes };
}

/** Gives the password, and is asked for more. */
async function halfWay(page: Page, person: Person): Promise<void> {
  await tryLogIn(page, person.username, person.password);
  await expect(page).toHaveURL(/\/login\/step/);
  await expectLoggedOut(page);
}

test('a person sets an app up, and is asked for its digits from then on', async ({ page }) => {
  const ada = await register(page);
  await page.goto('/settings/security');
  await page.getByRole('link', { name: 'Set one up' }).click();
  await expect(page).toHaveURL(HERE);
  const { secret, codes } = await setUp(page);
  expect(codes).toHaveLength(10);
  // Shown once: the page does not have them when it is asked for again.
  await page.goto(HERE);
  await expect(page.locator('main')).toContainText('Left: 10 of ten');
  await expect(page.locator('.secret')).toHaveCount(0);

  await logOut(page);
  await halfWay(page, ada);
  const right = digits(secret);
  await field(page, 'code').fill(right === '000000' ? '111111' : '000000');
  await send(page, submitButton(page, 'code'));
  await expectProblem(page, 'code', /wrong/);
  await expectLoggedOut(page);

  // The digits of the set-up are used up; a recovery code stands in, once, in either field.
  await field(page, 'code').fill(codes[0]!);
  await send(page, submitButton(page, 'code'));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
  await logOut(page);
  await halfWay(page, ada);
  await field(page, 'code').fill(codes[0]!);
  await send(page, submitButton(page, 'code'));
  await expectProblem(page, 'code', /used already/);
});

test('a log-in that waits for its second step can be called off', async ({ page }) => {
  const ada = await register(page);
  await setUp(page);
  await logOut(page);
  await halfWay(page, ada);
  await send(page, page.getByRole('button', { name: 'Cancel' }));
  await page.goto('/login/step');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Log in');
});

test('a person switches the app off, and the password is enough again', async ({ page }) => {
  const ada = await register(page);
  await setUp(page);
  await page.goto(HERE);
  await send(page, page.getByRole('button', { name: 'Switch it off' }));
  await expect(page).toHaveURL('/settings/security');
  await logOut(page);
  await tryLogIn(page, ada.username, ada.password);
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
});
