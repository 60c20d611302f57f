// How good a new password is, told while it is typed: by code that nobody else fetches, and of a
// password that leaves the browser only with its form.

import type { Page } from '@playwright/test';
import { aPerson, expect, expectLoggedIn, field, fillRegistration, holdWasm, register, send, submitButton, test } from '../support.ts';

const meter = (page: Page) => page.locator('.strength meter');
const words = (page: Page) => page.locator('.strength');

/** Counts what the page asks the server for from now on, by a part of its address. */
function asked(page: Page, part: string): () => number {
  let number = 0;
  page.on('request', (request) => {
    if (request.url().includes(part)) number += 1;
  });
  return () => number;
}

test('without JavaScript nothing is said of it', async ({ page }, { project }) => {
  test.skip(project.name !== 'no-javascript', 'the others say it');
  await page.goto('/register');
  await field(page, 'password').fill('password1234');
  await expect(words(page)).toBeEmpty();
});

test.describe('with JavaScript', () => {
  test.beforeEach(({}, { project }) => {
    test.skip(project.name === 'no-javascript', 'nothing is said there');
  });

  test('a new password is judged as it is typed, and the code for it comes no earlier', async ({ page }) => {
    const [chunks, functions] = [asked(page, '/pkg/split_strength'), asked(page, '/rpc/')];
    const ada = aPerson();
    await page.goto('/register');
    await page.waitForLoadState('networkidle');
    await fillRegistration(page, { ...ada, password: '' });
    await expect(words(page)).toBeEmpty();
    expect(chunks()).toBe(0);
    const before = functions();
    await field(page, 'password').fill('password1234');
    await expect(words(page)).toContainText(/easy to guess\. .*common password/i);
    await expect(meter(page)).toHaveAttribute('value', /^[01]$/);
    await field(page, 'password').fill(`${ada.username}1`);
    await expect(words(page)).not.toContainText('common password');
    await expect(meter(page)).toHaveAttribute('value', /^[012]$/);
    await field(page, 'password').fill('seven grey herons over wet slate');
    await expect(words(page)).toContainText('Very good.');
    await expect(meter(page)).toHaveAttribute('value', '4');
    await field(page, 'password').fill('');
    await expect(words(page)).toBeEmpty();
    expect(chunks()).toBe(1);
    expect(functions(), 'nothing is sent').toBe(before);
  });

  test('what was typed before the application was there is judged as well', async ({ page }) => {
    const release = await holdWasm(page);
    await page.goto('/register', { waitUntil: 'commit' });
    await field(page, 'password').fill('password1234');
    release();
    await expect(words(page)).toContainText(/easy to guess/i);
  });

  test('it keeps nobody from sending the form', async ({ page }) => {
    const ada = { ...aPerson(), password: 'aaaabbbbcccc dddd' };
    await page.goto('/register');
    await fillRegistration(page, ada);
    await expect(meter(page)).toBeVisible();
    await send(page, submitButton(page, 'email_again'));
    await expect(page).toHaveURL('/');
    await expectLoggedIn(page, ada);
  });

  test('it is told where a password is changed as well', async ({ page }) => {
    await register(page);
    await page.goto('/settings/security');
    await page.waitForLoadState('networkidle');
    await field(page, 'current_password').fill('password1234');
    await expect(words(page)).toBeEmpty();
    await field(page, 'new_password').fill('password1234');
    await expect(words(page)).toContainText(/easy to guess/i);
  });
});
