// Every page of the site, one after the other, with something on each: for whatever has to look at
// all of them.

import type { Page } from '@playwright/test';
import type { Server } from './server.ts';
import {
  aDevice, addPasskey, anArticle, aPerson, aServer, deskRow, digits, editorButton, expect, expectProblem, field, fillRegistration, halfWay, made,
  PASSKEYS, type Person, publish, save, saveDraft, send, skipBrowserChecks, submitButton, test as base,
} from './support.ts';

// A word, a line of code and a table that no phone is wide enough for.
const WIDE = [
  `A ${'very'.repeat(40)}long word, and \`${'code'.repeat(40)}\` in a line.`,
  '```rust\n' + '#[test] fn line() -> u8 { let x: &str = "of code"; 12 } // and what it is for '.repeat(4) + '\n```',
  `| ${'column | '.repeat(12)}\n| ${'--- | '.repeat(12)}\n| ${'value | '.repeat(12)}`,
].join('\n\n');

// Long enough for contents.
const LONG = ['# One', `## ${'Two'.repeat(40)}`, '# `Three`'].map((heading) => `${heading}\n\n${'word '.repeat(400)}`).join('\n\n');

// A GIF of one pixel.
const PICTURE = {
  name: 'dot.gif',
  mimeType: 'image/gif',
  buffer: Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64'),
};

export interface Viewers {
  member: Page;
  visitor: Page;
  keeper: Page;
  /** Whether their browsers run scripts. */
  scripted: boolean;
}

/** A page that is on the screen, by its address and what was done there. */
export interface Shown {
  viewer: Page;
  name: string;
}

export const test = base.extend<{ viewers: Viewers }, { server: Server }>({
  // With proofs of addresses, comments that wait, and passkeys, which a site without the settings
  // and under a number never shows.
  server: aServer('localhost', { BYLINE_EMAIL_PROOF: 'on', BYLINE_COMMENTS: 'hold' }),

  /** Whoever writes, whoever is not logged in, and whoever looks after the site. */
  viewers: async ({ page, stranger, browser, javaScriptEnabled }, use) => {
    const context = await browser.newContext();
    await use({ member: page, visitor: stranger, keeper: await context.newPage(), scripted: javaScriptEnabled });
    await context.close();
  },
});

export function pagesOf({ member, visitor, keeper }: Viewers): Page[] {
  return [member, visitor, keeper];
}

/** Shows pages one after the other, with something on each. */
export type Walk = (viewers: Viewers, server: Server) => AsyncGenerator<Shown>;

/** Where links and addresses lead, whether somebody is logged in or nobody. */
const addresses: Walk = async function* ({ member, visitor }, server) {
  const ada = await made(member, server, 'author', longPerson());
  await save(member, server, anArticle({ title: `Harbour${'master'.repeat(18)}` }));
  const article = await publish(member, anArticle({
    title: `Lighthouse${'keeper'.repeat(18)}`, description: 'fog'.repeat(60), body: `${WIDE}\n\n${LONG}`, tags: `harbour, ${'ropes'.repeat(6)}`,
  }));
  const profile = `/profile/${ada.username}`;
  yield* each(member, [
    '/', article, profile, '/editor', article.replace('article', 'editor'), '/settings', '/settings/security', PASSKEYS,
    '/settings/security/second-factor', '/settings/invitations', '/settings/account', '/settings/data',
    '/settings/data/import', '/images',
  ]);
  yield* each(visitor, [
    '/', '/?page=1000', article, profile, '/login', '/register', '/register/confirm', '/reset', '/reset?sent=true',
    '/restore/0', '/nowhere', '/tags',
  ]);
};

/** Lists of articles: without one, with more than a page of them, and searches. */
const lists: Walk = async function* ({ member, visitor }, server) {
  const ada = await made(member, server, 'author', longPerson());
  const profile = `/profile/${ada.username}`;
  yield* each(member, [
    '/articles', profile, '/tag/nothing', '/tags?page=2', '/search', `/search?q=${'nowhere'.repeat(20)}`, `/search?q=${'a'.repeat(201)}`,
  ]);
  for (let n = 0; n < 11; n++) await save(member, server, anArticle({ title: `Lighthouse${'keeper'.repeat(18)}` }));
  await saveDraft(member, anArticle({ title: 'W'.repeat(100) }));
  yield* each(member, [
    '/articles', '/articles?page=2', '/articles?tab=drafts', '/articles?tab=scheduled', '/articles?tab=deleted&deleted=a', '/articles?q=nothing',
    '/?page=2', `${(await save(member, server, anArticle())).replace('article', 'articles')}/revisions?version=1`,
  ]);
  yield* each(visitor, ['/tag/harbour', `${profile}?page=2`, '/search?q=lighthousekeeper&page=2']);
  const [coming, gone] = [anArticle({ title: `Lamp${'lighter'.repeat(13)}` }), anArticle({ title: `Bell${'ringer'.repeat(15)}` })];
  await save(member, server, coming, 'published', { publish_at: '2099-01-31T08:00' });
  await save(member, server, gone);
  await member.goto('/articles');
  await send(member, deskRow(member, gone).getByRole('button', { name: 'Delete' }));
  await expect(member.getByRole('button', { name: 'Undo' })).toBeVisible();
  yield { viewer: member, name: '/articles, one is deleted' };
  for (const [tab, article] of [['scheduled', coming], ['deleted', gone]] as const) {
    await member.goto(`/articles?tab=${tab}`);
    await expect(deskRow(member, article)).toHaveCount(1);
    yield { viewer: member, name: `/articles?tab=${tab}, with one` };
  }
};

/** Pictures, and articles that come in a file. */
const files: Walk = async function* ({ member, scripted }, server) {
  await made(member, server, 'author', longPerson());
  if (scripted) yield await choosing(member, 'No pictures yet.', 'none to choose from');
  await member.goto('/images');
  await member.getByLabel('Picture', { exact: true }).setInputFiles(PICTURE);
  await field(member, 'alt').first().fill(`A lighthouse${'keeper'.repeat(30)}`);
  await send(member, submitButton(member, 'file'));
  await expect(member.getByLabel('For your article')).toHaveCount(1);
  yield { viewer: member, name: '/images, with a picture' };
  if (scripted) yield await choosing(member, 'A lighthousekeeper', 'one to choose');
  await member.goto('/images');
  await member.getByLabel('Picture', { exact: true }).setInputFiles({ ...PICTURE, buffer: Buffer.from('none') });
  await send(member, submitButton(member, 'file'));
  await expect(member.locator('.error-messages')).toBeVisible();
  yield { viewer: member, name: '/images, refused' };
  await member.goto('/settings/data/import');
  await member.getByLabel('File').setInputFiles(articlesOfElsewhere());
  await send(member, member.getByRole('button', { name: 'Import', exact: true }));
  await expect(member.getByRole('status').filter({ hasText: '1 imported, 0 there already, 1 left out.' })).toBeVisible();
  yield { viewer: member, name: '/settings/data/import, its report' };
};

/** The editor while one of one's own pictures is chosen. */
async function choosing(viewer: Page, shows: string, what: string): Promise<Shown> {
  await viewer.goto('/editor');
  await viewer.getByRole('button', { name: 'Choose from your pictures' }).click();
  await expect(viewer.getByRole('dialog')).toContainText(shows);
  return { viewer, name: `/editor, ${what}` };
}

/** A list of a site of the RealWorld kind: of one that can be taken in, and one that cannot. */
function articlesOfElsewhere() {
  const one = (slug: string, body: string) => ({
    slug, title: slug, description: '', body, tagList: [], createdAt: '2024-01-31T08:00:00.000Z', updatedAt: '2024-01-31T08:00:00.000Z',
    author: { username: 'ada' },
  });
  const articles = [one(`lighthouse-${'keeper'.repeat(10)}`, 'Words enough to be read.'), one('short', 'Short')];
  return { name: 'articles.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify({ articles })) };
}

/** The editor with its preview, and with two versions of one article. */
const writing: Walk = async function* ({ member, scripted }, server) {
  await made(member, server, 'author', longPerson());
  const article = anArticle({ body: WIDE, tags: `harbour, ${'ropes'.repeat(6)}` });
  await save(member, server, article, 'draft');
  await member.goto('/articles');
  await deskRow(member, article).getByRole('link', { name: 'Edit' }).click();
  await expect(field(member, 'body')).toHaveValue(WIDE);
  if (scripted) {
    await member.getByRole('button', { name: 'Preview' }).click();
    await expect(member.locator('.preview table')).toBeVisible();
    yield { viewer: member, name: '/editor/:slug, with its preview' };
    // On a phone it stands in the place of the text.
    await member.getByRole('button', { name: 'Preview' }).click();
  }
  // Somewhere else it is saved meanwhile, and described in other words.
  const known = { slug: await field(member, 'slug').first().inputValue(), version: await field(member, 'version').inputValue() };
  await save(member, server, { ...article, body: `${WIDE} Less.`, description: 'fog'.repeat(60) }, 'draft', known);
  await field(member, 'body').fill(`${WIDE} And more.`);
  if (!scripted) await send(member, editorButton(member, 'draft'));
  await expect(member.getByRole('heading', { name: 'Two versions' })).toBeVisible({ timeout: 15_000 });
  if (scripted) await expect(member.getByLabel('Article, as stored')).toHaveValue(/Less/);
  yield { viewer: member, name: '/editor/:slug, with two versions' };
  if (!scripted) return;
  await member.getByRole('button', { name: 'Keep mine' }).click();
  await expect(member.locator('.kept-texts')).toBeVisible();
  await expect(member.locator('.save-state')).toContainText('Saved', { timeout: 15_000 });
  yield { viewer: member, name: '/editor/:slug, with another text kept' };
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
  yield* each(member, [here, '/settings/security', '/settings/security/log', '/settings/security/passkeys']);

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

/** Passkeys, which a browser makes with scripts alone. */
const passkeys: Walk = async function* ({ member, scripted }, server) {
  if (!scripted) return;
  await made(member, server, 'author');
  await aDevice(member);
  await addPasskey(member, 'k'.repeat(64));
  yield { viewer: member, name: `${PASSKEYS}, with one` };
  await member.locator('#passkey_name').fill('k'.repeat(65));
  await member.getByRole('button', { name: 'Rename it' }).click();
  await expect(member.locator('#passkey_name-error')).toBeVisible();
  yield { viewer: member, name: `${PASSKEYS}, refused` };
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

/** What readers make of an article, and what whoever moderates makes of that. */
const readers: Walk = async function* ({ member, visitor, keeper }, server) {
  const ada = await made(member, server, 'author', longPerson());
  const article = await publish(member, anArticle());
  await field(member, 'comment').fill(WIDE);
  await send(member, submitButton(member, 'comment'));
  await expect(member.locator('.comment')).toHaveCount(1);
  await member.goto('/settings');
  await field(member, 'bio').fill('W'.repeat(300));
  await send(member, submitButton(member, 'bio'));
  const profile = `/profile/${ada.username}`;
  await expect(member).toHaveURL(profile);
  await made(keeper, server, 'editor');
  await keeper.goto(article);
  await send(keeper, keeper.getByRole('button', { name: 'Add to favourites' }));
  await send(keeper, keeper.getByRole('button', { name: `Follow ${ada.username}` }));
  await unfold(keeper);
  await keeper.locator('.comment [name="reason"]').fill('r'.repeat(301));
  await send(keeper, keeper.getByRole('button', { name: 'Report it' }));
  await expect(keeper.locator('.error-messages')).toBeVisible();
  yield { viewer: keeper, name: `${article}, refused` };
  await keeper.locator('.comment [name="reason"]').fill('r'.repeat(300));
  await send(keeper, keeper.getByRole('button', { name: 'Report it' }));
  await field(keeper, 'comment').fill('');
  await skipBrowserChecks(keeper, 'comment');
  await send(keeper, submitButton(keeper, 'comment'));
  await expectProblem(keeper, 'comment', /./);
  yield { viewer: keeper, name: `${article}, no comment` };
  yield* each(keeper, [article, profile, '/?feed=following', '/admin/reports', '/settings']);
  yield* each(member, [article, '/?feed=following', `${profile}/favorites`]);
  yield* each(visitor, [article, profile, `${profile}/favorites`]);
  await made(visitor, server, 'reader', longPerson());
  await visitor.goto(article);
  await field(visitor, 'comment').fill(WIDE);
  await send(visitor, submitButton(visitor, 'comment'));
  await expect(visitor.locator('.comment').last()).toContainText('Waits for approval');
  yield { viewer: visitor, name: `${article}, held` };
  yield* each(member, [article]);
  await keeper.goto('/admin/reports');
  await expect(keeper.getByRole('heading', { name: 'Waiting for approval' })).toBeVisible();
  yield { viewer: keeper, name: '/admin/reports, one is held' };
};

export const WALKS: Record<string, Walk> = {
  'any address': addresses,
  lists,
  writing,
  files,
  'mailed links': mailedLinks,
  'second factors': secondFactors,
  passkeys,
  'the proof of an address': proofs,
  'looking after a site': administration,
  'what readers make of it': readers,
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
export async function unfold(page: Page): Promise<void> {
  await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
}

/** What of the page is wider than the screen. */
export function tooWide(page: Page, width: number): Promise<string[]> {
  return page.evaluate((width) => {
    if (document.scrollingElement!.scrollWidth <= width) return [];
    const wide = [...document.body.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > width);
    return [`wider than ${width}`, ...wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 120))];
  }, width);
}

/** Looks, along a walk, whether every page has one main heading, a title of its own and a language. */
export function outlines(): (shown: Shown) => Promise<void> {
  const titles = new Map<string, string>();
  return async ({ viewer, name }) => {
    await expect.soft(viewer.locator('h1'), name).toHaveCount(1);
    await expect.soft(viewer.locator('html'), name).toHaveAttribute('lang', /./);
    await expect.soft(viewer.locator('main'), name).toHaveCount(1);
    // What is asked or done there makes it no other page; nor does a link in place of a code.
    const page = name.replace(/[?,].*/, '').replace(/^(\/register\/confirm)\/.*/, '$1');
    const title = await viewer.title();
    expect.soft(titles.get(title) ?? page, title).toBe(page);
    titles.set(title, page);
  };
}
