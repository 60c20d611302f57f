// What the stories are told with: the people, their articles, and what they do all the time.

import { createHmac, randomBytes } from 'node:crypto';
import { type CDPSession, test as base, expect, type Locator, type Page, type WorkerFixture } from '@playwright/test';
import { Server } from './server.ts';

export { expect };

export interface Person {
  username: string;
  email: string;
  password: string;
}

export interface Article {
  title: string;
  description: string;
  body: string;
  tags: string;
  visibility: 'public' | 'members';
}

/** Where a person's passkeys are looked after. */
export const PASSKEYS = '/settings/security/passkeys';

/** Something that keeps passkeys. */
export interface Device {
  session: CDPSession;
  authenticatorId: string;
}

/** A Byline for each worker, at that name and with those settings. */
export function aServer(...settings: Parameters<typeof Server.start>): [WorkerFixture<Server, {}>, { scope: 'worker' }] {
  const fixture: WorkerFixture<Server, {}> = async ({}, use) => {
    const server = await Server.start(...settings);
    await use(server);
    await server.stop();
  };
  return [fixture, { scope: 'worker' }];
}

export const test = base.extend<{ stranger: Page; quietPage: void }, { server: Server }>({
  /** The Byline of this worker. */
  server: aServer(),

  baseURL: async ({ server }, use) => {
    await use(server.origin);
  },

  /** Somebody else's browser: it shares nothing with `page`. */
  stranger: async ({ browser }, use) => {
    const context = await browser.newContext();
    await use(await context.newPage());
    await context.close();
  },

  /** In every story: no page may throw or complain in the console. */
  quietPage: [
    async ({ context, server }, use, testInfo) => {
      const complaints: string[] = [];
      context.on('weberror', (error) => complaints.push(String(error.error())));
      context.on('console', (message) => {
        // Chromium says this of every 4xx answer, and those are part of the stories.
        const expected = message.text().startsWith('Failed to load resource');
        if (message.type() === 'error' && !expected) complaints.push(message.text());
      });
      await use();
      if (testInfo.errors.length > 0) {
        await testInfo.attach('server log', { body: server.log(), contentType: 'text/plain' });
      }
      expect(complaints, 'errors in the browser').toEqual([]);
    },
    { auto: true },
  ],
});

/** Keeps the WebAssembly back until it is let through. */
export async function holdWasm(page: Page): Promise<() => void> {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(/\.wasm($|\?)/, async (route) => {
    await released;
    // The page may be gone by now, and its requests with it.
    await route.continue().catch(() => {});
  });
  return release;
}

/** Somebody who is not registered yet. */
export function aPerson(): Person {
  const username = `ada-${unique()}`;
  return { username, email: `${username}@example.org`, password: `harbour lamp ${unique()}` };
}

/** An article nobody has written yet. */
export function anArticle(details: Partial<Article> = {}): Article {
  return {
    title: `A walk by the harbour ${unique()}`,
    description: 'What the boats looked like in the fog.',
    body: `The fog came **early** that day.\n\nBy noon the lamp ${unique()} was lit.`,
    tags: 'harbour, weather',
    visibility: 'public',
    ...details,
  };
}

export function unique(): string {
  return randomBytes(5).toString('hex');
}

/** The input, select or textarea of this name. */
export function field(page: Page, name: string): Locator {
  return page.locator(`:is(input, textarea, select)[name="${name}"]`);
}

/** What sends the form that this field is in, if the form has one way to be sent. */
export function submitButton(page: Page, fieldName: string): Locator {
  return page.locator('form').filter({ has: field(page, fieldName) }).locator('button:not([type="button"])');
}

/** Clicks, and waits until the server has answered what the click sent. What an editor saves by itself is not that. */
export async function send(page: Page, button: Locator): Promise<void> {
  const answered = page.waitForResponse(
    (response) => response.request().method() === 'POST' && !response.url().endsWith('/rpc/keep-text'),
  );
  await button.click();
  await answered;
}

export async function fillRegistration(page: Page, person: Person): Promise<void> {
  await field(page, 'username').fill(person.username);
  await field(page, 'email').fill(person.email);
  await field(page, 'email_again').fill(person.email);
  await field(page, 'password').fill(person.password);
}

/** Registers a new person, who is then logged in on the front page. */
export async function register(page: Page, person = aPerson()): Promise<Person> {
  await page.goto('/register');
  await fillRegistration(page, person);
  await send(page, submitButton(page, 'email_again'));
  await expect(page).toHaveURL('/');
  return person;
}

/** Makes somebody on the command line, as whoever runs the site does, and logs them in. */
export async function made(page: Page, server: Server, role: string, person = aPerson()): Promise<Person> {
  await server.command(['user', 'create', person.username, person.email, '--role', role], `${person.password}\n`);
  await logIn(page, person);
  return person;
}

/** Fills and sends the log-in form, whatever comes of it. */
export async function tryLogIn(page: Page, identity: string, password: string): Promise<void> {
  await page.goto('/login');
  await field(page, 'email').fill(identity);
  await field(page, 'password').fill(password);
  await send(page, submitButton(page, 'password'));
}

export async function logIn(page: Page, person: Person, identity = person.username): Promise<void> {
  await tryLogIn(page, identity, person.password);
  await expect(page).toHaveURL('/');
}

/** Sets a new password by the link of a mail. */
export async function setPassword(page: Page, link: string, password: string): Promise<void> {
  await page.goto(link);
  await field(page, 'password').fill(password);
  await send(page, submitButton(page, 'password'));
  await expect(page).toHaveURL('/login?changed=true');
}

export async function logOut(page: Page): Promise<void> {
  await page.goto('/settings');
  await send(page, page.locator('main').getByRole('button', { name: 'Log out' }));
  await expectLoggedOut(page);
}

// The text and not the look of the navigation: on a phone it may be folded away.
export async function expectLoggedIn(page: Page, person: Person): Promise<void> {
  await expect(page.locator('.navbar')).toContainText(person.username);
}

export async function expectLoggedOut(page: Page): Promise<void> {
  await expect(page.locator('.navbar')).toContainText('Log in');
}

export async function fillEditor(page: Page, article: Article): Promise<void> {
  await field(page, 'title').fill(article.title);
  await field(page, 'description').fill(article.description);
  await field(page, 'body').fill(article.body);
  await field(page, 'tags').fill(article.tags);
  await chooseVisibility(page, article.visibility);
}

async function chooseVisibility(page: Page, visibility: Article['visibility']): Promise<void> {
  const select = page.locator('select[name="visibility"]');
  if ((await select.count()) > 0) {
    await select.selectOption(visibility);
  } else {
    await page.locator(`[name="visibility"][value="${visibility}"]`).check();
  }
}

export function editorButton(page: Page, status: 'published' | 'draft'): Locator {
  return page.locator(`button[name="status"][value="${status}"]`);
}

/** Publishes a new article and returns its path; the article is then on the screen. */
export async function publish(page: Page, article: Article): Promise<string> {
  await page.goto('/editor');
  await fillEditor(page, article);
  await send(page, editorButton(page, 'published'));
  await expect(page).toHaveURL(/\/article\/[^/?#]+$/);
  return new URL(page.url()).pathname;
}

/** Saves a new draft and returns the path it can be read at; the desk is then on the screen. */
export async function saveDraft(page: Page, article: Article): Promise<string> {
  await page.goto('/editor');
  await fillEditor(page, article);
  await send(page, editorButton(page, 'draft'));
  await expect(page).toHaveURL(/\/articles/);
  await page.goto('/articles');
  const path = await deskRow(page, article)
    .getByRole('link', { name: article.title, exact: true })
    .getAttribute('href');
  expect(path).toMatch(/^\/article\//);
  return path!;
}

/** Saves an article as a program does, past the editor, with what else its form has, and gives the path it leads to. */
export async function save(
  page: Page, server: Server, article: Article, status = 'published', more: Record<string, string> = {},
): Promise<string> {
  const answer = await page.request.post('/rpc/save-article', {
    form: { ...article, status, ...more },
    headers: { accept: 'application/json', origin: server.origin },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  return (await answer.json()).to;
}

/** The article's row on its author's desk, /articles. */
export function deskRow(page: Page, article: Article): Locator {
  return page.locator('li.desk-row').filter({ hasText: article.title });
}

/** The article's place in a public list. */
export function preview(page: Page, article: Article): Locator {
  return page.locator('.article-preview').filter({ hasText: article.title });
}

/** The field is marked as wrong and the reason is tied to it. */
export async function expectProblem(page: Page, name: string, reason: RegExp): Promise<void> {
  await expect(field(page, name)).toHaveAttribute('aria-invalid', 'true');
  await expect(field(page, name)).toHaveAccessibleDescription(reason);
}

/** The same, and the keyboard goes on there: it is the first field that is wrong. */
export async function expectFirstProblem(page: Page, name: string, reason: RegExp): Promise<void> {
  await expectProblem(page, name, reason);
  await expect(field(page, name)).toBeFocused();
}

/** What is wrong is no field's fault: it is said above the form, and the keyboard goes on there. */
export async function expectRefusal(page: Page, reason: RegExp): Promise<void> {
  await expect(page.locator('.error-messages')).toContainText(reason);
  await expect(page.locator('.error-messages')).toBeFocused();
}

/** Leaves every check to the server: what it says must not depend on the browser's own. */
export async function skipBrowserChecks(page: Page, fieldName: string): Promise<void> {
  await field(page, fieldName).evaluate((input) => {
    input.closest('form')!.noValidate = true;
  });
}

/**
 * What an authenticator app shows for that secret (RFC 6238), so many half minutes from now. Of one
 * half minute the digits are good once; the site takes those of the next one as well.
 */
export function digits(secret: string, later = 0): string {
  const bits = [...secret.replaceAll(/\s/g, '')]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const mac = createHmac('sha1', key).update(step).digest();
  const offset = mac.at(-1)! & 15;
  const number = (mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000;
  return number.toString().padStart(6, '0');
}

/** Sets an app up for whoever is logged in; gives its secret and the recovery codes. */
export async function setUpApp(page: Page): Promise<{ secret: string; codes: string[] }> {
  await page.goto('/settings/security/second-factor');
  await page.getByRole('button', { name: 'Set one up' }).click();
  await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible();
  const secret = (await page.locator('code.secret').textContent())!;
  await field(page, 'code').fill(digits(secret));
  await submitButton(page, 'code').click();
  const codes = (await page.locator('pre.secret').textContent())!.split('\n');
  return { secret, codes };
}

/** A device in the browser of `page`, whose owner is there and proves it: it makes passkeys. */
export async function aDevice(page: Page): Promise<Device> {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return { session, authenticatorId };
}

/** What the server says to a session in which nobody proved anything for ten minutes. */
export const PROVED_LONG_AGO = { status: 403, contentType: 'application/json', body: '"recent_login_needed"' };

/** Opens a page, and waits until the application has taken it over. */
export async function openHydrated(page: Page, path: string): Promise<void> {
  await page.goto(path);
  // Whatever is loaded, down to the chunk of a lazy page, has come by then.
  await page.waitForLoadState('networkidle');
}

/** Goes somewhere from the front page, by the router alone. */
export async function withinOneDocument(page: Page, go: () => Promise<void>): Promise<void> {
  // The application may need a moment after its last byte: then the click is a plain link's.
  await expect(async () => {
    await openHydrated(page, '/');
    await page.evaluate(() => Object.assign(window, { sameDocument: true }));
    await go();
    expect(await page.evaluate(() => 'sameDocument' in window)).toBe(true);
  }).toPass();
}

/** Fills in the form that deletes an account, with that name to be sure, and sends it when the last proof is too old. */
export async function leaveWithoutProof(page: Page, username: string): Promise<void> {
  await openHydrated(page, '/settings/data');
  await page.getByText('Delete my account').first().click();
  await page.getByLabel('Is deleted too').check();
  await field(page, 'username').fill(username);
  await page.route('**/rpc/delete-account', (route) => route.fulfill(PROVED_LONG_AGO), { times: 1 });
  await send(page, submitButton(page, 'articles'));
}

/** Adds a passkey to the account of whoever is logged in. */
export async function addPasskey(page: Page, name: string): Promise<void> {
  await page.goto(PASSKEYS);
  await page.locator('#new-name').fill(name);
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await expect(page.getByRole('status')).toHaveText('A passkey was added.');
  await expect(page.locator('li.desk-row').last()).toContainText(name);
}

/** Gives the password, and is asked for the second factor. */
export async function halfWay(page: Page, person: Person): Promise<void> {
  await tryLogIn(page, person.username, person.password);
  await expect(page).toHaveURL(/\/login\/step/);
  await expectLoggedOut(page);
}
