import {
  expect, expectLoggedIn, expectLoggedOut, expectProblem, field, logIn, logOut, register, send, submitButton, test,
  tryLogIn, unique,
} from '../support.ts';

test('a person who forgot the password sets a new one by the link in a mail', async ({ page, stranger, server }) => {
  const ada = await register(page);
  await logIn(stranger, ada);
  await logOut(page);
  const renewed = { ...ada, password: `another lamp ${unique()}` };

  await page.goto('/login');
  await page.getByRole('link', { name: 'Forgotten your password?' }).click();
  await expect(page).toHaveURL('/reset');
  await field(page, 'email').fill(ada.username);
  await send(page, submitButton(page, 'email'));
  await expect(page.getByRole('status')).toContainText('a mail is on its way');

  const link = await server.mailedLink(ada.email);
  await page.goto(link);
  await field(page, 'password').fill('too short');
  await send(page, submitButton(page, 'password'));
  await expectProblem(page, 'password', /at least 12/i);
  await field(page, 'password').fill(renewed.password);
  await send(page, submitButton(page, 'password'));
  await expect(page).toHaveURL('/login?changed=true');
  await expect(page.getByRole('status')).toContainText(/password/i);

  await stranger.goto('/');
  await expectLoggedOut(stranger);
  await tryLogIn(page, ada.username, ada.password);
  await expectLoggedOut(page);
  await logIn(page, renewed);
  await expectLoggedIn(page, renewed);

  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link no longer works');
});

test('whoever is nobody here is told the same', async ({ page }) => {
  await page.goto('/reset');
  await field(page, 'email').fill(`nobody-${unique()}@example.org`);
  await send(page, submitButton(page, 'email'));
  await expect(page.getByRole('status')).toContainText('If there is such an account');
});
