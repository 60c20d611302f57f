// What a log-in costs beside the hash that it is meant to cost, and what readers feel of many.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { logInRequest, newestSlug } from './byline.mjs';
import { USER_AGENT } from './http.mjs';
import { measure } from './load.mjs';
import { run } from './processes.mjs';
import { digits, median, number, say, table, typical } from './tables.mjs';

const PASSWORDS = fileURLToPath(new URL('../../src/server/passwords.rs', import.meta.url));
const BARE = fileURLToPath(new URL('bare/Cargo.toml', import.meta.url));
const BARE_TARGET = fileURLToPath(new URL('../../target/bare', import.meta.url));
const BARE_TIMES = 50;
// Readers come at a pace, whatever they find: a page that is slow is not asked for less.
const READERS_PER_S = 50;

/** For each Byline: a log-in's processor time beside that of argon2 alone, and the pages of an
 * article while log-ins come, beside the same without them. */
export async function measureLogIns(bylines, options) {
  const bare = await buildBare();
  for (const byline of bylines) {
    await measureCost(byline, bare, options);
    await measureReaders(byline, options);
  }
}

/** argon2 by itself: gives what runs it, with the parameters that Byline's source has. */
async function buildBare() {
  await run('cargo', ['build', '--release', '--quiet', '--manifest-path', BARE, '--target-dir', BARE_TARGET], {});
  const source = readFileSync(PASSWORDS, 'utf8');
  const parameters = ['MEMORY_KIB', 'PASSES', 'LANES'].map((name) => {
    const found = new RegExp(`const ${name}: u32 = ([0-9_]+);`).exec(source);
    if (!found) throw new Error(`there is no ${name} in ${PASSWORDS}`);
    return found[1].replaceAll('_', '');
  });
  const args = [...parameters, String(BARE_TIMES)];
  return async () => Number(await run(`${BARE_TARGET}/release/bare`, args, {}));
}

async function measureCost({ name, origin, pids }, bare, options) {
  const { url, headers } = logInRequest(origin, 1);
  const bodies = Array.from({ length: options.users }, (_, n) => logInRequest(origin, n + 1).body);
  const story = (title, connections) => ({ subject: name, title, url, headers, bodies, connections, pids });
  // One at a time, as argon2 is measured: two at once wait for each other's memory.
  const [alone, many] = [story('one at a time', 1), story('eight at once', 8)];
  const hashes = [];
  const ratios = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const before = await bare();
    const one = { ...alone };
    await measure([one], { ...options, rounds: 1 });
    hashes.push((before + (await bare())) / 2);
    ratios.push(one.rounds[0].cpu / hashes.at(-1));
    alone.rounds = [...(alone.rounds ?? []), ...one.rounds];
  }
  await measure([many], options);

  say(`## A log-in beside its hash: ${name}`);
  say(
    `Processor time of the server for a log-in, beside that of argon2 alone with the same parameters in the`,
    `same minute; ${options.rounds} × ${options.seconds} s. 1 would be a log-in that costs nothing but its hash; the goal is below 1.1.`,
  );
  table(
    ['', 'req/s', 'p50 ms', 'CPU ms', 'argon2 ms', 'ratio'],
    [
      [alone.title, ...figures(alone), digits(median(hashes)), number(median(ratios), 3)],
      [many.title, ...figures(many), '–', number(typical(many, 'cpu') / median(hashes), 3)],
    ],
  );
}

function figures(story) {
  return ['rate', 'p50', 'cpu'].map((figure) => digits(typical(story, figure)));
}

async function measureReaders({ name, origin }, options) {
  const page = { url: `${origin}/article/${await newestSlug(origin)}`, headers: { accept: 'text/html' } };
  const logIns = Array.from({ length: options.users }, (_, n) => ({ method: 'POST', ...logInRequest(origin, n + 1) }));
  await paced([page], READERS_PER_S, 1);
  const rounds = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const quiet = await paced([page], READERS_PER_S, options.seconds);
    const [busy, flood] = await Promise.all([
      paced([page], READERS_PER_S, options.seconds),
      paced(logIns, options.logIns, options.seconds),
    ]);
    rounds.push({ quiet, busy, flood });
  }
  const middle = (pick) => median(rounds.map(pick));
  const answered = (status) => middle(({ flood }) => (flood.statuses[status] ?? 0) / options.seconds);

  say(`## Readers beside log-ins: ${name}`);
  say(
    `An article's page asked for ${READERS_PER_S} times a second, by itself and while ${number(options.logIns)} log-ins a second come, of`,
    `which ${digits(answered(200))} a second were let in and ${digits(answered(503))} sent away because too many waited. ${options.rounds} × ${options.seconds} s, medians.`,
  );
  const row = (title, which) => [
    title,
    ...['p50', 'p99'].map((figure) => digits(middle((round) => round[which][figure]))),
    number(middle((round) => READERS_PER_S * options.seconds - (round[which].statuses[200] ?? 0))),
  ];
  const ratio = (figure) => digits(middle(({ quiet, busy }) => busy[figure] / quiet[figure]));
  table(
    ['', 'p50 ms', 'p99 ms', 'not a 200'],
    [row('by themselves', 'quiet'), row('beside log-ins', 'busy'), ['ratio', ratio('p50'), ratio('p99'), '–']],
  );
}

/** Sends requests in turns, so many a second for so long, and waits for none before the next:
 * what is slow is not asked for less. Gives how long they took, and how often which status came;
 * 0 is none. */
async function paced(requests, perSecond, seconds) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 512 });
  const pending = [];
  const began = performance.now();
  for (let n = 0; n < perSecond * seconds; n += 1) {
    const wait = began + (n * 1000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    pending.push(timed(requests[n % requests.length], agent));
  }
  const answers = await Promise.all(pending);
  agent.destroy();
  const waits = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const statuses = {};
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  const at = (part) => waits[Math.min(waits.length - 1, Math.floor(waits.length * part))];
  return { p50: at(0.5), p99: at(0.99), statuses };
}

function timed({ url, method = 'GET', headers, body }, agent) {
  const began = performance.now();
  return new Promise((resolve) => {
    const done = (status) => resolve({ status, ms: performance.now() - began });
    const sent = http.request(url, { method, agent, headers: { 'user-agent': USER_AGENT, ...headers } });
    sent.once('error', () => done(0));
    sent.once('response', (response) => {
      response.resume();
      response.once('end', () => done(response.statusCode));
      response.once('error', () => done(0));
    });
    sent.end(body);
  });
}
