// The site's files, which only a release build has inside: how they are sent, that nothing else
// is, and that what the browser gets knows nothing of the server.

import { request as ask, type IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test as base } from '../support.ts';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

type Ask = (path: string, headers?: Record<string, string>, method?: string) => Promise<Answer>;

const test = base.extend<{ ask: Ask }>({
  /** A request exactly as it is written here: no path is tidied, no body decoded. */
  ask: async ({ server }, use) => {
    const { hostname, port } = new URL(server.origin);
    await use((path, headers = {}, method = 'GET') =>
      new Promise((resolve, reject) => {
        const sent = ask({ hostname, port, path, method, headers }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) }));
        });
        sent.on('error', reject);
        sent.end();
      }));
  },
});

test.beforeEach(({}, { project }) => {
  test.skip(project.name !== 'desktop', 'no screen and no script has a part in it');
});

/** Every file under /pkg that a page names, and every one that such a file names. */
async function bundle(ask: Ask): Promise<Map<string, Answer>> {
  const files = new Map<string, Answer>();
  const page = (await ask('/login')).body.toString();
  const waiting = [...page.matchAll(/\/pkg\/([\w.-]+\.(?:js|wasm|css))/g)].map((match) => match[1]!);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (files.has(name)) continue;
    const answer = await ask(`/pkg/${name}`);
    expect(answer.status, name).toBe(200);
    files.set(name, answer);
    if (name.endsWith('.js')) {
      const named = answer.body.toString().matchAll(/["'`/]([\w.-]+\.[\w-]{22}\.(?:js|wasm))["'`]/g);
      waiting.push(...[...named].map((match) => match[1]!));
    }
  }
  const names = [...files.keys()].join(' ');
  for (const part of [/byline\.[\w-]+\.js/, /byline\.[\w-]+\.wasm/, /split_reading/, /split_writing/, /split_account/]) {
    expect(names).toMatch(part);
  }
  return files;
}

test('V3.5.7 nothing that only the server knows is in what the browser gets', async ({ ask }) => {
  const secrets = [
    'argon2', 'select ', 'insert into', 'update users', 'delete from', 'postgres://', 'sqlite://',
    'security_stamp', 'password_hash', 'BYLINE_', '__Host-', 'DATABASE_URL',
  ];
  for (const [name, { body }] of await bundle(ask)) {
    // The style sheet selects, but not from tables.
    if (name.endsWith('.css')) continue;
    const text = body.toString('latin1');
    for (const secret of secrets) expect(text.includes(secret), `${secret} in ${name}`).toBe(false);
  }
});

test('a file whose name is a hash of it is kept for good, any other for a while', async ({ ask }) => {
  for (const [name, { headers }] of await bundle(ask)) {
    expect(headers['cache-control'], name).toBe('public, max-age=31536000, immutable');
    expect(name).toMatch(/\.[\w-]{22}\.\w+$/);
  }
  expect((await ask('/favicon.svg')).headers['cache-control']).toBe('public, max-age=3600');
  expect((await ask('/')).headers['cache-control']).toBe('private, no-cache');
});

test('each file comes in the encoding that is asked for, with its type', async ({ ask }) => {
  const types: Record<string, string> = {
    wasm: 'application/wasm', js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8',
  };
  for (const [name, plain] of await bundle(ask)) {
    expect(plain.headers['content-encoding'], name).toBeUndefined();
    expect(plain.headers['content-type']).toBe(types[name.split('.').at(-1)!]);
    for (const [accepted, encoding] of [
      ['br, gzip', 'br'], ['gzip, br', 'br'], ['gzip', 'gzip'], ['GZIP;q=0.1', 'gzip'], ['br;q=0, gzip', 'gzip'],
      ['br;q=0', undefined], ['identity', undefined], ['*;q=0', undefined], ['nonsense', undefined],
    ] as const) {
      const answer = await ask(`/pkg/${name}`, { 'accept-encoding': accepted });
      expect(answer.headers['content-encoding'], `${accepted} for ${name}`).toBe(encoding);
      expect(answer.headers.vary?.toLowerCase(), name).toContain('accept-encoding');
      const body = encoding === 'br' ? brotliDecompressSync(answer.body)
        : encoding === 'gzip' ? gunzipSync(answer.body) : answer.body;
      expect(body.equals(plain.body), `${accepted} for ${name}`).toBe(true);
    }
  }
});

test('a file that the browser has is not sent again', async ({ ask }) => {
  for (const path of ['/favicon.svg', ...[...(await bundle(ask)).keys()].map((name) => `/pkg/${name}`)]) {
    const { headers } = await ask(path);
    const tag = headers.etag!;
    for (const known of [tag, `"another", ${tag}`, tag.replace('W/', ''), '*']) {
      const answer = await ask(path, { 'if-none-match': known });
      expect([answer.status, answer.body.length, answer.headers.etag], `${known} of ${path}`).toEqual([304, 0, tag]);
    }
    expect((await ask(path, { 'if-none-match': 'W/"another"' })).status).toBe(200);
  }
});

test('headers alone are those of the file, and a part of a file is the whole of it', async ({ ask }) => {
  for (const path of ['/favicon.svg', ...[...(await bundle(ask)).keys()].map((name) => `/pkg/${name}`)]) {
    const whole = await ask(path);
    const head = await ask(path, {}, 'HEAD');
    expect([head.status, head.body.length]).toEqual([200, 0]);
    for (const name of ['content-type', 'content-length', 'etag', 'cache-control'] as const) {
      expect(head.headers[name], `${name} of ${path}`).toBe(whole.headers[name]);
    }
    const part = await ask(path, { range: 'bytes=0-9' });
    expect([part.status, part.body.length], path).toEqual([200, whole.body.length]);
  }
});

test('only the files that were packed exist, under their own names alone', async ({ ask }) => {
  const [js] = [...(await bundle(ask)).keys()].filter((name) => /^byline\..*\.js$/.test(name));
  for (const path of [
    '/pkg/', '/pkg', '/pkg/nothing.wasm', '/pkg/nothing', `/pkg/${js}.br`, `/pkg/${js}.gz`, `/pkg/${js}%00`, `/pkg/./${js}`,
    `/pkg//${js}`, `/pkg/x/..%2f${js}`, '/pkg/..%2f..%2fCargo.toml', '/pkg/%2e%2e/%2e%2e/Cargo.toml',
    '/pkg/../favicon.svg', '/pkg/..%2ffavicon.svg', '/pkg/..%5cfavicon.svg', '/pkg/%2fetc%2fpasswd', '/favicon.svg.br',
    '/favicon.svg/', '/byline.db', '/pkg/%ff',
  ]) {
    for (const [accept, type] of [['*/*', 'application/json'], ['text/html', 'text/html; charset=utf-8']] as const) {
      const answer = await ask(path, { accept });
      expect(answer.status === 404 || answer.status === 400, `${answer.status}: ${path}`).toBe(true);
      expect(answer.headers['cache-control'] ?? '', path).not.toContain('public');
      if (/^\/pkg\/./.test(path)) expect(answer.headers['content-type'], path).toBe(type);
    }
  }
});

test('a file is read and nothing else', async ({ ask, server }) => {
  for (const path of ['/favicon.svg', `/pkg/${[...(await bundle(ask)).keys()][0]}`]) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await ask(path, { origin: server.origin }, method);
      expect([answer.status, answer.headers.allow], `${method} ${path}`).toEqual([405, 'GET,HEAD']);
    }
  }
});
