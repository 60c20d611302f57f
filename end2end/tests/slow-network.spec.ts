// A page can be read and written in before the application has come. It then takes over what is
// there: nothing typed before, meanwhile or after is lost, and nothing stands there twice.

import type { Page } from '@playwright/test';
import {
  anArticle, deskRow, editorButton, expect, expectLoggedIn, field, holdWasm, logOut, publish, register, send, submitButton, test,
  unique,
} from '../support.ts';

test.beforeEach(({ javaScriptEnabled }) => {
  test.skip(!javaScriptEnabled, 'there nothing comes later');
});

interface Form {
  /** Goes to where it can be reached, and tells its address. */
  open: (page: Page) => Promise<string>;
  names: string[];
}

const FORMS: Record<string, Form> = {
  'the log-in': { open: async () => '/login', names: ['email', 'password'] },
  'a request for a new password': { open: async () => '/reset', names: ['email'] },
  'the search': { open: async () => '/search', names: ['q'] },
  'the registration': { open: async () => '/register', names: ['username', 'email', 'email_again', 'password'] },
  'a new article': { open: member('/editor'), names: ['title', 'description', 'body', 'tags'] },
  'an article that is there': {
    open: async (page) => {
      await register(page);
      return (await publish(page, anArticle())).replace('article', 'editor');
    },
    names: ['title', 'description', 'body', 'tags'],
  },
  'a new password': { open: member('/settings/security'), names: ['current_password', 'new_password'] },
  'another name and address': { open: member('/settings/account'), names: ['username', 'email'] },
  'an invitation': { open: member('/settings/invitations'), names: ['email'] },
};

function member(path: string): Form['open'] {
  return async (page) => {
    await register(page);
    return path;
  };
}

/** Types at the end of what is there, a key after the other. */
async function type(page: Page, name: string, text: string): Promise<void> {
  await field(page, name).focus();
  await page.keyboard.press('ControlOrMeta+End');
  await page.keyboard.type(text, { delay: 5 });
}

for (const [what, { open, names }] of Object.entries(FORMS)) {
  test(`what is typed into ${what} while the application comes is there once`, async ({ page }) => {
    const path = await open(page);
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
    await page.waitForLoadState('networkidle');
    for (const [name, value] of expected) await expect(field(page, name)).toHaveValue(value);
    await type(page, names[0]!, '!');
    await expect(field(page, names[0]!)).toHaveValue(`${expected.get(names[0]!)}!`);
  });
}

/** A network as on a train: a third of a second until anything comes, and then little. */
async function slow(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  const little = 100 * 1024;
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 300, downloadThroughput: little, uploadThroughput: little });
}

test('on a train, a person logs in and changes an article', async ({ page }) => {
  test.slow();
  const ada = await register(page);
  const article = anArticle();
  const path = await publish(page, article);
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
  await page.goto('/articles', { waitUntil: 'commit' });
  await expect(deskRow(page, article)).toContainText('Published');
});
