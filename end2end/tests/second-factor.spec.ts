// Six digits from an app after the password. The story tells the time as an app does.

import {
  digits, expect, expectFirstProblem, expectLoggedIn, expectLoggedOut, expectProblem, field, halfWay, logOut, register,
  send, setUpApp, submitButton, test, tryLogIn,
} from '../support.ts';

const HERE = '/settings/security/second-factor';

/** Six digits that are not those. */
const other = (right: string) => (right === '000000' ? '111111' : '000000');

test('a person sets an app up, and is asked for its digits from then on', async ({ page }) => {
  const ada = await register(page);
  await page.goto('/settings/security');
  await page.getByRole('link', { name: 'Set one up' }).click();
  await expect(page).toHaveURL(HERE);
  const { secret, codes } = await setUpApp(page);
  expect(codes).toHaveLength(10);
  // Shown once: the page does not have them when it is asked for again.
  await page.goto(HERE);
  await expect(page.locator('main')).toContainText('Left: 10 of ten');
  await expect(page.locator('.secret')).toHaveCount(0);

  await logOut(page);
  await halfWay(page, ada);
  const right = digits(secret);
  await field(page, 'code').fill(other(right));
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

test('with the digits a person comes to where they were going, after a mistake as well', async ({ page }) => {
  const ada = await register(page);
  const { secret } = await setUpApp(page);
  await logOut(page);
  await page.goto('/articles');
  await field(page, 'email').fill(ada.username);
  await field(page, 'password').fill(ada.password);
  await send(page, submitButton(page, 'password'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('One more step');

  await field(page, 'code').fill(other(digits(secret, 1)));
  await send(page, submitButton(page, 'code'));
  await expectFirstProblem(page, 'code', /wrong/);
  await field(page, 'code').fill(digits(secret, 1));
  await send(page, submitButton(page, 'code'));
  await expect(page).toHaveURL('/articles');
  await expectLoggedIn(page, ada);
});

test('half-way in, nothing is open but the second step', async ({ page }) => {
  const ada = await register(page);
  await setUpApp(page);
  await logOut(page);
  await halfWay(page, ada);
  for (const path of ['/settings', '/settings/security/second-factor', '/editor', '/articles']) {
    await page.goto(path);
    await expect(page).toHaveURL(/\/login\?/);
    await expectLoggedOut(page);
  }
  await page.goto('/login/step');
  await expect(field(page, 'code')).toBeVisible();
});

test('a recovery code stands in for a lost telephone, and is one fewer afterwards', async ({ page }) => {
  const ada = await register(page);
  const { codes } = await setUpApp(page);
  await logOut(page);
  await halfWay(page, ada);
  await expect(field(page, 'recovery_code')).toBeHidden();
  await page.getByText('Use a recovery code').click();
  await field(page, 'recovery_code').fill('aaaa-aaaa-aaaa-aaaa');
  await send(page, submitButton(page, 'recovery_code'));
  // The fold stays open over what was wrong in it.
  await expectFirstProblem(page, 'recovery_code', /wrong/);
  await field(page, 'recovery_code').fill(codes[3]!.toUpperCase());
  await send(page, submitButton(page, 'recovery_code'));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
  await page.goto(HERE);
  await expect(page.locator('main')).toContainText('Left: 9 of ten');
});

test('whoever guesses at the digits begins again with the password', async ({ page }) => {
  const ada = await register(page);
  const { secret } = await setUpApp(page);
  await logOut(page);
  await halfWay(page, ada);
  for (let guess = 1; guess <= 5; guess++) {
    await field(page, 'code').fill(other(digits(secret, 1)));
    await send(page, submitButton(page, 'code'));
    if (guess < 5) await expectProblem(page, 'code', /wrong/);
  }
  await page.goto('/login/step');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This log-in is over');
  await expect(field(page, 'code')).toHaveCount(0);
  await expectLoggedOut(page);
  await page.locator('main').getByRole('link', { name: 'Log in' }).click();
  await expect(field(page, 'password')).toBeVisible();
  await halfWay(page, ada);
  await field(page, 'code').fill(digits(secret, 1));
  await send(page, submitButton(page, 'code'));
  await expectLoggedIn(page, ada);
});

test('wrong digits do not end the setting up, and its key stays the same', async ({ page }) => {
  await register(page);
  await page.goto(HERE);
  await page.getByRole('button', { name: 'Set one up' }).click();
  const secret = (await page.locator('code.secret').textContent())!;
  const bare = secret.replaceAll(/\s/g, '');
  await expect(page.getByRole('link', { name: 'The app is on this device' })).toHaveAttribute(
    'href', new RegExp(`^otpauth://totp/.*secret=${bare}`),
  );
  await field(page, 'code').fill(other(digits(secret)));
  await submitButton(page, 'code').click();
  await expectFirstProblem(page, 'code', /wrong/);
  await expect(page.locator('code.secret')).toHaveText(secret);
  await field(page, 'code').fill(digits(secret));
  await submitButton(page, 'code').click();
  await expect(page.locator('pre.secret')).toBeVisible();
});

test('recovery codes are shown once: loading the page again brings none of them back', async ({ page }) => {
  await register(page);
  const { codes } = await setUpApp(page);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Second factor');
  await expect(page.locator('.secret')).toHaveCount(0);
  await expect(page.locator('main')).not.toContainText(codes[0]!);

  await page.goto(HERE);
  await page.getByRole('button', { name: 'Make new codes' }).click();
  const renewed = (await page.locator('pre.secret').textContent())!.split('\n');
  expect(renewed).toHaveLength(10);
  expect(renewed).not.toContain(codes[0]);
  const file = await page.getByRole('link', { name: 'Save them as a file' }).getAttribute('href');
  expect(decodeURIComponent(file!)).toContain(renewed.join('\n'));
});

test('a log-in that waits for its second step can be called off', async ({ page }) => {
  const ada = await register(page);
  await setUpApp(page);
  await logOut(page);
  await halfWay(page, ada);
  await send(page, page.getByRole('button', { name: 'Cancel' }));
  await expect(page).toHaveURL('/');
  await expectLoggedOut(page);
  await page.goto('/login/step');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Log in');
});

test('a person switches the app off, and the password is enough again', async ({ page }) => {
  const ada = await register(page);
  await setUpApp(page);
  await page.goto(HERE);
  await send(page, page.getByRole('button', { name: 'Switch it off' }));
  await expect(page).toHaveURL('/settings/security');
  await logOut(page);
  await tryLogIn(page, ada.username, ada.password);
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
});
