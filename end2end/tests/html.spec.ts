// Every document that the site serves is faultless HTML, by the word of the Nu HTML checker, which
// is the W3C's: no error, no warning. And it is a page that a phone can show, with no script to help.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page, Response } from '@playwright/test';
import { Server } from '../server.ts';
import { anArticle, expect, made, save } from '../support.ts';
import { outlines, pagesOf, test, tooWide, unfold, type Viewers, type Walk, WALKS } from '../walks.ts';

const CHECKER = fileURLToPath(new URL('../node_modules/vnu-jar/build/dist/vnu.jar', import.meta.url));

/** What is said of them and stays as it is. */
const LEFT = [
  // Markdown's columns. A `style` is what the pages' policy forbids and feed readers take out; this
  // attribute is understood by all of them.
  /^The “align” attribute on the “(th|td)” element is obsolete\./,
  // A guess at the language of what somebody wrote; its author says which it is.
  /^This document appears to be written in /,
];

/** A document as it was served, by its address and what was done there. */
interface Document {
  name: string;
  html: string;
}

/** As narrow as any. */
const PHONE = { width: 320, height: 640 };

test.beforeEach(({}, { project }) => {
  test.skip(project.name !== 'no-javascript', 'the documents are the same, and a refused form is one only here');
  // All walks, one after the other.
  test.setTimeout(180_000);
});

// The documents are what is looked at; a record of how they came would take longer.
test.use({ trace: 'off', screenshot: 'off' });

/** Browsers of people who share nothing. */
async function viewersOf(browser: Browser, server: Server, scripted: boolean): Promise<Viewers> {
  const options = { baseURL: server.origin, javaScriptEnabled: scripted, viewport: PHONE };
  const page = async () => (await browser.newContext(options)).newPage();
  return { member: await page(), visitor: await page(), keeper: await page(), scripted };
}

/** Takes a walk, and keeps each document as it came. */
async function collect(walk: Walk, viewers: Viewers, server: Server): Promise<Document[]> {
  const documents: Document[] = [];
  const answers = new Map<Page, Response>();
  for (const viewer of pagesOf(viewers)) {
    viewer.on('response', (response) => {
      if (response.request().isNavigationRequest()) answers.set(viewer, response);
    });
  }
  const outline = outlines();
  for await (const shown of walk(viewers, server)) {
    const { viewer, name } = shown;
    // What a script has made of a document is another one: it is asked for once more.
    const html = viewers.scripted
      ? await (await viewer.request.get(viewer.url(), { headers: { accept: 'text/html' } })).text()
      : await answers.get(viewer)!.text();
    documents.push({ name, html });
    await outline(shown);
    await unfold(viewer);
    expect.soft(await tooWide(viewer, PHONE.width), name).toEqual([]);
  }
  for (const viewer of pagesOf(viewers)) await viewer.context().close();
  return documents;
}

/** A site without an article, and then with its first one. */
const beginnings: Walk = async function* ({ visitor, member }, server) {
  for (const path of ['/', '/register', '/login?next=%2Farticles']) {
    await visitor.goto(path);
    yield { viewer: visitor, name: `${path}, of a new site` };
  }
  await made(member, server, 'author');
  const article = await save(member, server, anArticle());
  await member.goto(article);
  yield { viewer: member, name: `${article}, of a new site` };
};

/** Answers of layers that know no page. */
async function errors(page: Page, server: Server): Promise<Document[]> {
  const headers = { accept: 'text/html', origin: server.origin };
  const { request } = page;
  const answers = {
    'a form of another site': request.post('/login', { headers: { ...headers, origin: 'https://example.org' }, form: {} }),
    'a method that is none': request.delete('/login', { headers }),
    'a text in place of a form': request.post('/login', { headers: { ...headers, 'content-type': 'text/plain' }, data: 'x' }),
    'more than there is room for': request.post('/login', { headers, form: { email: 'x'.repeat(2_200_000) } }),
    'a file that is not there': request.get('/pkg/nothing.js', { headers }),
  };
  const documents: Document[] = [];
  for (const [name, answer] of Object.entries(answers)) {
    expect((await answer).status(), name).toBeGreaterThanOrEqual(400);
    documents.push({ name, html: await (await answer).text() });
  }
  return documents;
}

/** What the checker says of the documents, all of them in one run. */
async function faults(documents: Document[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'byline-html-'));
  try {
    const files = documents.map((_, n) => join(folder, `${n}.html`));
    await Promise.all(documents.map(({ html }, n) => writeFile(files[n]!, asChecked(html))));
    const arguments_ = ['-jar', CHECKER, '--format', 'json', '--stdout', '--exit-zero-always', ...files];
    const { stdout } = await promisify(execFile)('java', arguments_, { maxBuffer: 1 << 26 });
    const { messages } = JSON.parse(stdout) as { messages: Message[] };
    return messages
      .filter(({ message }) => !LEFT.some((left) => left.test(message)))
      .map(({ url, message, extract }) => `${documents[numberOf(url)]?.name}: ${message} ${extract ?? ''}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Which of the files a message is about. */
function numberOf(url = ''): number {
  return parseInt(/(\d+)\.html$/.exec(url)?.[1] ?? '');
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

test('every page as it is served is faultless HTML, and fits the narrowest phone', async ({ browser, server }) => {
  const documents: Document[] = [];
  for (const [what, walk] of Object.entries(WALKS)) {
    const scripted = what === 'passkeys';
    const viewers = await viewersOf(browser, server, scripted);
    documents.push(...(await test.step(what, () => collect(walk, viewers, server))));
  }

  const sites: Record<string, string>[] = [{}, { BYLINE_READERS: 'members', BYLINE_REGISTRATION: 'closed' }, { BYLINE_REGISTRATION: 'invite' }];
  for (const settings of sites) {
    const fresh = await Server.start('localhost', settings);
    try {
      const viewers = await viewersOf(browser, fresh, false);
      const found = [...(await errors(viewers.visitor, fresh)), ...(await collect(beginnings, viewers, fresh))];
      documents.push(...found.map(({ name, html }) => ({ name: `${name} ${JSON.stringify(settings)}`, html })));
    } finally {
      await fresh.stop();
    }
  }

  expect(documents.length).toBeGreaterThan(90);
  for (const { name, html } of documents) expect.soft(html, name).toMatch(/^<!DOCTYPE html>/);
  expect(await faults(documents)).toEqual([]);
});

test('the checker sees what is wrong', async () => {
  const page = (body: string) => `<!DOCTYPE html><html lang="en"><head><title>A page</title></head><body>${body}</body></html>`;
  const pages = {
    'a faultless one': page('<!><h1>Words</h1><p>More of them.</p>'),
    'a list in a paragraph': page('<p>Words <ul><li>in a list</li></ul></p>'),
    'two of a name': page('<p id="a">Words</p><p id="a">More of them</p>'),
    'a label for nothing': page('<label for="nothing">Words</label>'),
    'a section without a heading': page('<section><p>Words</p></section>'),
    'scripts behind the end': `${page('<p>Words</p>')}<script>1</script>`,
  };
  const found = await faults(Object.entries(pages).map(([name, html]) => ({ name, html })));
  const wrong = new Set(found.map((fault) => fault.split(':')[0]));
  expect([...wrong].sort()).toEqual(Object.keys(pages).slice(1).sort());
});
