import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import type { Server } from '../server.ts';
import {
  anArticle, aPerson, aServer, digits, expect, expectProblem, field, fillRegistration, halfWay, made, type Person, publish,
  saveDraft, send, submitButton, test as base,
} from '../support.ts';

// A word, a line of code and a table that no phone is wide enough for.
const WIDE = [
  `A ${'very'.repeat(40)}long word, and \`${'code'.repeat(40)}\` in a line.`,
  '```\n' + 'let line = "of code"; '.repeat(12) + '\n```',
  `| ${'column | '.repeat(12)}\n| ${'--- | '.repeat(12)}\n| ${'value | '.repeat(12)}`,
].join('\n\n');

interface Viewers {
  member: Page;
  visitor: Page;
  keeper: Page;
}

/** A page that is on the screen, by its address and what was done there. */
interface Shown {
  viewer: Page;
  name: string;
}

const test = base.extend<{ viewers: Viewers }, { server: Server }>({
  // With proofs of addresses and with passkeys, which a site without the one and under a number
  // never shows.
  server: aServer('localhost', { BYLINE_EMAIL_PROOF: 'on' }),

  /** Whoever writes, whoever is not logged in, and whoever looks after the site. */
  viewers: async ({ page, stranger, browser }, use) => {
    const context = await browser.newContext();
    await use({ member: page, visitor: stranger, keeper: await context.newPage() });
    await context.close();
  },
});

/** Shows pages one after the other, with something on each. */
type Walk = (viewers: Viewers, server: Server) => AsyncGenerator<Shown>;

/** Where links and addresses lead, whether somebody is logged in or nobody. */
const addresses: Walk = async function* ({ member, visitor }, server) {
  const ada = await made(member, server, 'author', longPerson());
  const article = await publish(member, anArticle({ title: `Lighthouse${'keeper'.repeat(18)}`, body: WIDE }));
  await saveDraft(member, anArticle());
  const profile = `/profile/${ada.username}`;
  yield* each(member, [
    '/', article, profile, '/editor', article.replace('article', 'editor'), '/articles', '/settings', '/settings/security',
    '/settings/security/passkeys', '/settings/security/second-factor', '/settings/invitations', '/settings/account',
    '/settings/data',
  ]);
  yield* each(visitor, [
    '/', '/?page=1000', article, profile, '/login', '/register', '/register/confirm', '/reset', '/reset?sent=true',
    '/restore/0', '/nowhere',
  ]);
};

/** Another address, and somebody who is invited: what is mailed, and where its links lead. */
const mailedLinks: Walk = async function* ({ member, visitor }, server) {
  const ada = await made(member, server, 'author', longPerson());
  const other = `b${ada.email.slice(1)}`;
  await member.goto('/settings/account');
  await field(member, 'username').fill('two words');
  await send(member, submitButton(member, 'username'));
  await expectProblem(member, 'username', /./);
  yield { viewer: member, name: '/settings/account, refused' };
  await field(member, 'email').fill(other);
  await send(member, submitButton(member, 'email'));
  await expect(member.locator('main')).toContainText(`We mailed a link to ${other}`);
  yield { viewer: member, name: '/settings/account, a link on its way' };
  yield* each(member, [path(await server.mailedLink(other, 'settings/email'))]);
  yield* each(visitor, [path(await server.mailedLink(ada.email, 'not-me'))]);

  await member.goto('/settings/invitations');
  await field(member, 'email').fill(other);
  await send(member, submitButton(member, 'email'));
  await expect(member.locator('li.desk-row')).toContainText(other);
  await send(member, member.getByRole('button', { name: 'Invite', exact: true }));
  await expect(member.getByRole('status').locator('code')).toBeVisible();
  yield { viewer: member, name: '/settings/invitations, with a link' };
  yield* each(visitor, [path(await server.mailedInvitation(other))]);
};

/** An app being set up, its recovery codes, and what a log-in asks for then. */
const secondFactors: Walk = async function* ({ member, visitor }, server) {
  const ada = await made(member, server, 'author');
  const here = '/settings/security/second-factor';
  await member.goto(here);
  await member.getByRole('button', { name: 'Set one up' }).click();
  const secret = (await member.locator('code.secret').textContent())!;
  yield { viewer: member, name: `${here}, its key` };
  await field(member, 'code').fill('none');
  await submitButton(member, 'code').click();
  await expectProblem(member, 'code', /./);
  yield { viewer: member, name: `${here}, wrong digits` };
  await field(member, 'code').fill(digits(secret));
  await submitButton(member, 'code').click();
  await expect(member.locator('pre.secret')).toBeVisible();
  yield { viewer: member, name: `${here}, its codes` };
  yield* each(member, [here, '/settings/security', '/settings/security/passkeys']);

  await halfWay(visitor, ada);
  yield { viewer: visitor, name: '/login/step' };
  await unfold(visitor);
  await field(visitor, 'recovery_code').fill('none');
  await send(visitor, submitButton(visitor, 'recovery_code'));
  await expectProblem(visitor, 'recovery_code', /./);
  yield { viewer: visitor, name: '/login/step, a wrong code' };
};

/** A registration whose name is taken. */
const proofs: Walk = async function* ({ visitor, keeper }, server) {
  const here = '/register/confirm';
  const ada = await made(keeper, server, 'author', longPerson());
  const namesake = { ...longPerson(), username: ada.username };
  await visitor.goto('/register');
  await fillRegistration(visitor, { ...namesake, email: 'nowhere', password: 'short' });
  await send(visitor, submitButton(visitor, 'email_again'));
  await expectProblem(visitor, 'password', /./);
  yield { viewer: visitor, name: '/register, refused' };
  await fillRegistration(visitor, namesake);
  await send(visitor, submitButton(visitor, 'email_again'));
  await expect(visitor).toHaveURL(here);
  const code = await server.mailedCode(namesake.email);
  const link = path(await server.mailedLink(namesake.email, here.slice(1)));
  yield* each(visitor, [`${here}?sent=true`, link]);
  // Another browser is asked for the password.
  yield* each(keeper, [link]);
  await visitor.goto(here);
  await field(visitor, 'code').fill('none');
  await send(visitor, submitButton(visitor, 'code'));
  await expectProblem(visitor, 'code', /./);
  yield { viewer: visitor, name: `${here}, a wrong code` };
  await field(visitor, 'code').fill(code);
  await send(visitor, submitButton(visitor, 'code'));
  await expect(field(visitor, 'username')).toBeVisible();
  yield { viewer: visitor, name: `${here}, a name that is taken` };
};

/** What administrators see, and editors of an article. */
const administration: Walk = async function* ({ member, keeper }, server) {
  const ada = await made(member, server, 'author', longPerson());
  const article = await publish(member, anArticle());
  const boss = await made(keeper, server, 'administrator');
  const person = `/admin/people/${ada.username}`;
  yield* each(keeper, ['/admin', '/admin?q=nobody-at-all', '/admin?page=1000', article, person]);
  yield* each(keeper, ['set-role', 'set-active', 'end-sessions', 'mail-reset'].map((form) => `${person}?form=${form}`));
  await keeper.goto(`${person}?form=set-active`);
  await field(keeper, 'reason').fill(`It is${' very'.repeat(50)} long`);
  await send(keeper, submitButton(keeper, 'reason'));
  await expect(keeper.getByRole('status')).toContainText('Deactivated.');
  yield { viewer: keeper, name: `${person}, deactivated` };
  await keeper.goto(`/admin/people/${boss.username}?form=set-role`);
  await send(keeper, submitButton(keeper, 'reason'));
  await expect(keeper.locator('.error-messages')).toBeVisible();
  yield { viewer: keeper, name: `/admin/people/${boss.username}, refused` };
  yield* each(keeper, ['/admin/log', '/settings']);
};

const WALKS = {
  'any address': addresses,
  'mailed links': mailedLinks,
  'second factors': secondFactors,
  'the proof of an address': proofs,
  'looking after a site': administration,
};

async function* each(viewer: Page, paths: string[]): AsyncGenerator<Shown> {
  for (const path of paths) {
    await viewer.goto(path);
    yield { viewer, name: path };
  }
}

/** Somebody whose name and address are as long as can be, with nowhere to break them. */
function longPerson(): Person {
  const person = aPerson();
  const { username } = person;
  return { ...person, username: username.padEnd(32, 'a'), email: `${username.padEnd(64, 'a')}@example.org` };
}

function path(address: string): string {
  const { pathname, search } = new URL(address);
  return pathname + search;
}

/** Opens whatever is folded away. */
async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
}

for (const [what, walk] of Object.entries(WALKS)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`axe finds nothing wrong with ${what}, ${colorScheme}`, async ({ viewers, server, javaScriptEnabled }) => {
      test.skip(!javaScriptEnabled, 'axe is JavaScript, and the pages are the same');
      test.slow();
      for (const viewer of Object.values(viewers) as Page[]) {
        // Half-way through a transition, a colour is neither of the two that were chosen.
        await viewer.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      }
      for await (const { viewer, name } of walk(viewers, server)) {
        await unfold(viewer);
        const { violations } = await new AxeBuilder({ page: viewer })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
          .analyze();
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
        expect.soft(found, name).toEqual([]);
      }
    });
  }

  test(`nothing of ${what} scrolls sideways on the narrowest phone`, async ({ viewers, server }) => {
    for (const viewer of Object.values(viewers) as Page[]) await viewer.setViewportSize({ width: 320, height: 640 });
    for await (const { viewer, name } of walk(viewers, server)) {
      await expect(viewer.locator('main')).toBeVisible();
      await unfold(viewer);
      const width = await viewer.evaluate(() => document.documentElement.scrollWidth);
      expect.soft(width, name).toBeLessThanOrEqual(320);
    }
  });

  test(`every page of ${what} has one main heading, a title of its own and a language`, async ({ viewers, server }) => {
    const titles = new Map<string, string>();
    for await (const { viewer, name } of walk(viewers, server)) {
      await expect.soft(viewer.locator('h1'), name).toHaveCount(1);
      await expect.soft(viewer.locator('html'), name).toHaveAttribute('lang', /./);
      await expect.soft(viewer.locator('main'), name).toHaveCount(1);
      // What is asked or done there makes it no other page; nor does a link in place of a code.
      const page = name.replace(/[?,].*/, '').replace(/^(\/register\/confirm)\/.*/, '$1');
      const of = await viewer.title();
      expect.soft(titles.get(of) ?? page, of).toBe(page);
      titles.set(of, page);
    }
  });
}

test('the keyboard reaches the content first by the skip link', async ({ page }) => {
  await page.goto('/login');
  await page.keyboard.press('Tab');
  const skip = page.locator(':focus');
  await expect(skip).toHaveText(/skip/i);
  await expect(skip).toBeInViewport();
  const target = await skip.getAttribute('href');
  expect(target).toMatch(/^#./);
  await page.keyboard.press('Enter');
  await expect(page.locator(target!)).toBeInViewport();
  // The next Tab goes on from there, past the navigation.
  await page.keyboard.press('Tab');
  expect(await page.locator(':focus').evaluate((element) => element.closest('main') !== null)).toBe(true);
});

test('whatever has the focus shows it', async ({ page }) => {
  await page.goto('/register');
  // Further than the last field: the navigation, the form and its button.
  for (let presses = 0; presses < 14; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return null;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      const outlined = outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
      return { visible: outlined || boxShadow !== 'none', html: element.outerHTML.slice(0, 120) };
    });
    // Past the last link the focus is the browser's own.
    if (focused === null) break;
    expect.soft(focused.visible, focused.html).toBe(true);
  }
});
