// Cross-site scripting: whatever somebody writes, wherever it is shown, it is read and nothing more.
// With the pages' policy in force, under which nothing may have to be refused; and without it, so
// that it is the pages themselves that hold.

import { HOSTILE, inOneLine, TEXTS, Watch } from '../harm.ts';
import {
  aDevice, addPasskey, anArticle, aPerson, expect, field, logIn, made, register, save, send, submitButton, test as base,
} from '../support.ts';
import { Server } from '../server.ts';

const test = base.extend<object, { server: Server }>({
  // By a name, for passkeys, and without the limits that protect its log-ins.
  server: [
    async ({}, use) => {
      const server = await Server.start('localhost', { BYLINE_LOGIN_ATTEMPTS_PER_ADDRESS: '10000' });
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
});

test.describe.configure({ mode: 'parallel' });
// A thousand pages are looked at, and a record of each takes longer than the look.
test.use({ trace: 'off', screenshot: 'off' });

test.beforeEach(({}, { project }) => {
  test.skip(project.name !== 'desktop', 'the documents are the same, and one browser is enough to run them');
  test.setTimeout(180_000);
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
  const watch = await Watch.over(browser, server, { bypassCSP: true });
  const page = await watch.context.newPage();
  const ada = await made(page, server, 'author');
  // Nothing is hydrated here: what is looked at is what was served.
  await watch.context.route(/\.(wasm|js)$/, (route) => route.abort());
  const tags = HOSTILE.tags!;
  const articles: [string, string][] = [];
  for (const [n, text] of TEXTS.entries()) {
    const article = anArticle({
      title: text, description: text, body: `${text}\n\nWords enough to be read.`, tags: `${tags[n % tags.length]}, ${tags[(n * 7) % tags.length]}`,
    });
    articles.push([text, await save(page, server, article)]);
  }
  for (const [text, path] of articles) {
    await watch.visit(page, path);
    const seen = await page.evaluate(() => [
      document.title, document.querySelector('h1')?.textContent, document.querySelector<HTMLMetaElement>('meta[name="description"]')?.content,
    ]);
    const line = inOneLine(text);
    expect.soft(seen, path).toEqual([`${line} · Byline`, line, line]);
  }
  for (const [, path] of articles.filter((_, n) => n % 5 === 0)) await watch.visit(page, path.replace('article', 'editor'));
  const lists = ['/?', '/articles?', `/profile/${ada.username}?`, '/search?q=alert&'];
  for (const list of lists) for (let n = 1; n <= 10; n++) await watch.visit(page, `${list}page=${n}`);
  for (const tag of tags) await watch.visit(page, `/tag/${encodeURIComponent(tag)}`);
  await watch.end();
});

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
    await page.waitForLoadState('networkidle');
    await watch.look(page, `${page.url()}, by the router`);
  }
  expect(await page.evaluate(() => 'sameDocument' in window), 'one document').toBe(true);
  await watch.end();
});

test('no address does anything but lead somewhere', async ({ browser, server }) => {
  const watch = await Watch.over(browser, server);
  const [page, boss] = [await watch.context.newPage(), await Watch.over(browser, server)];
  const keeper = await boss.context.newPage();
  const { username } = await made(keeper, server, 'administrator');
  const texts = [...HOSTILE.breakouts!, ...HOSTILE.polyglots!, ...HOSTILE.unicode!, ...HOSTILE['svg and mathml']!].map(encodeURIComponent);
  const long = batches(texts, 3000).map((text) => text.trim().replaceAll(' ', '%20'));
  const error = (text: string) => `__path=${encodeURIComponent('/rpc/log-in')}&__err=${text}`;
  for (const text of long) {
    for (const path of ['', 'tag/', 'profile/', 'article/', 'editor/', 'reset/', 'restore/', 'register/confirm/', 'not-me/', 'search/', 'pkg/']) {
      await watch.visit(page, `/${path}${text}`);
    }
    const queries = [
      '?page=', 'login?next=', 'login?next=/settings', 'login?sent=', 'register?invitation=', 'reset?sent=', 'search?q=', 'tag/x?page=',
      'nowhere?x=', 'login#', 'search?q=a&page=',
    ];
    for (const query of queries) await watch.visit(page, `/${query}${text}`);
    await watch.visit(page, `/login?${error(text)}`);
    for (const path of ['admin?q=', 'admin/people/', `admin/people/${username}?form=`, 'admin/log?page=', 'settings/email/', 'settings/security?form=', 'editor/', 'articles?page=', 'search?q=']) {
      await boss.visit(keeper, `/${path}${text}`);
    }
  }
  // A search is short, so each by itself.
  for (const text of texts.filter((_, n) => n % 3 === 0)) await watch.visit(page, `/search?q=${text}`);
  await watch.visit(page, `/search?q=${texts[0]}`, 'networkidle');
  await watch.visit(page, `/login?next=${texts[0]}&${error(texts[0]!)}`, 'networkidle');
  await watch.end();
  await boss.end();
});

test('no form that is refused gives back more than a text', async ({ browser, server }) => {
  const watch = await Watch.over(browser, server);
  const page = await watch.context.newPage();
  const values = batches(TEXTS, 4000);
  const strangers = { '/register': ['username', 'email', 'email_again', 'password'], '/login': ['email', 'password', 'next'], '/reset': ['email'] };
  const members = {
    '/editor': ['title', 'description', 'body', 'tags', 'slug', 'version', 'visibility', 'status'], '/settings/account': ['username', 'email'],
    '/settings/invitations': ['email'], '/settings/security': ['current_password', 'new_password'], '/settings/data': ['username'],
  };
  const fill = async (forms: Record<string, string[]>) => {
    for (const [path, names] of Object.entries(forms)) {
      for (const value of values) {
        await page.goto(path);
        watch.at(`${path}, refused`);
        // As it is sent without scripts: to the page's own address.
        const sent = page.waitForNavigation({ waitUntil: 'load' });
        const there = await page.evaluate(sendPlainly, [names, value] as const);
        expect(there, `${path} has a form for ${names}`).toBe(true);
        await sent;
        await watch.look(page, `${path}, refused`);
      }
      await page.waitForLoadState('networkidle');
      await watch.look(page, `${path}, refused and hydrated`);
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
  const person = aPerson();
  // Headers hold no line ends, and Latin-1 at most.
  const agents = batches(TEXTS.filter((text) => /^[ -~]+$/.test(text)), 195);
  let watch: Watch | undefined;
  for (const userAgent of agents.slice(0, 12)) {
    await watch?.end();
    watch = await Watch.over(browser, server, { userAgent: userAgent.trim() });
    const page = await watch.context.newPage();
    await (watch && agents[0] === userAgent ? register(page, person) : logIn(page, person));
    await watch.visit(page, '/settings/security');
  }
  const page = watch!.context.pages()[0]!;
  await aDevice(page);
  const names = batches([...HOSTILE.tags!, ...HOSTILE.breakouts!.filter((text) => text.length < 30)].filter((text) => !/[\u2028\u2029]/.test(text)), 60).slice(0, 12);
  await addPasskey(page, names[0]!.trim());
  for (const name of names.slice(1)) {
    await page.locator('#passkey_name').fill(name);
    await send(page, page.getByRole('button', { name: 'Rename it' }));
    await expect(page.locator('li.desk-row')).toContainText(name.trim());
    await watch!.look(page);
  }
  await watch!.visit(page, '/settings/security/passkeys', 'networkidle');
  const article = await save(page, server, anArticle());

  await administrator.visit(keeper, article, 'networkidle');
  // Deactivated and activated by turns, each time for another reason.
  const other = aPerson();
  await server.command(['user', 'create', other.username, other.email], `${other.password}\n`);
  for (const reason of batches(TEXTS, 290).slice(0, 12)) {
    await keeper.goto(`/admin/people/${other.username}?form=set-active`);
    await field(keeper, 'reason').fill(reason);
    await send(keeper, submitButton(keeper, 'reason'));
    await expect(keeper.getByRole('status')).toContainText('ctivated.');
    await administrator.look(keeper);
  }
  await watch!.visit(page, '/settings/security', 'networkidle');
  for (const path of ['/admin/log', '/admin', `/admin/people/${person.username}`, `/admin/people/${other.username}`, `/admin/people/${boss.username}`, `/admin?q=${encodeURIComponent(TEXTS[0]!)}`]) {
    await administrator.visit(keeper, path, 'networkidle');
  }
  await watch!.end();
  await administrator.end();
});

test('what machines read is nothing that a browser runs', async ({ browser, server }) => {
  const watch = await Watch.over(browser, server, { bypassCSP: true });
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
      await page.waitForLoadState('networkidle');
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
  // Were the policy alone in the way, and were it not.
  for (const [bypassCSP, kinds] of [[false, ['elements']], [true, ['elements', 'svg and mathml', 'mutation', 'dangling']]] as const) {
    const watch = await Watch.over(browser, server, { bypassCSP });
    const page = await watch.context.newPage();
    let shown = '';
    await watch.context.route('**/doctored', (route) =>
      route.fulfill({
        contentType: 'text/html; charset=utf-8',
        headers: { 'content-security-policy': "default-src 'none'; script-src 'nonce-x'; img-src 'self'" },
        body: `<!DOCTYPE html><html lang="en"><title>x</title><body><main id="main"><div class="article-content">${shown}</div></main><footer id="body" title='x'>x</footer></body></html>`,
      }),
    );
    const quiet: string[] = [];
    const all: string[] = [];
    for (const text of kinds.flatMap((kind) => HOSTILE[kind]!)) {
      watch.forget();
      shown = text;
      // Some lead away at once.
      await page.goto('/doctored').catch(() => {});
      await watch.look(page, text).catch(() => {});
      if (watch.faults().length === 0) quiet.push(text);
      all.push(...watch.faults());
    }
    expect.soft(quiet.filter((text) => !INERT.includes(text))).toEqual([]);
    expect(all.join('\n')).toContain(bypassCSP ? 'alert(1) was called' : 'the policy had to refuse script-src');
    await watch.context.close();
  }
});
