// What the first visit of a page weighs: every file that it fetches, as the server sends it to
// those who take nothing packed, gzip, or also brotli.

import { Browser } from './browser.mjs';
import { ask } from './http.mjs';
import { number, say, table } from './tables.mjs';

// Browsers take both; where a server has no brotli, gzip is what they get.
const CODINGS = { raw: 'identity', gzip: 'gzip', brotli: 'gzip, br' };
const KINDS = ['HTML', 'CSS', 'JS', 'WASM', 'JSON', 'other'];

/** Weighs pages of `{ subject, title, url, cookie, readable }` and prints the tables. */
export async function weighPages(pages) {
  say('## Bytes of a first visit');
  const chromium = process.env.CHROMIUM;
  if (chromium) {
    say(
      'What Chromium fetches with an empty cache until the network is quiet; the bytes of the bodies,',
      'without headers, as the server sends them to those who take nothing packed, gzip, or also brotli.',
    );
  } else {
    say(
      '**There is no Chromium: only what the tags of the page name is counted, so files that a script',
      'asks for are missing.**',
    );
  }
  const browser = chromium ? new Browser(chromium) : undefined;
  for (const page of pages) await weighPage(page, browser);
  await browser?.close();
}

async function weighPage({ subject, title, url, cookie = '', readable }, browser) {
  const visited = browser ? await browser.firstVisit(url, cookie) : await namedInTags(url, cookie);
  const files = [];
  for (const { url, status } of visited) files.push({ url, status, ...(await weigh(url, cookie)) });

  const row = (name, some) => [
    name,
    number(some.length),
    ...Object.keys(CODINGS).map((coding) => number(some.reduce((sum, file) => sum + file[coding], 0))),
  ];
  const perKind = KINDS.map((kind) => [kind, files.filter((file) => file.kind === kind)]);
  say(`### ${subject}: ${title}, ${new URL(url).pathname}`);
  table(
    ['', 'requests', ...Object.keys(CODINGS)],
    [
      ...perKind.filter(([, some]) => some.length > 0).map(([kind, some]) => row(kind, some)),
      row(
        `until it can be read and used (${readable.join('+')})`,
        files.filter((file) => readable.includes(file.kind)),
      ),
      row('until hydrated (all)', files),
    ],
  );
  complain(files);
}

/** Says what should not be: files that are not there, or are asked for twice. */
function complain(files) {
  const urls = files.map((file) => file.url);
  const twice = urls.filter((url, at) => urls.indexOf(url) !== at);
  const missing = files.filter((file) => file.status !== 200).map(({ url, status }) => `${url} (${status})`);
  if (twice.length > 0) say(`**WARNING: fetched more than once: ${twice.join(', ')}**`);
  if (missing.length > 0) say(`**WARNING: not answered with 200: ${missing.join(', ')}**`);
}

async function weigh(url, cookie) {
  const weights = {};
  for (const [coding, accepted] of Object.entries(CODINGS)) {
    const answer = await ask(url, { headers: { cookie, accept: '*/*', 'accept-encoding': accepted } });
    weights[coding] = answer.body.length;
    weights.kind = kindOf(answer.headers['content-type'] ?? '');
  }
  return weights;
}

function kindOf(type) {
  if (type.startsWith('text/html')) return 'HTML';
  if (type.startsWith('text/css')) return 'CSS';
  if (type.includes('javascript')) return 'JS';
  if (type.startsWith('application/wasm')) return 'WASM';
  if (type.startsWith('application/json')) return 'JSON';
  return 'other';
}

/** What a page names in its tags and its own scripts, as addresses of files. */
async function namedInTags(url, cookie) {
  const html = String((await ask(url, { headers: { cookie, accept: 'text/html' } })).body);
  const named = [...html.matchAll(/(?:<link [^>]*href=|<script [^>]*src=|import\()"([^"]+)"/g)];
  const urls = new Set([url, ...named.map(([, path]) => new URL(path, url).href)]);
  return [...urls].map((url) => ({ url, status: 200 }));
}
