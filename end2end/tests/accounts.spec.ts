import {
  aPerson, anArticle, expect, expectLoggedIn, expectLoggedOut, expectProblem, field, fillRegistration,
  logIn, logOut, register, saveDraft, skipBrowserChecks, submitButton, test, tryLogIn,
} from '../support.ts';

test('a person who registers is logged in at once, on the front page', async ({ page }) => {
  const ada = await register(page);
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);
  await page.reload();
  await expectLoggedIn(page, ada);
});

test('a person who logs out is out, in every tab', async ({ page, context }) => {
  await register(page);
  const otherTab = await context.newPage();
  await logOut(page);
  await otherTab.goto('/');
  await expectLoggedOut(otherTab);
});

test('a person logs in by username or by e-mail, in any case', async ({ page }) => {
  const ada = await register(page);
  for (const identity of [ada.username, ada.email, ada.username.toUpperCase(), ada.email.toUpperCase()]) {
    await logOut(page);
    await logIn(page, ada, identity);
    await expectLoggedIn(page, ada);
  }
});

test('a wrong password and an unknown person get the same answer', async ({ page, javaScriptEnabled }) => {
  const ada = await register(page);
  await logOut(page);

  const answers: string[] = [];
  for (const identity of [ada.username, ada.email, aPerson().username, aPerson().email]) {
    await tryLogIn(page, identity, 'not the right password');
    const errors = page.locator('.error-messages');
    await expect(errors).toHaveCount(1);
    await expect(errors).toBeVisible();
    answers.push((await errors.innerText()).trim());
    // Without JavaScript the error may travel in the query.
    if (javaScriptEnabled) await expect(page).toHaveURL('/login');
    else expect(new URL(page.url()).pathname).toBe('/login');
    await expectLoggedOut(page);
  }
  expect(answers[0]).not.toBe('');
  expect(new Set(answers).size).toBe(1);
});

test('a taken username and a taken e-mail are told at once, beside their fields', async ({ page }) => {
  const ada = await register(page);
  await logOut(page);

  await page.goto('/register');
  const shouting = { ...ada, username: ada.username.toUpperCase(), email: ada.email.toUpperCase() };
  await fillRegistration(page, shouting);
  await submitButton(page, 'email_again').click();

  await expectProblem(page, 'username', /taken/i);
  await expectProblem(page, 'email', /registered already/i);
  await expectLoggedOut(page);
});

test('every field that is wrong says so, all at once', async ({ page }) => {
  await page.goto('/register');
  await field(page, 'username').fill('two words');
  await field(page, 'email').fill('nowhere');
  await field(page, 'email_again').fill('elsewhere@example.org');
  await field(page, 'password').fill('short');
  await skipBrowserChecks(page, 'email_again');
  await submitButton(page, 'email_again').click();

  await expectProblem(page, 'username', /letters/i);
  await expectProblem(page, 'email', /e-mail address/i);
  await expectProblem(page, 'password', /at least 12/i);
  await expectLoggedOut(page);
});

test('an e-mail address typed differently the second time is noticed', async ({ page }) => {
  const ada = aPerson();
  await page.goto('/register');
  await fillRegistration(page, ada);
  await field(page, 'email_again').fill(`x${ada.email}`);
  await submitButton(page, 'email_again').click();
  await expectProblem(page, 'email_again', /not the same/i);
  await expectLoggedOut(page);
});

test('a page that needs an account asks to log in, and comes back', async ({ page }) => {
  const ada = await register(page);
  await logOut(page);
  for (const path of ['/editor', '/settings', '/articles']) {
    await page.goto(path);
    await expect(page).toHaveURL(/\/login/);
    await field(page, 'email').fill(ada.username);
    await field(page, 'password').fill(ada.password);
    await submitButton(page, 'password').click();
    await expect(page).toHaveURL(path);
    await logOut(page);
  }
});

test('after a log-out, going back shows nothing private', async ({ page }) => {
  await register(page);
  const secret = anArticle();
  const path = await saveDraft(page, secret);
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1 })).toContainText(secret.title);
  await logOut(page);

  // Back over the settings, the draft and the desk.
  for (let steps = 0; steps < 4; steps++) {
    await page.goBack();
    await expectLoggedOut(page);
    await expect(page.getByText(secret.title)).toHaveCount(0);
  }
});
