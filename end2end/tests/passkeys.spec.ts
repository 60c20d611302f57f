// Passkeys, with a device that Chromium plays. They are bound to a name, so the site goes by
// localhost here.

import type { Page } from '@playwright/test';
import type { Server } from '../server.ts';
import {
  addPasskey, aDevice, aServer, type Device, digits, expect, expectLoggedIn, expectLoggedOut, field, leaveWithoutProof,
  logIn, logOut, PASSKEYS, register, send, submitButton, test as base, tryLogIn,
} from '../support.ts';

const test = base.extend<{ device: Device }, { server: Server }>({
  server: aServer('localhost'),

  device: async ({ page }, use) => {
    await use(await aDevice(page));
  },
});

/** How many passkeys the device keeps. */
async function kept({ session, authenticatorId }: Device): Promise<number> {
  const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId });
  return credentials.length;
}

const rows = (page: Page) => page.locator('li.desk-row');
const withPasskey = (page: Page) => page.getByRole('button', { name: 'Log in with a passkey' });

test('without JavaScript nobody is offered what needs it, and what does not works', async ({ page }, { project }) => {
  test.skip(project.name !== 'no-javascript', 'the others are offered it');
  await page.goto('/login');
  await expect(withPasskey(page)).toBeHidden();
  await register(page);
  await page.goto(PASSKEYS);
  await expect(page.locator('main')).toContainText('You have none yet.');
  await expect(page.getByRole('button', { name: 'Add a passkey' })).toBeHidden();
  await expect(page.locator('.no-passkey')).toContainText('JavaScript');
});

test.describe('with JavaScript', () => {
  test.beforeEach(({}, { project }) => {
    test.skip(project.name === 'no-javascript', 'a browser talks to devices through JavaScript alone');
  });

  test('the button for a passkey appears in a place that was kept for it', async ({ page }) => {
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/passkeys.js', async (route) => {
      await released;
      await route.continue();
    });
    await page.goto('/login');
    await expect(withPasskey(page)).toBeHidden();
    const below = page.getByRole('link', { name: 'Forgotten your password?' });
    const before = await below.boundingBox();
    release();
    await expect(withPasskey(page)).toBeVisible();
    expect(await below.boundingBox()).toEqual(before);
  });

  test('a proof by passkey keeps what was filled in before it was asked for', async ({ page, device }) => {
    await register(page);
    await addPasskey(page, 'My laptop');
    await leaveWithoutProof(page, 'somebody-else');
    await page.getByRole('button', { name: 'Confirm with a passkey' }).click();
    await expect(field(page, 'password')).toHaveCount(0);
    await expect(page.getByLabel('Is deleted too')).toBeChecked();
    await expect(field(page, 'username')).toHaveValue('somebody-else');
    expect(await kept(device)).toBe(1);
  });

  test('a person adds a passkey, logs in with it, renames and removes it', async ({ page, device }) => {
    const ada = await register(page);
    await page.goto('/settings/security');
    await page.locator(`a[href="${PASSKEYS}"]`).click();
    await expect(page).toHaveURL(PASSKEYS);
    await expect(page.locator('main')).toContainText('You have none yet.');
    await expect(page.locator('.no-passkey')).toBeHidden();
    await addPasskey(page, 'This computer');
    expect(await kept(device)).toBe(1);
    await expectLoggedIn(page, ada);

    await logOut(page);
    await page.goto('/login?next=/articles');
    await withPasskey(page).click();
    await expect(page).toHaveURL('/articles');
    await expectLoggedIn(page, ada);

    await page.goto(PASSKEYS);
    await expect(rows(page)).toContainText('Last used');
    await field(page, 'passkey_name').last().fill('The desk');
    await send(page, page.getByRole('button', { name: 'Rename it' }));
    await expect(rows(page)).toContainText('The desk');
    await send(page, page.getByRole('button', { name: 'Remove The desk' }));
    await expect(page.getByRole('status')).toHaveText('A passkey was removed.');
    await expect(rows(page)).toHaveCount(0);
    await expectLoggedIn(page, ada);

    // The device still has it; the site knows it no more.
    await logOut(page);
    await page.goto('/login');
    await withPasskey(page).click();
    await expect(page.locator('form.passkey [role="alert"]')).toContainText('not accepted');
    await expectLoggedOut(page);
    await logIn(page, ada);
  });

  test('a passkey is asked for after the password, and what stands in for it opens as well', async ({ page, device }) => {
    const ada = await register(page);
    await addPasskey(page, 'This computer');
    expect(await kept(device)).toBe(1);
    await expect(page.locator('main')).toContainText('You have no recovery codes.');
    await page.getByRole('link', { name: 'Recovery codes' }).click();
    await page.getByRole('button', { name: 'Make recovery codes' }).click();
    const [code] = (await page.locator('pre.secret').textContent())!.split('\n');

    await logOut(page);
    await tryLogIn(page, ada.username, ada.password);
    await expect(page).toHaveURL(/\/login\/step/);
    await expect(field(page, 'code')).toHaveCount(0);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await expect(page).toHaveURL('/');
    await expectLoggedIn(page, ada);

    await logOut(page);
    await tryLogIn(page, ada.username, ada.password);
    await field(page, 'recovery_code').fill(code!);
    await send(page, submitButton(page, 'recovery_code'));
    await expect(page).toHaveURL('/');
    await expectLoggedIn(page, ada);
  });

  test('it logs in where a session has ended, in place of the page', async ({ page, device }) => {
    const ada = await register(page);
    await addPasskey(page, 'This computer');
    expect(await kept(device)).toBe(1);
    await page.goto('/editor');
    await page.waitForLoadState('networkidle');
    await field(page, 'title').fill('Half a thought');
    await page.context().clearCookies();
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    const loggedOut = page.getByRole('dialog', { name: 'You are logged out' });
    await expect(loggedOut).toBeVisible();
    await expect(field(page, 'title')).toHaveCount(0);
    await withPasskey(page).click();
    await expect(loggedOut).toHaveCount(0);
    await expect(field(page, 'title')).toHaveValue('Half a thought');
    await expect(page).toHaveURL(/\/editor/);
    await expectLoggedIn(page, ada);
  });

  test('after a visit to other pages, without a reload, a passkey logs in as well', async ({ page, device }) => {
    const ada = await register(page);
    await addPasskey(page, 'This computer');
    expect(await kept(device)).toBe(1);
    await logOut(page);
    await page.goto('/');
    await page.waitForLoadState('networkidle');
    await page.getByRole('link', { name: 'Log in' }).first().click();
    await expect(page).toHaveURL('/login');
    await withPasskey(page).click();
    await expect(page).toHaveURL('/');
    await expectLoggedIn(page, ada);
  });

  test('what the browser refuses is told in words', async ({ page, device }) => {
    await register(page);
    await addPasskey(page, 'This computer');
    await page.locator('#new-name').fill('Once more');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await expect(page.locator('form.passkey [role="alert"]')).toContainText('has a passkey for your account already');
    expect(await kept(device)).toBe(1);
    await expect(page.getByRole('button', { name: 'Add a passkey' })).toBeEnabled();
    await logOut(page);
    await device.session.send('WebAuthn.clearCredentials', { authenticatorId: device.authenticatorId });
    await page.goto('/login');
    await withPasskey(page).click();
    await expect(page.locator('form.passkey [role="alert"]')).toContainText('no passkey for it on this device');
    await expectLoggedOut(page);
  });

  test('a passkey takes the place of the digits at the second step', async ({ page, device }) => {
    const ada = await register(page);
    await page.goto('/settings/security/second-factor');
    await page.getByRole('button', { name: 'Set one up' }).click();
    const secret = await page.locator('code.secret').textContent();
    await field(page, 'code').fill(digits(secret!));
    await submitButton(page, 'code').click();
    await expect(page.locator('pre.secret')).toBeVisible();
    await addPasskey(page, 'This computer');
    expect(await kept(device)).toBe(1);

    await logOut(page);
    await tryLogIn(page, ada.username, ada.password);
    await expect(page).toHaveURL(/^[^?]*\/login\/step/);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await expect(page).toHaveURL('/');
    await expectLoggedIn(page, ada);
  });
});
