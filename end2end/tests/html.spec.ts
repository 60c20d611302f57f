// Every document that the site serves is faultless HTML, by the word of the Nu HTML checker, which
// is the W3C's: no error, no warning.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page, Response } from '@playwright/test';
import { Server } from '../server.ts';
import { anArticle, expect, made, save } from '../support.ts';
import { pagesOf, test, type Viewers, type Walk, WALKS } from '../walks.ts';

const CHECKER = fileURLToPath(new URL('../node_modules/vnu-jar/build/dist/vnu.jar', import.meta.url));

/** What is said of them and stays as it is. */
const LEFT = [
  // Markdown's columns. A `style` is what the pages' policy forbids and feed readers take out; this
  // attribute is understood by all of them.
  /^The “align” attribute on the “(th|td)” element is obsolete\./,
];

/** Documents as they were served, by the address and what was done there. */
type Documents = Map<string, string>;

test.beforeEach(({}, { project }) => {
  test.skip(project.name !== 'no-javascript', 'the documents are the same, and a refused form is one only here');
  // All walks, one after the other.
  test.setTimeout(300_000);
});

// The documents are what is looked at; a record of how they came would take longer.
test.use({ trace: 'off', screenshot: 'off' });

/** Browsers of people who share nothing. */
async function viewersOf(browser: Browser, server: Server, scripted: boolean): Promise<Viewers> {
  const page = async () =>
    (await browser.newContext({ baseURL: server.origin, javaScriptEnabled: scripted })).newPage();
  return { member: await page(), visitor: await page(), keeper: await page(), scripted };
}

/** Takes a walk, and keeps each document as it came. */
async function collect(walk: Walk, viewers: Viewers, server: Server, documents: Documents): Promise<void> {
  const answers = new Map<Page, Response>();
  for (const viewer of pagesOf(viewers)) {
    viewer.on('response', (response) => {
      if (response.request().isNavigationRequest()) answers.set(viewer, response);
    });
  }
  for await (const { viewer, name } of walk(viewers, server)) {
    // What a script has made of a document is another one: it is asked for once more.
    const html = viewers.scripted
      ? await (await viewer.request.get(viewer.url(), { headers: { accept: 'text/html' } })).text()
      : await answers.get(viewer)!.text();
    documents.set(name, html);
  }
  for (const viewer of pagesOf(viewers)) await viewer.context().close();
}

/** A site without an article; then one for members, where nobody registers. */
const beginnings: Walk = async function* ({ visitor, member }, server) {
  for (const path of ['/', '/register', '/login?next=%2Farticles']) {
    await visitor.goto(path);
    yield { viewer: visitor, name: `${path}, of a new site` };
  }
  await made(member, server, 'author');
  const article = await save(member, server, anArticle());
  await visitor.goto(article);
  yield { viewer: visitor, name: `${article}, of a new site` };
};

/** Answers of layers that know no page. */
async function collectErrors(page: Page, server: Server, documents: Documents): Promise<void> {
  const headers = { accept: 'text/html', origin: server.origin };
  const { request } = page;
  const answers = {
    'a form of another site': request.post('/login', { headers: { ...headers, origin: 'https://example.org' }, form: {} }),
    'a method that is none': request.delete('/login', { headers }),
    'a text in place of a form': request.post('/login', { headers: { ...headers, 'content-type': 'text/plain' }, data: 'x' }),
    'more than there is room for': request.post('/login', { headers, form: { email: 'x'.repeat(2_200_000) } }),
    'a file that is not there': request.get('/pkg/nothing.js', { headers }),
  };
  for (const [name, answer] of Object.entries(answers)) {
    expect((await answer).status(), name).toBeGreaterThanOrEqual(400);
    documents.set(name, await (await answer).text());
  }
}

/** What the checker says of the documents, all of them in one run. */
async function faults(documents: Documents): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'byline-html-'));
  try {
    const names = [...documents.keys()];
    const files = names.map((_, n) => join(folder, `${n}.html`));
    await Promise.all(files.map((file, n) => writeFile(file, asChecked(documents.get(names[n]!)!))));
    const arguments_ = ['-jar', CHECKER, '--format', 'json', '--stdout', '--exit-zero-always', ...files];
    const { stdout } = await promisify(execFile)('java', arguments_, { maxBuffer: 1 << 26 });
    const { messages } = JSON.parse(stdout) as { messages: Message[] };
    return messages
      .filter(({ message }) => !LEFT.some((left) => left.test(message)))
      .map(({ url, message, extract }) => `${names[parseInt(url!.match(/(\d+)\.html$/)![1]!)]}: ${message} ${extract ?? ''}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Message {
  url?: string;
  message: string;
  extract?: string;
}

/** Leptos marks its places with `<!>`, which browsers read as the empty comment it is short for. */
function asChecked(html: string): string {
  return html.replaceAll('<!>', '<!---->');
}

test('every page as it is served is faultless HTML', async ({ browser, server }) => {
  const documents: Documents = new Map();
  for (const walk of Object.values(WALKS)) await collect(walk, await viewersOf(browser, server, false), server, documents);
  await collect(WALKS.passkeys!, await viewersOf(browser, server, true), server, documents);

  for (const settings of [{}, { BYLINE_READERS: 'members', BYLINE_REGISTRATION: 'closed' }, { BYLINE_REGISTRATION: 'invite' }]) {
    const fresh = await Server.start('localhost', settings as Record<string, string>);
    const viewers = await viewersOf(browser, fresh, false);
    const found: Documents = new Map();
    await collectErrors(viewers.visitor, fresh, found);
    await collect(beginnings, viewers, fresh, found);
    for (const [name, html] of found) documents.set(`${name} ${JSON.stringify(settings)}`, html);
    await fresh.stop();
  }

  expect(documents.size).toBeGreaterThan(70);
  for (const [name, html] of documents) expect.soft(html, name).toMatch(/^<!DOCTYPE html>/);
  expect(await faults(documents)).toEqual([]);
});

test('the checker sees what is wrong', async () => {
  const page = (body: string) => `<!DOCTYPE html><html lang="en"><head><title>A page</title></head><body>${body}</body></html>`;
  const documents = new Map([
    ['a faultless one', page('<!><h1>Words</h1><p>More of them.</p>')],
    ['a list in a paragraph', page('<p>Words <ul><li>in a list</li></ul></p>')],
    ['two of a name', page('<p id="a">Words</p><p id="a">More of them</p>')],
    ['a label for nothing', page('<label for="nothing">Words</label>')],
    ['a section without a heading', page('<section><p>Words</p></section>')],
    ['scripts behind the end', `${page('<p>Words</p>')}<script>1</script>`],
  ]);
  const found = (await faults(documents)).map((fault) => fault.split(':')[0]);
  expect([...new Set(found)].sort()).toEqual([...documents.keys()].slice(1).sort());
});
