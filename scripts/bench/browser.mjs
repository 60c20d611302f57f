// A Chromium, spoken to over its DevTools protocol: messages that end in a zero byte, on two
// pipes. It tells what a first visit of a page really fetches.

import { join } from 'node:path';
import { USER_AGENT } from './http.mjs';
import { FOLDER, start, stop } from './processes.mjs';

const QUIET_FOR_MS = 700;
const GIVE_UP_MS = 30_000;

const FLAGS = [
  '--headless',
  '--remote-debugging-pipe',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A running Chromium. */
export class Browser {
  #child;
  #calls = new Map();
  #listeners = new Set();
  #last = 0;

  /** Starts the Chromium at that path. */
  constructor(path) {
    const flags = [...FLAGS, `--user-data-dir=${join(FOLDER, 'chromium')}`];
    // Chromium's sandbox refuses to run as root.
    if (process.getuid?.() === 0) flags.push('--no-sandbox');
    this.#child = start(path, flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.#child.stdio[3].on('error', () => {});
    let rest = '';
    this.#child.stdio[4].setEncoding('utf8').on('data', (text) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop();
      for (const message of messages) this.#hear(JSON.parse(message));
    });
    this.#child.once('close', () => {
      for (const { reject } of this.#calls.values()) reject(new Error('Chromium ended'));
    });
  }

  /** Visits a page with nothing cached, and gives the requests that were made until the network
   * was quiet, as `{ url, status }`. */
  async firstVisit(url, cookie = '') {
    const { browserContextId } = await this.#call('Target.createBrowserContext');
    const { targetId } = await this.#call('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.#call('Target.attachToTarget', { targetId, flatten: true });
    const call = (method, params) => this.#call(method, params, sessionId);
    const visit = new Visit();
    const listener = (message) => message.sessionId === sessionId && visit.hear(message);
    this.#listeners.add(listener);
    await call('Page.enable');
    await call('Network.enable');
    await call('Network.setUserAgentOverride', { userAgent: USER_AGENT });
    for (const pair of cookie.split('; ').filter(Boolean)) {
      const [name, ...value] = pair.split('=');
      await call('Network.setCookie', { url, name, value: value.join('=') });
    }
    const { errorText } = await call('Page.navigate', { url });
    if (errorText) throw new Error(`${url}: ${errorText}`);
    await visit.quiet(url);
    this.#listeners.delete(listener);
    await this.#call('Target.disposeBrowserContext', { browserContextId });
    return visit.requests();
  }

  /** Ends it. */
  async close() {
    await stop(this.#child);
  }

  #call(method, params = {}, sessionId = undefined) {
    const id = (this.#last += 1);
    this.#child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
  }

  #hear(message) {
    const call = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if (message.error) call?.reject(new Error(message.error.message));
    else call?.resolve(message.result);
    for (const listener of this.#listeners) listener(message);
  }
}

/** The requests of one visit, as the events tell of them. */
class Visit {
  #requests = new Map();
  #loaded = false;
  #lastEvent = Date.now();

  hear({ method, params }) {
    const known = this.#requests.get(params?.requestId);
    switch (method) {
      case 'Page.loadEventFired':
        this.#loaded = true;
        break;
      case 'Network.requestWillBeSent':
        // A redirect comes under the same id; the address that it led to takes its place.
        if (!/^https?:/.test(params.request.url)) return;
        this.#requests.set(params.requestId, { url: params.request.url, pending: true });
        break;
      case 'Network.responseReceived':
        if (known) known.status = params.response.status;
        break;
      case 'Network.requestServedFromCache':
        if (known) known.cached = true;
        break;
      case 'Network.loadingFinished':
      case 'Network.loadingFailed':
        if (known) known.pending = false;
        break;
      default:
        return;
    }
    this.#lastEvent = Date.now();
  }

  /** Waits until the page is loaded and nothing has been asked for a while. */
  async quiet(url) {
    const started = Date.now();
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const waiting = [...this.#requests.values()].some((request) => request.pending);
      if (this.#loaded && !waiting && Date.now() - this.#lastEvent > QUIET_FOR_MS) return;
      if (Date.now() - started > GIVE_UP_MS) throw new Error(`${url} keeps loading`);
    }
  }

  requests() {
    return [...this.#requests.values()]
      .filter((request) => !request.cached)
      .map(({ url, status }) => ({ url, status }));
  }
}
