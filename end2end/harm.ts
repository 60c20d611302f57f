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

/** As a title of one line is stored, and as a browser shows any. */
export function inOneLine(text: string): string {
  return text.replaceAll(/[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g, ' ').trim();
}

/** Looks over somebody's shoulder, and remembers what is wrong. */
export class Watch {
  private readonly found = new Map<string, string>();
  private where = 'before the first page';

  private constructor(
    readonly context: BrowserContext,
    private readonly server: Server,
  ) {}

  static async over(browser: Browser, server: Server, options: BrowserContextOptions = {}): Promise<Watch> {
    const context = await browser.newContext({ baseURL: server.origin, ...options });
    const watch = new Watch(context, server);
    await context.addInitScript(prepare);
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
      watch.note(`a dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    context.on('page', (page) => {
      page.on('framenavigated', (frame) => {
        if (frame !== page.mainFrame()) watch.note(`a frame: ${frame.url()}`);
        else if (!frame.url().startsWith(`${server.origin}/`) && frame.url() !== 'about:blank') watch.note(`led to ${frame.url()}`);
      });
    });
    return watch;
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

  /** Looks at what is on the screen, and gives what is wrong there. */
  async look(page: Page, where = page.url()): Promise<string[]> {
    this.where = where;
    const see = () => page.evaluate(harm, [this.server.origin, PICTURES] as const);
    // A page may be on its way to the next one.
    const found = await see().catch(async () => {
      await page.waitForLoadState();
      return see();
    });
    for (const what of found) this.note(what);
    return found;
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

/** Runs in a document: what was seen there, and whatever could be somebody else's doing. */
function harm([origin, pictures]: readonly [string, string]): string[] {
  const found = [...((window as unknown as { seen: string[] }).seen ?? ['nobody watches this document'])];
  const say = (what: string, element: Element) => found.push(`${what}: ${element.outerHTML.slice(0, 200)}`);
  const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];

  // One nonce, which the policy names; what such a script loads needs none and is a file of the site's.
  const nonces = new Set([...document.scripts].map((script) => script.nonce).filter((nonce) => nonce));
  for (const script of document.scripts) {
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
    if (!elementsOfArticles.has(element.localName)) say('an element of no article', element);
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
  return found;
}
