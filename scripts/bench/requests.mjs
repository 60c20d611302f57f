// Requests a second, how long they wait, and the memory that it takes.

import { logIn, logInRequest, newestSlug } from './byline.mjs';
import { ask } from './http.mjs';
import { measure } from './load.mjs';
import { digits, number, say, table, times, typical, warnOfBadAnswers } from './tables.mjs';
import { memory } from './usage.mjs';

// Hashing a password fills a core: more at once would only measure how long a queue gets.
const LOG_IN_CONNECTIONS = 8;
const AS_BROWSERS_ASK = { 'accept-encoding': 'gzip, deflate, br, zstd' };

/** Byline's stories: what is put under load, and which of the peer's stories each is beside. */
async function bylineStories({ name, origin, pids }, users) {
  const cookie = await logIn(origin);
  const slug = await newestSlug(origin);
  const html = { accept: 'text/html' };
  const json = { accept: 'application/json' };
  const wasm = await wasmPath(origin);
  const get = (title, path, headers, beside) => ({
    subject: name, title, url: origin + path, headers, pids, beside,
  });
  const bodies = Array.from({ length: users }, (_, n) => logInRequest(origin, n + 1).body);
  const { url, headers } = logInRequest(origin, 1);
  return [
    get('health', '/health', {}),
    get('article page, a stranger', `/article/${slug}`, html, 'article'),
    get('article page, compressed', `/article/${slug}`, { ...html, ...AS_BROWSERS_ASK }, 'article, compressed'),
    get('front page, a stranger', '/', html, 'list'),
    get('front page, compressed', '/', { ...html, ...AS_BROWSERS_ASK }, 'list, compressed'),
    get('my desk, logged in', '/articles', { ...html, cookie }, 'list'),
    get('my desk, compressed', '/articles', { ...html, ...AS_BROWSERS_ASK, cookie }, 'list, compressed'),
    get('JSON of the article', `/rpc/article?slug=${slug}`, json, 'article'),
    get('JSON of the front page', '/rpc/front-page?page=1', json, 'list'),
    get('JSON of my desk', '/rpc/desk?page=1', { ...json, cookie }, 'list'),
    get('the WASM file, compressed', wasm, AS_BROWSERS_ASK),
    { subject: name, title: 'log-in', url, headers, bodies, connections: LOG_IN_CONNECTIONS, pids, beside: 'log-in' },
  ];
}

/** The peer's stories; Byline's name them in `beside`. */
function peerStories(peer, users) {
  const headers = { accept: 'application/json', cookie: peer.cookie };
  const get = (title, url, more) => ({
    subject: 'peer', title, url, headers: { ...headers, ...more }, pids: peer.pids,
  });
  const bodies = Array.from({ length: users }, (_, n) => peer.logIn(n + 1).body);
  const logIn = peer.logIn(1);
  return [
    get('article', peer.article),
    get('article, compressed', peer.article, AS_BROWSERS_ASK),
    get('list', peer.list),
    get('list, compressed', peer.list, AS_BROWSERS_ASK),
    {
      subject: 'peer', title: 'log-in', url: logIn.url, headers: logIn.headers, bodies,
      connections: LOG_IN_CONNECTIONS, pids: peer.pids,
    },
  ];
}

/** The path of the WASM file that every page names. */
async function wasmPath(origin) {
  const { body } = await ask(origin, { headers: { accept: 'text/html' } });
  return /"(\/pkg\/[^"]+\.wasm)"/.exec(String(body))?.[1] ?? '/favicon.svg';
}

/** Puts the Bylines, and the peer if there is one, under load in turns, and prints the tables. */
export async function measureRequests(bylines, peer, options) {
  const idle = new Map(bylines.map(({ name, pids }) => [name, memory(pids)]));
  if (peer) idle.set('peer', memory(peer.pids));

  const ours = [];
  for (const byline of bylines) ours.push(await bylineStories(byline, options.users));
  const theirs = peer ? peerStories(peer, options.users) : [];
  // The same story of each, one after the other: then the peer's, where it has one beside it.
  const order = ours[0].flatMap((story, at) => {
    const beside = theirs.find(({ title }) => title === story.beside);
    return [...ours.map((stories) => stories[at]), ...(beside ? [beside] : [])];
  });
  const stories = [...new Set(order)];
  for (const story of stories) story.yardstick = ours[0][0];
  await measure(stories, options);

  printRates(stories, ours.flat(), theirs, options);
  if (peer) printRatios(ours.flat(), theirs, peer);
  printMemory(idle, stories);
}

function printRates(stories, ours, theirs, { rounds, seconds, connections, articles, users }) {
  say('## Requests per second');
  say(
    `wrk, ${number(connections)} connections (log-in ${LOG_IN_CONNECTIONS}), ${rounds} × ${seconds} s in turns; medians, with the lowest and the highest`,
    `round. ${number(articles)} articles of ${number(users)} people. CPU is the server's own processor time a request (without that of`,
    'PostgreSQL); where it is high and the rate low, it is the server, and not the load generator beside it,',
    'that is slow. "Compressed" asks for brotli and gzip as browsers do; wrk by itself asks for neither.',
    'The last column divides by the rate of Byline’s /health in the second before: it stays when the machine',
    'is slow for a while.',
  );
  table(
    ['', 'req/s', 'lowest', 'highest', 'p50 ms', 'p99 ms', 'CPU ms', ': /health'],
    inOrder(stories, ours, theirs).map((story) => [
      `${story.subject}: ${story.title}`,
      digits(typical(story, 'rate')),
      digits(Math.min(...story.rounds.map(({ rate }) => rate))),
      digits(Math.max(...story.rounds.map(({ rate }) => rate))),
      digits(typical(story, 'p50')),
      digits(typical(story, 'p99')),
      digits(typical(story, 'cpu')),
      digits(typical(story, 'against')),
    ]),
  );
  warnOfBadAnswers(stories);
  for (const story of stories.filter(({ title }) => title === 'log-in')) {
    const perCore = 1000 / typical(story, 'cpu');
    if (Number.isFinite(perCore)) {
      say(`One core makes ${digits(perCore)} log-ins a second: ${story.subject}. That is mostly argon2id, and meant to be slow.`);
    }
  }
}

function inOrder(stories, ours, theirs) {
  return [...ours, ...theirs].filter((story) => stories.includes(story));
}

function printRatios(ours, theirs, peer) {
  say('## Byline : peer');
  say('How many times the peer, in the same round. Above 1 is more requests, a longer wait, more work.');
  table(
    ['', 'beside the peer’s', 'req/s', 'p50', 'p99', 'CPU'],
    ours.flatMap((story) => {
      const other = theirs.find(({ title }) => title === story.beside);
      if (!other) return [];
      const figures = ['rate', 'p50', 'p99', 'cpu'].map((figure) => digits(times(story, other, figure)));
      return [[`${story.subject}: ${story.title}`, other.title, ...figures]];
    }),
  );
  say('What is not alike:', '', ...peer.unlike.map((line) => `- ${line}`));
}

function printMemory(idle, stories) {
  say('## Memory, MiB');
  say(
    'The highest, of all the processes of a server: RSS counts what they share once for each, PSS once in',
    'all. "Idle" is before the load of this run: Byline just started, the peer as it was found. "Reading" is',
    'before the first log-ins under load, which may leave a server with more than it had.',
  );
  const mib = (kib) => number(kib / 1024, 1);
  const highest = (rounds, figure) => mib(Math.max(...rounds.map((round) => round[figure])));
  table(
    ['', 'RSS idle', 'RSS reading', 'RSS log-in', 'PSS idle', 'PSS reading', 'PSS log-in'],
    [...idle].map(([name, before]) => {
      const mine = stories.filter(({ subject }) => subject === name);
      const logIn = mine.filter(({ title }) => title === 'log-in').flatMap(({ rounds }) => rounds);
      // The first round comes before all log-ins, whose memory may stay.
      const reading = mine.filter(({ title }) => title !== 'log-in').map(({ rounds }) => rounds[0]);
      return [name, ...['rss', 'pss'].flatMap((f) => [mib(before[f]), highest(reading, f), highest(logIn, f)])];
    }),
  );
}
