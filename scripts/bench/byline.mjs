// A Byline to be measured: its database, its process, its people.

import { once } from 'node:events';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ask, askWell, cookiesOf } from './http.mjs';
import { FOLDER, atTheEnd, run, start } from './processes.mjs';

/** The binary that is measured. */
export const BINARY = resolve(
  process.env.BYLINE_BIN ?? fileURLToPath(new URL('../../target/release/byline', import.meta.url)),
);

// What `byline seed` gives everybody.
const PASSWORD = 'correct horse battery';
const READY_WITHIN_MS = 15_000;

// Nobody guesses passwords here, but many log in from one address.
const NO_LIMITS = {
  BYLINE_LOGIN_ATTEMPTS_PER_ACCOUNT: '1000000000',
  BYLINE_LOGIN_ATTEMPTS_PER_ADDRESS: '1000000000',
};

/** Says so, when there is no binary to measure. */
export function needBinary() {
  if (!existsSync(BINARY)) throw new Error(`there is no ${BINARY}: run make build`);
}

/** The address of a new SQLite file. */
export function newSqlite(name) {
  return `sqlite://${join(FOLDER, `${name}.db`)}`;
}

/** The address of a new database on that PostgreSQL, which is dropped when the bench ends. */
export async function newPostgres(server, name) {
  const database = `byline_bench_${process.pid}_${name}`;
  await run('psql', [server, '-qc', `create database ${database}`]);
  atTheEnd(() => spawnSync('psql', [server, '-qc', `drop database ${database} with (force)`]));
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

/** Adds people and articles with `byline seed`. */
export async function seed(database, users, articles) {
  const counts = ['--users', String(users), '--articles', String(articles)];
  await run(BINARY, ['seed', ...counts], { cwd: FOLDER, env: environment(database) });
}

/** Serves that database on a free port, and waits until it is ready. */
export async function serve(database) {
  const listen = `127.0.0.1:${await freePort()}`;
  const origin = `http://${listen}`;
  const log = join(FOLDER, `${listen}.log`);
  const out = openSync(log, 'w');
  const child = start(BINARY, ['serve'], {
    cwd: FOLDER,
    env: { ...environment(database), ...NO_LIMITS, BYLINE_ORIGIN: origin, BYLINE_LISTEN: listen },
    stdio: ['ignore', out, out],
  });
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    await sleep(20);
    const answer = await ask(`${origin}/ready`).catch(() => undefined);
    if (answer?.status === 200) return { origin, child, pids: [child.pid] };
  }
  throw new Error(`byline serve is not ready:\n${readFileSync(log, 'utf8')}`);
}

/** The log-in of the nth seeded person, as a hydrated page sends it. */
export function logInRequest(origin, n) {
  const email = `user${String(n).padStart(4, '0')}`;
  return {
    url: `${origin}/rpc/log-in`,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      origin,
      'sec-fetch-site': 'same-origin',
    },
    body: new URLSearchParams({ email, password: PASSWORD }).toString(),
  };
}

/** Logs in the first seeded person and gives the cookie. */
export async function logIn(origin) {
  const { url, ...request } = logInRequest(origin, 1);
  return cookiesOf(await askWell(url, { method: 'POST', ...request }));
}

/** The slug of the newest article. */
export async function newestSlug(origin) {
  const list = await askWell(`${origin}/rpc/front-page?page=1`);
  return JSON.parse(list.body).previews[0].slug;
}

// Nothing of this shell's environment but PATH: it may have settings for another Byline.
function environment(database) {
  return { PATH: process.env.PATH, DATABASE_URL: database };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
