// Another name, another address, and taking back what was done in one's name.

import {
  anArticle, expect, expectFirstProblem, expectLoggedIn, expectLoggedOut, field, logIn, logOut, publish,
  register, send, submitButton, test, tryLogIn, unique,
} from '../support.ts';

const HERE = '/settings/account';

test('a person takes another name, and links to the former one lead to it', async ({ page, stranger }) => {
  const ada = await register(page);
  const article = anArticle();
  const path = await publish(page, article);
  const renamed = { ...ada, username: `lovelace-${unique()}` };
  await page.goto('/settings');
  await page.locator('main').getByRole('link', { name: /^Change your username/ }).click();
  await expect(page).toHaveURL(HERE);
  await expect(field(page, 'username')).toHaveValue(ada.username);
  await field(page, 'username').fill('a b');
  await send(page, submitButton(page, 'username'));
  await expectFirstProblem(page, 'username', /letters/i);
  await expect(field(page, 'username')).toHaveValue('a b');
  await field(page, 'username').fill(renamed.username);
  await send(page, submitButton(page, 'username'));
  await expect(page.getByRole('status')).toContainText('The username was changed.');
  await expectLoggedIn(page, renamed);

  await stranger.goto(`/profile/${ada.username}`);
  await expect(stranger).toHaveURL(`/profile/${renamed.username}`);
  await stranger.goto(path);
  await expect(stranger.locator('main')).toContainText(renamed.username);
  await logIn(stranger, renamed);
});

test('a name that somebody had is nobody else’s, and theirs to take back', async ({ page, stranger }) => {
  const ada = await register(page);
  const bob = await register(stranger);
  const renamed = { ...ada, username: `lovelace-${unique()}` };
  await page.goto(HERE);
  await field(page, 'username').fill(renamed.username);
  await send(page, submitButton(page, 'username'));
  await expectLoggedIn(page, renamed);

  await stranger.goto(HERE);
  for (const name of [ada.username, renamed.username]) {
    await field(stranger, 'username').fill(name);
    await send(stranger, submitButton(stranger, 'username'));
    await expectFirstProblem(stranger, 'username', /taken/);
  }
  await stranger.goto('/');
  await expectLoggedIn(stranger, bob);

  await page.goto(HERE);
  await field(page, 'username').fill(ada.username);
  await send(page, submitButton(page, 'username'));
  await expect(page.getByRole('status')).toContainText('The username was changed.');
  await stranger.goto(`/profile/${renamed.username}`);
  await expect(stranger).toHaveURL(`/profile/${ada.username}`);
});

test('a new address counts once the link that went there was used', async ({ page, server }) => {
  const ada = await register(page);
  const moved = { ...ada, email: `new-${ada.email}` };
  await page.goto(HERE);
  await field(page, 'email').fill('nowhere');
  await send(page, submitButton(page, 'email'));
  await expectFirstProblem(page, 'email', /e-mail address/i);
  await field(page, 'email').fill(moved.email);
  await send(page, submitButton(page, 'email'));
  await expect(page.locator('main')).toContainText(`We mailed a link to ${moved.email}`);
  const link = await server.mailedLink(moved.email, 'settings/email');
  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Use this address?');
  await send(page, page.getByRole('button', { name: 'Use this address' }));
  await expect(page).toHaveURL(HERE);
  await expect(page.getByRole('status')).toContainText('The e-mail address was changed.');
  await expect(field(page, 'email')).toHaveValue(moved.email);
  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link no longer works');

  await logOut(page);
  await tryLogIn(page, ada.email, ada.password);
  await expectLoggedOut(page);
  await logIn(page, moved, moved.email);
});

test('a link to a new address that is opened where nobody is logged in asks to log in', async ({ page, stranger, server }) => {
  const ada = await register(page);
  const moved = { ...ada, email: `new-${ada.email}` };
  await page.goto(HERE);
  await field(page, 'email').fill(moved.email);
  await send(page, submitButton(page, 'email'));
  await expect(page.locator('main')).toContainText(`We mailed a link to ${moved.email}`);
  const link = await server.mailedLink(moved.email, 'settings/email');
  await stranger.goto(link);
  await expect(stranger).toHaveURL(/\/login\?/);
  await field(stranger, 'email').fill(ada.username);
  await field(stranger, 'password').fill(ada.password);
  await send(stranger, submitButton(stranger, 'password'));
  await expect(stranger).toHaveURL(link);
  await send(stranger, stranger.getByRole('button', { name: 'Use this address' }));
  await expect(field(stranger, 'email')).toHaveValue(moved.email);
  // Everybody else is logged out.
  await page.goto('/');
  await expectLoggedOut(page);
});

test('whoever hears at the former address that there is another takes it back', async ({ page, stranger, server }) => {
  const ada = await register(page);
  const thief = `thief-${ada.email}`;
  await page.goto(HERE);
  await field(page, 'email').fill(thief);
  await send(page, submitButton(page, 'email'));
  await expect(page.locator('main')).toContainText(`We mailed a link to ${thief}`);
  await page.goto(await server.mailedLink(thief, 'settings/email'));
  await send(page, page.getByRole('button', { name: 'Use this address' }));
  await expect(page.getByRole('status')).toContainText('The e-mail address was changed.');

  const notice = await server.mailedText(ada.email, 'Your e-mail address was changed');
  const link = notice.split('\r\n').find((line) => line.startsWith(`${server.origin}/not-me/`))!;
  await stranger.goto(link);
  await expect(stranger.locator('main')).toContainText(`Its e-mail address is ${ada.email} again.`);
  await send(stranger, stranger.getByRole('button', { name: 'This was not me' }));
  await expect(stranger).toHaveURL('/login?undone=true');
  await page.goto('/');
  await expectLoggedOut(page);

  const renewed = { ...ada, password: `another lamp ${unique()}` };
  await stranger.goto(await server.mailedLink(ada.email));
  await field(stranger, 'password').fill(renewed.password);
  await send(stranger, submitButton(stranger, 'password'));
  await expect(stranger).toHaveURL('/login?changed=true');
  await logIn(stranger, renewed, ada.email);
  await tryLogIn(page, thief, renewed.password);
  await expectLoggedOut(page);
  await stranger.goto(link);
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('This link no longer works');
});

test('a person proves the address that they have', async ({ page, server }) => {
  const ada = await register(page);
  await page.goto(HERE);
  await expect(page.locator('main')).toContainText('Nobody has proved yet that this address is yours.');
  await send(page, submitButton(page, 'email'));
  await expect(page.locator('main')).toContainText(`We mailed a link to ${ada.email}`);
  await page.goto(await server.mailedLink(ada.email, 'settings/email'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Is this your address?');
  await send(page, page.getByRole('button', { name: 'Yes, it is' }));
  await expect(page.getByRole('status')).toContainText('The e-mail address was proved.');
});

test('whoever reads of something that was not them shuts everybody out', async ({ page, stranger, server }) => {
  const ada = await register(page);
  await page.goto('/settings/security');
  await field(page, 'current_password').fill(ada.password);
  await field(page, 'new_password').fill(`stolen lamp ${unique()}`);
  await send(page, submitButton(page, 'new_password'));
  await expect(page.getByRole('status')).toContainText(/password was changed/i);

  await stranger.goto(await server.mailedLink(ada.email, 'not-me'));
  await expect(stranger.getByRole('heading', { level: 1 })).toHaveText('Shut everybody out?');
  await send(stranger, stranger.getByRole('button', { name: 'This was not me' }));
  await expect(stranger).toHaveURL('/login?undone=true');
  await expect(stranger.getByRole('status')).toContainText('Everybody is logged out');
  await page.goto('/');
  await expectLoggedOut(page);
  const renewed = { ...ada, password: `another lamp ${unique()}` };
  await stranger.goto(await server.mailedLink(ada.email));
  await field(stranger, 'password').fill(renewed.password);
  await send(stranger, submitButton(stranger, 'password'));
  await expect(stranger).toHaveURL('/login?changed=true');
  await tryLogIn(stranger, ada.username, ada.password);
  await expectLoggedOut(stranger);
  await logIn(stranger, renewed);
});
