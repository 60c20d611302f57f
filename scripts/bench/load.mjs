// Load: wrk against one address after the other, in rounds.

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { USER_AGENT, ask } from './http.mjs';
import { FOLDER, run } from './processes.mjs';
import { cpuSeconds, watchMemory } from './usage.mjs';

const SCRIPT = fileURLToPath(new URL('load.lua', import.meta.url));
const WARM_UP_S = 1;
const YARDSTICK_S = 1;
const CALM_FOR_MS = 100;
const CALM_WITHIN_MS = 10_000;
// Most of the machine is for whom the load is put on.
const THREADS = Math.max(1, Math.floor(availableParallelism() / 4));

/**
 * Puts each story under load, all of them once a round, so that a machine which slows down slows
 * down all of them; every other round goes backwards. A story is `{ url, headers, bodies,
 * connections, pids, yardstick }`: with `bodies` it posts them in turns, `pids` are its server's
 * processes, and `yardstick` is another story that is under load for a moment just before it.
 *
 * Each gets its `rounds`, of
 * - `rate`, requests a second, and `p50` and `p99`, milliseconds until the answer;
 * - `against`, its rate divided by its yardstick's;
 * - `cpu`, milliseconds of the server's processor time a request;
 * - `rss` and `pss`, the server's highest memory in KiB;
 * - `requests`, how many; `refused` and `broken`, how many of them were answered with 4xx or 5xx,
 *   or not at all; `status`, that of the same request by itself afterwards.
 */
export async function measure(stories, { rounds, seconds, connections }) {
  for (const story of stories) story.rounds = [];
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`round ${round} of ${rounds}\n`);
    const inTurn = round % 2 === 1 ? stories : stories.toReversed();
    for (const story of inTurn) await measureOnce(story, seconds, connections);
  }
}

/** One story under load, once. It is asked by itself as well: wrk does not count a redirect as
 * wrong. */
async function measureOnce(story, seconds, connections) {
  // Only now, since a story may leave its server with more memory than it had.
  if (story.rounds.length === 0) await wrk(story, WARM_UP_S, connections);
  const yardstick = story.yardstick && (await wrk(story.yardstick, YARDSTICK_S, connections));
  await calm(story.pids);
  const before = cpuSeconds(story.pids);
  const memory = watchMemory(story.pids);
  const figures = await wrk(story, seconds, connections);
  const { rss, pss } = memory.highest();
  const cpu = ((cpuSeconds(story.pids) - before) * 1000) / figures.requests;
  await calm(story.pids);
  const { status } = await ask(story.url, {
    method: story.bodies ? 'POST' : 'GET',
    headers: story.headers,
    body: story.bodies?.[0],
  });
  const rate = rateOf(figures);
  const against = yardstick ? rate / rateOf(yardstick) : NaN;
  story.rounds.push({ ...figures, rate, against, cpu, rss, pss, status });
}

function rateOf({ requests, seconds }) {
  return requests / seconds;
}

/** Waits until a server is done with what wrk has left it with, when it went away. */
async function calm(pids) {
  for (let waited = 0; waited < CALM_WITHIN_MS; waited += CALM_FOR_MS) {
    const before = cpuSeconds(pids);
    await sleep(CALM_FOR_MS);
    const busy = cpuSeconds(pids) - before;
    if (!(busy * 1000 > CALM_FOR_MS / 4)) return;
  }
}

async function wrk(story, seconds, connections) {
  const over = story.connections ?? connections;
  const args = ['-t', Math.min(THREADS, over), '-c', over, '-d', `${seconds}s`, '--timeout', '30s'];
  for (const [name, value] of Object.entries({ 'user-agent': USER_AGENT, ...story.headers })) {
    args.push('-H', `${name}: ${value}`);
  }
  const env = { ...process.env };
  if (story.bodies) {
    env.LOAD_BODIES = join(FOLDER, 'bodies');
    writeFileSync(env.LOAD_BODIES, story.bodies.join('\n'));
  }
  const printed = await run('wrk', [...args.map(String), '-s', SCRIPT, story.url], { env });
  const figures = JSON.parse(printed.trim().split('\n').at(-1));
  // Without a single answer wrk says that it took no time at all.
  return figures.requests > 0 ? figures : { ...figures, p50: NaN, p99: NaN };
}
