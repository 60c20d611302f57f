// A page can be read and written in before the application has come. It then takes over what is
// there: nothing typed before, meanwhile or after is lost, and nothing stands there twice.

import type { Page } from '@playwright/test';
import {
  anArticle, editorButton, expect, expectLoggedIn, field, holdWasm, logOut, register, save, send, submitButton, test, unique,
} from '../support.ts';

test.beforeEach(({}, { project }) => {
  test.skip(project.name !== 'desktop', 'without scripts nothing comes later, and a phone gets the same');
});

/** The fields of a form, by the address of its page. */
type Forms = Record<string, string[]>;

const OF_STRANGERS: Forms = {
  '/login': ['email', 'password'],
  '/reset': ['email'],
  '/search': ['q'],
  '/register': ['username', 'email', 'email_again', 'password'],
};

const OF_AN_ARTICLE = ['title', 'description', 'body', 'tags'];

const OF_MEMBERS: Forms = {
  '/editor': OF_AN_ARTICLE,
  '/settings/security': ['current_password', 'new_password'],
  '/settings/account': ['username', 'email'],
  '/settings/invitations': ['email'],
};

/** Types at the end of what is there, a key after the other. */
async function type(page: Page, name: string, text: string): Promise<void> {
  await field(page, name).focus();
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.type(text, { delay: 5 });
}

/**
 * Waits until the application has taken the form over: it listens to the form's being sent. The
 * browser's protocol tells who listens. The search is never taken over, and has nothing to wait for.
 */
async function takenOver(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle');
  if (name === 'q') return;
  const session = await page.context().newCDPSession(page);
  const listensTo = async () => {
    const { result } = await session.send('Runtime.evaluate', { expression: `document.querySelector('main [name="${name}"]').form` });
    const { listeners } = await session.send('DOMDebugger.getEventListeners', { objectId: result.objectId! });
    return listeners.map(({ type }) => type);
  };
  await expect.poll(listensTo, { timeout: 20_000 }).toContain('submit');
  await session.detach();
}

/** Begins before the application has come, ends when it has, and finds all of it. */
async function writeMeanwhile(page: Page, forms: Forms): Promise<void> {
  for (const [path, names] of Object.entries(forms)) {
    const release = await holdWasm(page);
    await page.goto(path, { waitUntil: 'commit' });
    const expected = new Map<string, string>();
    for (const name of names) {
      const before = await field(page, name).inputValue();
      await type(page, name, `begun-${name}`);
      expected.set(name, `${before}begun-${name}`);
    }
    const came = page.waitForResponse(/\.wasm($|\?)/);
    release();
    for (const name of names) {
      await type(page, name, `-and-ended-${'x'.repeat(12)}`);
      expected.set(name, `${expected.get(name)}-and-ended-${'x'.repeat(12)}`);
    }
    await came;
    await takenOver(page, names[0]!);
    for (const [name, value] of expected) await expect(field(page, name), path).toHaveValue(value);
    await type(page, names[0]!, '!');
    await expect(field(page, names[0]!), path).toHaveValue(`${expected.get(names[0]!)}!`);
  }
}

test('what a stranger types while the application comes is there once', async ({ page }) => {
  test.slow();
  await writeMeanwhile(page, OF_STRANGERS);
});

test('what a member types while the application comes is there once', async ({ page, server }) => {
  test.slow();
  await register(page);
  const article = await save(page, server, anArticle());
  await writeMeanwhile(page, { ...OF_MEMBERS, [article.replace('article', 'editor')]: OF_AN_ARTICLE });
});

/** A network as on a train: a third of a second until anything comes, and then little. */
async function slow(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const little = 100 * 1024;
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 300, downloadThroughput: little, uploadThroughput: little });
}

test('on a train, a person logs in and changes an article', async ({ page, server }) => {
  test.slow();
  const ada = await register(page);
  const article = anArticle();
  const path = await save(page, server, article);
  await logOut(page);
  await slow(page);

  await page.goto('/login', { waitUntil: 'commit' });
  await field(page, 'email').pressSequentially(ada.username, { delay: 40 });
  await field(page, 'password').pressSequentially(ada.password, { delay: 40 });
  await send(page, submitButton(page, 'password'));
  await expect(page).toHaveURL('/');
  await expectLoggedIn(page, ada);

  const more = ` and what was in them ${unique()}`;
  await page.goto(path.replace('article', 'editor'), { waitUntil: 'commit' });
  await type(page, 'description', more);
  await expect(field(page, 'description')).toHaveValue(article.description + more);
  await send(page, editorButton(page, 'published'));
  await expect(page.locator('.standfirst')).toHaveText(article.description + more);
});
