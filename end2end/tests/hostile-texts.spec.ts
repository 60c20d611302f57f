// Cross-site scripting: whatever somebody writes, wherever it is shown, it is read and nothing more.
// With the pages' policy in force, under which nothing may have to be refused; and without it, so
// that it is the pages themselves that hold.

import type { Page } from '@playwright/test';
import { HOSTILE, inOneLine, TEXTS, Watch } from '../harm.ts';
import {
  aDevice, addPasskey, anArticle, aPerson, aServer, expect, made, type Person, PASSKEYS, register, save, test as base,
} from '../support.ts';
import type { Server } from '../server.ts';

const test = base.extend<object, { server: Server }>({
  // By a name, for passkeys, and without the limits that protect its log-ins.
  server: aServer('localhost', { BYLINE_LOGIN_ATTEMPTS_PER_ADDRESS: '10000' }),
});

test.describe.configure({ mode: 'parallel', timeout: 120_000 });
// Hundreds of pages are looked at, and a record of each takes longer than the look.
test.use({ trace: 'off', screenshot: 'off' });

test.beforeEach(({}, { project }) => {
  test.skip(project.name !== 'desktop', 'the documents are the same, and one browser is enough to run them');
});

/** So many at a time: as long as an address or an input may well be. */
function batches(texts: string[], longest: number): string[] {
  const made = [''];
  for (const text of texts) {
    if (made.at(-1)!.length + text.length > longest) made.push('');
    made[made.length - 1] += `${text} `;
  }
  return made;
}

/** Each in a list item, where what it leaves open ends with it; and one after the other. */
const WHOLE = {
  'Items of a list': TEXTS.map((text) => `* ${text.replaceAll('\n', '\n  ')}`).join('\n'),
  'Paragraphs': TEXTS.join('\n\n'),
  'Quotations': TEXTS.map((text) => text.split('\n').map((line) => `> ${line}`).join('\n')).join('\n\n'),
};

test('no article does anything but be read', async ({ browser, server }) => {
  const watch = await Watch.over(browser, server, { bypassCSP: true, hydrated: false });
  const page = await watch.context.newPage();
  const ada = await made(page, server, 'author');
  const tags = HOSTILE.tags!;
  const articles: [string, string][] = [];
  for (const [n, text] of TEXTS.entries()) {
    const article = anArticle({
      title: text, description: text, body: bodyOf(text), tags: `${tags[n % tags.length]}, ${tags[(n * 7) % tags.length]}`,
    });
    articles.push([text, await save(page, server, article)]);
  }
  const said: unknown[] = [];
  for (const [, path] of articles) {
    const { title, heading, description } = await watch.read(page, path);
    said.push([title, heading, description]);
  }
  expect.soft(said).toEqual(TEXTS.map(inOneLine).map((line) => [`${line} · Byline`, line, line]));
  const typed: unknown[] = [];
  const some = articles.filter((_, n) => n % 5 === 0);
  for (const [, path] of some) {
    const { title, description, body } = (await watch.read(page, path.replace('article', 'editor'))).fields;
    typed.push([title, description, body]);
  }
  expect.soft(typed).toEqual(some.map(([text]) => [inOneLine(text), inOneLine(text), bodyOf(text)]));
  for (const list of ['/articles?', `/profile/${ada.username}?`, '/search?q=alert&']) {
    for (let n = 1; n <= 10; n++) await watch.read(page, `${list}page=${n}`);
  }
  // Ten at a time, and run for once.
  for (let n = 1; n <= Math.ceil(TEXTS.length / 10); n++) await watch.visit(page, `/?page=${n}`);
  for (const tag of tags) await watch.visit(page, `/tag/${encodeURIComponent(tag)}`);
  for (const [title, body] of Object.entries(WHOLE)) {
    const article = await save(page, server, anArticle({ title, body }));
    await watch.visit(page, article);
    await watch.visit(page, article.replace('article', 'editor'));
  }
  await watch.end();
});

function bodyOf(text: string): string {
  return `${text}\n\nWords enough to be read.`;
}

test('nor does it once a page is hydrated, or made in the browser', async ({ browser, server }) => {
  const watch = await Watch.over(browser, server);
  const page = await watch.context.newPage();
  const ada = await made(page, server, 'author');
  const tags = HOSTILE.tags!.slice(0, 10);
  const word = `w${ada.username.replaceAll(/\W/g, '')}`;
  const written: string[] = [];
  for (const [title, body] of Object.entries(WHOLE)) {
    const description = inOneLine(HOSTILE.polyglots!.slice(0, 2).join(' ')).slice(0, 300);
    const article = anArticle({ title: `${title} </title><img src=x onerror=alert(1)>`, description, body: `${body}\n\n${word}`, tags: tags.join(',') });
    written.push(await save(page, server, article));
  }
  const profile = `/profile/${ada.username}`;
  const search = `/search?q=${word}`;
  const tag = `/tag/${encodeURIComponent(tags[0]!)}`;
  for (const path of [...written, written[0]!.replace('article', 'editor'), '/', profile, '/articles', search, tag]) {
    await watch.visit(page, path, 'networkidle');
  }

  // The router makes these pages of what it fetches; nothing is loaded anew.
  await watch.visit(page, '/', 'networkidle');
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  const links: [string, string][] = [
    [`.article-preview a[href="${written.at(-1)}"]`, '.article-content li, .article-content p'],
    ['.tag-list a', '.article-preview'],
    [`.navbar a[href="${profile}"]`, '.user-info'],
    ['.navbar a[href="/articles"]', '.desk-row'],
    [`a[href="${written[0]!.replace('article', 'editor')}"]`, 'textarea[name="body"]'],
    ['.navbar a[href="/search"]', 'input[name="q"]'],
  ];
  for (const [link, shown] of links) {
    await page.locator(link).first().click();
    await expect(page.locator(shown).first()).toBeVisible();
    await watch.look(page, `${page.url()}, by the router`);
  }
  expect(await page.evaluate(() => 'sameDocument' in window), 'one document').toBe(true);
  await watch.end();
});

test('no address does anything but lead somewhere', async ({ browser, server }) => {
  const [watch, boss] = [await Watch.over(browser, server, { hydrated: false }), await Watch.over(browser, server, { hydrated: false })];
  const [page, keeper] = [await watch.context.newPage(), await boss.context.newPage()];
  const { username } = await made(keeper, server, 'administrator');
  const texts = [...HOSTILE.breakouts!, ...HOSTILE.polyglots!, ...HOSTILE.unicode!, ...HOSTILE['svg and mathml']!].map(encodeURIComponent);
  const error = `__path=${encodeURIComponent('/rpc/log-in')}&__err=`;
  const ofStrangers = [
    '', 'tag/', 'profile/', 'article/', 'editor/', 'reset/', 'restore/', 'register/confirm/', 'not-me/', 'search/', 'pkg/', '?page=',
    'login?next=', 'login?next=/settings', 'login?sent=', 'register?invitation=', 'reset?sent=', 'search?q=', 'tag/x?page=', 'nowhere?x=',
    'login#', 'search?q=a&page=', `login?${error}`,
  ];
  const ofAdministrators = [
    'admin?q=', 'admin/people/', `admin/people/${username}?form=`, 'admin/log?page=', 'settings/email/', 'settings/security?form=',
    'editor/', 'articles?page=', 'search?q=',
  ];
  for (const text of addresses(texts, 3000)) {
    for (const path of ofStrangers) await watch.visit(page, `/${path}${text}`);
    for (const path of ofAdministrators) await boss.visit(keeper, `/${path}${text}`);
  }
  // What is searched for is shown while it is short.
  await watch.visit(page, '/search');
  for (const text of addresses(texts, 400)) await watch.read(page, `/search?q=${text}`);
  // And once the application makes of it what it will.
  await watch.hydrated();
  for (const path of ['search?q=', `login?${error}${texts[1]}&next=`, 'tag/', 'profile/', 'reset/', 'nowhere?x=', 'login#']) {
    await watch.visit(page, `/${path}${texts[0]}`, 'networkidle');
  }
  await watch.end();
  await boss.end();
});

/** Batches of what is encoded already. */
function addresses(texts: string[], longest: number): string[] {
  return batches(texts, longest).map((batch) => batch.trim().replaceAll(' ', '%20'));
}

test('no form that is refused gives back more than a text', async ({ browser, server }) => {
  const watch = await Watch.over(browser, server, { hydrated: false });
  const page = await watch.context.newPage();
  const values = batches(TEXTS, 4000);
  const strangers = { '/register': ['username', 'email', 'email_again', 'password'], '/login': ['email', 'password', 'next'], '/reset': ['email'] };
  const members = {
    '/editor': ['title', 'description', 'body', 'tags', 'slug', 'version', 'visibility', 'status', 'slug_wanted', 'canonical', 'language', 'direction', 'cover', 'cover_alt', 'publish_at'], '/settings/account': ['username', 'email'],
    '/settings/invitations': ['email'], '/settings/security': ['current_password', 'new_password'], '/settings/data': ['username'], '/settings': ['bio', 'image'],
  };
  const fill = async (forms: Record<string, string[]>) => {
    for (const [path, names] of Object.entries(forms)) {
      await page.goto(path);
      for (const [n, value] of values.entries()) {
        if (n === values.length - 1) await watch.hydrated();
        // As it is sent without scripts: to the page's own address, and from the refused page again.
        const sent = page.waitForNavigation({ waitUntil: n === values.length - 1 ? 'networkidle' : 'load' });
        const there = await page.evaluate(sendPlainly, [names, value] as const);
        expect(there, `${path} has a form for ${names}`).toBe(true);
        expect((await sent)!.status(), `${path}, refused`).toBeGreaterThanOrEqual(400);
        await watch.look(page, `${path}, refused`);
      }
      await watch.still();
    }
  };
  await fill(strangers);
  await register(page);
  await fill(members);
  await watch.end();
});

/** Runs in a page: puts the text into all of these inputs, and sends the form that has the first. */
function sendPlainly([names, value]: readonly [string[], string]): boolean {
  const first = document.querySelector<HTMLInputElement>(`form[method="post"] [name="${names[0]}"]`);
  if (first?.form == null) return false;
  for (const name of names) {
    let input = first.form.elements.namedItem(name);
    if (!(input instanceof HTMLInputElement && input.type !== 'radio') && !(input instanceof HTMLTextAreaElement)) {
      input = document.createElement('input');
      input.setAttribute('name', name);
      first.form.append(input as HTMLInputElement);
    }
    (input as HTMLInputElement).type !== 'textarea' && (input as Element).setAttribute('type', 'text');
    (input as HTMLInputElement).value = value;
  }
  HTMLFormElement.prototype.submit.call(first.form);
  return true;
}

test('nothing that a person is called or says of themselves does anything to whoever looks after the site', async ({ browser, server }) => {
  const administrator = await Watch.over(browser, server);
  const keeper = await administrator.context.newPage();
  const boss = await made(keeper, server, 'administrator');
  const watch = await Watch.over(browser, server);
  const page = await watch.context.newPage();
  const person = await register(page);
  await logInFrom(page, server, person);
  await namePasskeys(page, watch, server);
  const article = await save(page, server, anArticle());

  // Deactivated and activated by turns, each time for another reason.
  const other = aPerson();
  await server.command(['user', 'create', other.username, other.email], `${other.password}\n`);
  for (const [n, reason] of batches(TEXTS, 290).slice(0, 18).entries()) {
    await call(keeper, server, 'set-active', { username: other.username, active: String(n % 2 === 1), reason });
  }
  await watch.visit(page, '/settings/security', 'networkidle');
  const paths = [
    article, '/admin/log', '/admin', `/admin/people/${person.username}`, `/admin/people/${other.username}`,
    `/admin/people/${boss.username}`, `/admin?q=${encodeURIComponent(TEXTS[0]!)}`,
  ];
  for (const path of paths) await administrator.visit(keeper, path, 'networkidle');
  await administrator.visit(keeper, '/admin/log');
  const shown = inOneLine((await keeper.locator('main').textContent())!);
  expect(shown).toContain(inOneLine(batches(TEXTS, 290)[17]!));
  await watch.end();
  await administrator.end();
});

test('nor does what people say of themselves, of each other and of an article before', async ({ browser, server }) => {
  const watch = await Watch.over(browser, server);
  const page = await watch.context.newPage();
  const author = await made(page, server, 'author');
  const article = anArticle({ title: TEXTS[0]!, body: WHOLE['Paragraphs'] });
  const path = await save(page, server, article);
  const slug = path.split('/').at(-1)!;
  const [said, reasons] = [batches(TEXTS.map((text) => `${text}\n\n`), 4900), batches(TEXTS, 290)];
  expect(said.length).toBeGreaterThan(2);

  // Two by each, as nobody says more within a minute; and of themselves what fits.
  const watches: Watch[] = [];
  const writers: Page[] = [];
  for (const [n, comment] of said.entries()) {
    if (n % 2 === 0) {
      watches.push(await Watch.over(browser, server));
      writers.push(await watches.at(-1)!.context.newPage());
      await made(writers.at(-1)!, server, 'author');
    }
    const writer = writers.at(-1)!;
    await call(writer, server, 'add-comment', { slug, comment: comment.trim() });
  }
  for (const bio of reasons) {
    await call(page, server, 'save-profile', { bio: bio.trim().slice(0, 300), image: '' });
    await watch.read(page, `/profile/${author.username}`);
  }
  await watch.visit(page, path, 'networkidle');
  const handles = await page.locator('.comment').evaluateAll((all) => all.map((one) => one.id.replace('comment-', '')));
  expect(handles).toHaveLength(said.length);
  for (const [n, reason] of reasons.slice(0, handles.length).entries()) {
    await call(page, server, 'report-comment', { slug, handle: handles[n]!, reason: reason.trim().slice(0, 300) });
  }
  const cover = { cover_alt: TEXTS.slice(0, 20).join(' ').slice(0, 500) };
  await call(page, server, 'save-article', { ...article, ...cover, slug, version: '1', status: 'published', title: TEXTS[1]!, body: WHOLE['Quotations'] });
  await watch.visit(page, path, 'networkidle');
  await watch.visit(page, `/articles/${slug}/revisions`, 'networkidle');
  await watch.visit(page, `/profile/${author.username}`, 'networkidle');

  const administrator = await Watch.over(browser, server);
  const keeper = await administrator.context.newPage();
  await made(keeper, server, 'editor');
  await administrator.visit(keeper, '/admin/reports', 'networkidle');
  expect(inOneLine((await keeper.locator('main').textContent())!)).toContain(inOneLine(reasons[0]!.slice(0, 60)));
  for (const one of [...watches, watch, administrator]) await one.end();
});

/** Calls a server function as the page would; it must succeed. */
async function call(page: Page, server: Server, name: string, form: Record<string, string>, headers = {}): Promise<void> {
  const answer = await page.request.post(`/rpc/${name}`, { form, headers: { accept: 'application/json', origin: server.origin, ...headers } });
  expect(answer.ok(), `${name}: ${await answer.text()}`).toBe(true);
}

/** Logs in from programs that call themselves what would do harm. */
async function logInFrom(page: Page, server: Server, { username, password }: Person): Promise<void> {
  // Headers hold no line ends, and ASCII for certain.
  const agents = batches(TEXTS.filter((text) => /^[ -~]+$/.test(text)), 195);
  for (const agent of agents.slice(0, 8)) {
    await call(page, server, 'log-in', { email: username, password }, { 'user-agent': agent.trim() });
  }
}

/** Calls a passkey one thing after the other. */
async function namePasskeys(page: Page, watch: Watch, server: Server): Promise<void> {
  const texts = [...HOSTILE.tags!, ...HOSTILE.breakouts!.filter((text) => text.length < 30)];
  const names = batches(texts.filter((text) => !/[\u2028\u2029]/.test(text)), 60).map((name) => name.trim()).slice(0, 12);
  await aDevice(page);
  await addPasskey(page, names[0]!);
  const handle = await page.locator('select[name="handle"]').inputValue();
  for (const name of names.slice(1)) {
    await call(page, server, 'rename-passkey', { handle, passkey_name: name });
    await watch.read(page, PASSKEYS);
  }
  await watch.visit(page, PASSKEYS, 'networkidle');
  await expect(page.locator('li.desk-row')).toContainText(names.at(-1)!);
}

test('what machines read is nothing that a browser runs', async ({ browser, server }) => {
  const watch = await Watch.over(browser, server, { bypassCSP: true, hydrated: false });
  const page = await watch.context.newPage();
  const ada = await made(page, server, 'author');
  const paths: string[] = [];
  for (const [title, body] of Object.entries(WHOLE)) {
    paths.push(await save(page, server, anArticle({ title: `${title} ]]></title><script>alert(1)</script>`, description: TEXTS[0]!, body, tags: HOSTILE.tags!.slice(0, 10).join(',') })));
  }
  const tag = `/tag/${encodeURIComponent(HOSTILE.tags![0]!)}`;
  const rpc = `/rpc/article?slug=${paths[0]!.split('/').at(-1)}`;
  const lists = ['', `/profile/${ada.username}`, tag];
  for (const path of [...lists.flatMap((list) => [`${list}/feed.atom`, `${list}/feed.json`]), '/sitemap.xml', '/sitemap/1.xml', '/robots.txt', rpc, '/rpc/front-page?page=1']) {
    const answer = await page.request.get(path);
    const { 'content-type': kind = '', 'x-content-type-options': sniff, 'content-security-policy': policy } = answer.headers();
    expect.soft([path, kind.includes('html'), sniff, policy?.startsWith("default-src 'none'")]).toEqual([path, false, 'nosniff', true]);
    // A feed may be taken for a page by whoever keeps it; the browser shows what it can of it.
    await page.goto(path).catch((error: Error) => expect(error.message).toContain('Download is starting'));
    await watch.lookAtFile(page);
  }
  await page.goto('/');
  for (const list of lists) {
    const texts = await page.evaluate(htmlOfFeeds, list);
    expect(texts.length, list).toBeGreaterThanOrEqual(2 * Object.keys(WHOLE).length);
    for (const html of texts) {
      await page.evaluate((html) => {
        const shown = document.createElement('div');
        shown.className = 'article-content';
        // As a reader on the same origin would do it, which is the worst of them.
        shown.innerHTML = html;
        document.querySelector('main')!.replaceChildren(shown);
      }, html);
      await watch.look(page, `the feeds of ${list || 'the site'}`);
    }
  }
  await watch.end();
});

/** Runs in a page: the articles' HTML in both feeds of a list. */
async function htmlOfFeeds(list: string): Promise<string[]> {
  const atom = new DOMParser().parseFromString(await (await fetch(`${list}/feed.atom`)).text(), 'application/xml');
  if (atom.querySelector('parsererror')) throw new Error(`${list}/feed.atom is no XML`);
  const { items } = (await (await fetch(`${list}/feed.json`)).json()) as { items: { content_html: string }[] };
  return [...[...atom.querySelectorAll('content')].map((content) => content.textContent ?? ''), ...items.map((item) => item.content_html)];
}

/** What does nothing where it stands: it waits for a sanitiser that takes it apart and puts it together otherwise. */
const INERT = [
  '<img/src=x/onerror=alert(1)>',
  '<frameset onload=alert(1)><frame src=javascript:alert(1)></frameset>',
  '<p id="</p><img src=x onerror=alert(1)>">',
  '<img alt="``onmouseover=alert(1)">',
  '<img title="&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;">',
  '<!-- -- ><img src=x onerror=alert(1)>-->',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  '<!DOCTYPE x [<!ENTITY x "<img src=x onerror=alert(1)>">]>&x;',
  '</ img src=x onerror=alert(1)>',
  '<div><div><div></div></div></div></div></div></div>',
  '</div></div></article></main></body></html>',
];

test('whoever looks for harm sees it', async ({ browser, server }) => {
  const kinds = ['elements', 'svg and mathml', 'mutation', 'dangling'].flatMap((kind) => HOSTILE[kind]!);
  const some = (texts: string[]) => texts.filter((_, n) => n % 6 === 0);
  // Were it only parsed; were the policy alone in the way; and were it not.
  const ways = [
    { texts: kinds, parsed: true, bypassCSP: false },
    { texts: some(HOSTILE.elements!), parsed: false, bypassCSP: false },
    { texts: some(kinds), parsed: false, bypassCSP: true },
  ];
  for (const { texts, parsed, bypassCSP } of ways) {
    const watch = await Watch.over(browser, server, { bypassCSP });
    const page = await watch.context.newPage();
    let shown = '';
    const doctored = () =>
      `<!DOCTYPE html><html lang="en"><title>x</title><body><main id="main"><div class="article-content">${shown}</div></main><footer id="body" title='x'>x</footer></body></html>`;
    await watch.context.route('**/doctored', (route) =>
      route.fulfill({
        contentType: 'text/html; charset=utf-8',
        headers: { 'content-security-policy': "default-src 'none'; script-src 'nonce-x'; img-src 'self'" },
        body: doctored(),
      }),
    );
    if (parsed) await page.goto('/doctored');
    const quiet: string[] = [];
    const all: string[] = [];
    for (const text of texts) {
      watch.forget();
      shown = text;
      if (parsed) {
        await watch.parse(page, doctored());
      } else {
        // Some lead away at once, or a moment later: each has a page of its own.
        const own = await watch.context.newPage();
        await own.goto('/doctored').catch(() => {});
        await watch.look(own, text).catch(() => {});
        await own.close();
      }
      if (watch.faults().length === 0) quiet.push(text);
      all.push(...watch.faults());
    }
    expect.soft(quiet.filter((text) => !INERT.includes(text))).toEqual([]);
    if (!parsed) expect(all.join('\n')).toContain(bypassCSP ? 'alert(1) was called' : 'the policy had to refuse script-src');
    await watch.context.close();
  }
});
