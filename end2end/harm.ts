// What a text that somebody wrote must never do in the browser of somebody else, and how that is
// noticed.

import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from '@playwright/test';
import { expect } from './support.ts';
import type { Server } from './server.ts';

/** Texts that have made other programs run what they say, by their kind. */
export const HOSTILE: Record<string, string[]> = JSON.parse(
  readFileSync(new URL('../tests/hostile-texts.json', import.meta.url), 'utf8'),
);

/** All of them but the tags, which may hold less. */
export const TEXTS = Object.entries(HOSTILE).flatMap(([kind, texts]) => (kind === 'tags' ? [] : texts));

/** An article's pictures may come from elsewhere; nothing else may. */
const PICTURES = 'https://pictures.example';

/** As a title of one line is stored, and as a browser shows any. `trim` would take a byte order mark too. */
export function inOneLine(text: string): string {
  return text.replaceAll(/[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g, ' ').replaceAll(/^ | $/g, '');
}

export interface Watched extends BrowserContextOptions {
  /** Whether the application comes, or a page stays what was served. */
  hydrated?: boolean;
}

/** What a document says of an article, and what stands in its fields if it is the editor. */
export interface Said {
  title: string;
  heading?: string;
  description?: string;
  fields: Record<string, string>;
}

const APPLICATION = /\/pkg\/.*\.(js|wasm)$/;
/** What comes in its place where it is kept away. */
const NO_APPLICATION = 'export default async () => {}; export const hydrate = () => {};';

/** Looks over somebody's shoulder, and remembers what is wrong. */
export class Watch {
  private readonly found = new Map<string, string>();
  private where = 'before the first page';

  private constructor(
    readonly context: BrowserContext,
    private readonly server: Server,
  ) {}

  static async over(browser: Browser, server: Server, { hydrated = true, ...options }: Watched = {}): Promise<Watch> {
    const context = await browser.newContext({ baseURL: server.origin, ...options });
    const watch = new Watch(context, server);
    await context.addInitScript(prepare);
    if (!hydrated) await watch.still();
    await context.route(
      (url) => url.protocol.startsWith('http') && url.origin !== server.origin,
      async (route) => {
        const request = route.request();
        const picture = request.resourceType() === 'image' && request.url().startsWith(`${PICTURES}/`);
        if (!picture) watch.note(`asked elsewhere for ${request.url()}`);
        await route.abort();
      },
    );
    context.on('dialog', async (dialog) => {
      // The editor's, which asks before a text is left that is not saved.
      if (dialog.type() === 'beforeunload') return dialog.accept();
      watch.note(`a dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    // Whoever runs into what was written must not stumble over it either.
    context.on('weberror', (error) => watch.note(`thrown: ${error.error()}`));
    context.on('page', (page) => {
      page.on('framenavigated', (frame) => {
        if (frame !== page.mainFrame()) watch.note(`a frame: ${frame.url()}`);
        else if (!frame.url().startsWith(`${server.origin}/`) && frame.url() !== 'about:blank') watch.note(`led to ${frame.url()}`);
      });
    });
    return watch;
  }

  /** Keeps the application away: what is looked at is what was served. */
  async still(): Promise<void> {
    await this.context.route(APPLICATION, (route) => route.fulfill({ contentType: 'text/javascript', body: NO_APPLICATION }));
  }

  /** Lets the application come from now on. */
  async hydrated(): Promise<void> {
    await this.context.unroute(APPLICATION);
  }

  /** Says where whatever happens now happens. */
  at(where: string): void {
    this.where = where;
  }

  /** Goes there, waits until all has been loaded, and looks. */
  async visit(page: Page, address: string, waitUntil: 'load' | 'networkidle' = 'load'): Promise<void> {
    this.where = address;
    await page.goto(address, { waitUntil });
    await this.look(page, address);
  }

  /** Looks at what is on the screen, once its pictures have come or failed. */
  async look(page: Page, where = page.url()): Promise<void> {
    this.where = where;
    this.noteAll((await page.evaluate(harm, this.subject())).found);
  }

  /**
   * Looks at what is served there as the browser's parser understands it, from a page of the site
   * and without leaving it: nothing runs, and whatever could is seen. Gives what the document says.
   */
  async read(page: Page, address: string): Promise<Said> {
    this.where = address;
    const { found, said } = await page.evaluate(harm, this.subject({ address }));
    this.noteAll(found);
    return said;
  }

  /** The same of a document that was never served. */
  async parse(page: Page, html: string): Promise<void> {
    this.noteAll((await page.evaluate(harm, this.subject({ html }))).found);
  }

  /** What was called or refused in a document that the browser itself makes to show a file. */
  async lookAtFile(page: Page): Promise<void> {
    this.where = page.url();
    for (const what of await page.evaluate(() => (window as unknown as { seen?: string[] }).seen ?? [])) this.note(what);
  }

  /** Forgets what was wrong so far. */
  forget(): void {
    this.found.clear();
  }

  /** Everything that is wrong, once each, with the first place it was seen at. */
  faults(): string[] {
    return [...this.found].map(([what, where]) => `${where.slice(0, 200)}: ${what}`);
  }

  async end(): Promise<void> {
    await this.context.close();
    expect(this.faults()).toEqual([]);
  }

  private subject(of: { address?: string; html?: string } = {}): Subject {
    return { origin: this.server.origin, pictures: PICTURES, ...of };
  }

  private noteAll(found: string[]): void {
    for (const what of found) this.note(what);
  }

  private note(what: string): void {
    if (!this.found.has(what)) this.found.set(what, this.where);
  }
}

/** Runs in each document before all else: what is run there, or refused, is remembered. */
function prepare(): void {
  const seen: string[] = [];
  Object.defineProperty(window, 'seen', { value: seen });
  for (const name of ['alert', 'confirm', 'prompt', 'print'] as const) {
    Object.assign(window, { [name]: (text: unknown) => seen.push(`${name}(${text}) was called`) });
  }
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
    seen.push(`the policy had to refuse ${violatedDirective} ${blockedURI} ${sample}`);
  });
}

/** The document on the screen, or another one that is only parsed. */
interface Subject {
  origin: string;
  pictures: string;
  address?: string;
  html?: string;
}

/** Runs in a page: what was seen there, and whatever could be somebody else's doing. */
async function harm({ origin, pictures, address, html }: Subject): Promise<{ found: string[]; said: Said }> {
  // What fails tells its handlers so in a task of its own, and so does the policy what it refused.
  const wait = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  while ([...window.document.images].some((image) => !image.complete && image.loading !== 'lazy')) await wait(20);
  await wait();
  const served = address === undefined ? html : await (await fetch(address, { headers: { accept: 'text/html' } })).text();
  const document = served === undefined ? window.document : new DOMParser().parseFromString(served, 'text/html');
  const found = [...((window as unknown as { seen?: string[] }).seen ?? ['nobody watches this document'])];
  const say = (what: string, element: Element) => found.push(`${what}: ${element.outerHTML.slice(0, 200)}`);
  const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];

  // One nonce, which the policy names; what such a script loads needs none and is a file of the site's.
  const nonces = new Set([...document.scripts].map((script) => script.nonce).filter((nonce) => nonce));
  for (const script of document.scripts) {
    // Data for machines, which no browser runs.
    if (script.type === 'application/ld+json' && script.parentElement === document.head && 'headline' in JSON.parse(script.text)) continue;
    if (nonces.size > 1 || !script.nonce && !['/passkeys.js'].includes(script.getAttribute('src') ?? '')) say('a script', script);
  }
  const elements = 'iframe, frame, frameset, fencedframe, object, embed, applet, portal, base, style, svg, math, template, video, ' +
    'audio, source, track, marquee, map, area, layer, bgsound, plaintext, xmp, listing, keygen, custom-element, slot, xml, x, ' +
    'meta[http-equiv], meta[name="referrer"]';
  for (const element of all(elements)) say('an element', element);
  for (const element of all('[style], [srcdoc], [formaction], [ping], [background], [poster], [srcset], [is], [popovertarget], [contenteditable]')) {
    say('an attribute', element);
  }
  const body = document.body ?? document.documentElement;
  const root = document.documentElement.getAttributeNames().filter((name) => !['lang', 'data-passkeys'].includes(name));
  if (body.attributes.length > 0 || root.length > 0) say(`attributes ${root}`, body);

  // What an article's HTML may have; it is the one place where HTML of an author comes in.
  const allowed = new Set([
    'href', 'rel', 'title', 'src', 'alt', 'id', 'class', 'align', 'tabindex', 'role', 'aria-label', 'type', 'disabled', 'checked',
    'start', 'width', 'height', 'loading', 'decoding', 'referrerpolicy', 'lang', 'dir', 'scope',
  ]);
  const elementsOfArticles = new Set(
    'a blockquote br code del div em h2 h3 h4 h5 h6 hr img input li ol p pre s strong sub sup table tbody td th thead tr ul'.split(' '),
  );
  for (const element of all('.article-content *')) {
    for (const name of element.getAttributeNames()) if (!allowed.has(name)) say(`the attribute ${name}`, element);
    if (element.matches('form, button, textarea, select, dialog, input:not([type="checkbox"][disabled])')) say('a part of a form', element);
    const colour = element.matches('pre > code > span[class^="hl-"]') && element.attributes.length === 1;
    if (!elementsOfArticles.has(element.localName) && !colour) say('an element of no article', element);
  }
  const ids = all('[id]').map((element) => element.id);
  for (const id of new Set(ids.filter((id, n) => ids.indexOf(id) !== n))) found.push(`two elements are ${id}`);

  const addresses: [string, 'href' | 'src' | 'action', string[]][] = [
    ['a[href]', 'href', ['http:', 'https:', 'mailto:', 'otpauth:']],
    ['img[src]', 'src', [origin, pictures, 'data:']],
    ['script[src]', 'src', [origin]],
    ['link[href]', 'href', [origin]],
    ['form[action]', 'action', [origin]],
  ];
  for (const [selector, attribute, good] of addresses) {
    for (const element of all(selector)) {
      const address = element.getAttribute(attribute)!;
      // Relative ones are of this site; what the parser makes of any is what counts.
      const url = URL.canParse(address, location.href) ? new URL(address, location.href) : undefined;
      if (url && !good.includes(url.protocol) && !good.includes(url.origin)) say('an address', element);
    }
  }
  for (const element of all('*')) {
    for (const name of element.getAttributeNames()) {
      if (name.startsWith('on')) say('a handler', element);
      if (/^\s*(javascript|vbscript|data:text)/i.test(element.getAttribute(name)!) && ['href', 'src', 'action', 'xlink:href'].includes(name)) {
        say('code for an address', element);
      }
    }
  }
  if (window.length > 0) found.push('frames');
  const fields = [...document.querySelectorAll<HTMLInputElement>('main :is(input, textarea)[name]')];
  const said = {
    title: document.title,
    heading: document.querySelector('h1')?.textContent ?? undefined,
    description: document.querySelector<HTMLMetaElement>('meta[name="description"]')?.content,
    fields: Object.fromEntries(fields.map(({ name, value }) => [name, value])),
  };
  return { found, said };
}
