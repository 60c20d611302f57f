// The bench: what is measured, in which order. --help says what it can be told.

import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { weighPages } from './bytes.mjs';
import { BINARY, needBinary, newPostgres, newSqlite, newestSlug, seed, serve } from './byline.mjs';
import { measureGrowth } from './growth.mjs';
import { measureGuesses } from './guesses.mjs';
import { measureLogIns } from './logins.mjs';
import { readOptions } from './options.mjs';
import { meetPeer } from './peers.mjs';
import { end } from './processes.mjs';
import { measureRequests } from './requests.mjs';
import { keepReport, number, say } from './tables.mjs';
import { measureTexts } from './texts.mjs';

const REPORT = fileURLToPath(new URL('../../target/bench/report.md', import.meta.url));

try {
  await main(readOptions());
  await end(0);
} catch (error) {
  await end(1, error.message);
}

async function main(options) {
  needBinary();
  const peer = options.peer ? await meetPeer(options.peerKind, options.peer, options.peerPids) : undefined;
  const engines = { SQLite: newSqlite };
  if (options.postgres) engines.PostgreSQL = (name) => newPostgres(options.postgres, name);

  introduce(options);
  if (['bytes', 'requests', 'logins', 'guesses'].some((part) => options.only.includes(part))) {
    const bylines = await startBylines(engines, options);
    if (options.only.includes('bytes')) await weighPages(await pagesOf(bylines[0], peer));
    if (options.only.includes('requests')) await measureRequests(bylines, peer, options);
    if (options.only.includes('logins')) await measureLogIns(bylines, options);
    if (options.only.includes('guesses')) await measureGuesses(bylines, options);
  }
  for (const [engine, newDatabase] of Object.entries(engines)) {
    if (options.only.includes('texts')) await measureTexts(engine, newDatabase, options);
    if (options.only.includes('growth')) await measureGrowth(engine, newDatabase, options);
  }
  keepReport(REPORT);
  process.stderr.write(`The same is in ${relative(process.cwd(), REPORT)}\n`);
}

/** What was measured, where and with what. */
function introduce({ peer, peerKind, postgres }) {
  const [cpu] = os.cpus();
  const memory = number(os.totalmem() / 2 ** 30);
  const [load] = os.loadavg();
  const version = (command, args) => spawnSync(command, args, { encoding: 'utf8' }).stdout.split('\n')[0];
  say('# Byline, measured');
  say(
    `- ${new Date().toISOString().slice(0, 16)}Z, ${os.availableParallelism()} cores (${cpu?.model ?? 'unknown'}), ${memory} GiB, ${os.platform()}`,
    `- ${version(BINARY, ['--version'])}; ${version('wrk', ['-v']).split(' Copyright')[0]}, on the same machine; load average ${load.toFixed(1)} at the start`,
    ...(postgres ? [`- PostgreSQL with ${postgresSettings(postgres)}`] : []),
    ...(peer ? [`- peer: ${peerKind} at ${peer}`] : []),
  );
}

/** Whether that PostgreSQL writes for good, without which its log-ins are not SQLite's. */
function postgresSettings(server) {
  const sql = `select string_agg(name || ' ' || setting, ', ' order by name) from pg_settings
    where name in ('fsync', 'server_version', 'synchronous_commit')`;
  return spawnSync('psql', [server, '-Atqc', sql], { encoding: 'utf8' }).stdout.trim();
}

/** A server for each engine, with the same people and articles. */
async function startBylines(engines, { users, articles }) {
  const bylines = [];
  for (const [engine, newDatabase] of Object.entries(engines)) {
    const database = await newDatabase('load');
    process.stderr.write(`seeding ${number(articles)} articles on ${engine}\n`);
    await seed(database, users, articles);
    const name = Object.keys(engines).length > 1 ? `Byline on ${engine}` : 'Byline';
    bylines.push({ name, ...(await serve(database)) });
  }
  return bylines;
}

/** The pages whose first visit is weighed. */
async function pagesOf({ name, origin }, peer) {
  const readable = ['HTML', 'CSS'];
  const page = (title, path) => ({ subject: name, title, url: origin + path, readable });
  const pages = [
    page('front page', '/'),
    page('log-in', '/login'),
    page('article', `/article/${await newestSlug(origin)}`),
  ];
  for (const [title, path] of Object.entries(peer?.pages ?? {})) {
    const { cookie, readable } = peer;
    // Its log-in page sends whoever is logged in away.
    const mine = path === '/login' ? '' : cookie;
    pages.push({ subject: 'peer', title, url: peer.origin + path, cookie: mine, readable });
  }
  return pages;
}
