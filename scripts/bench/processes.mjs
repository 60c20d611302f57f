// What the bench starts, and that nothing of it stays: whatever ends the bench, the processes
// are killed and the files deleted. The data is made up, so there is nothing to save.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where everything of this run lies. */
export const FOLDER = mkdtempSync(join(tmpdir(), 'byline-bench-'));

const running = new Set();
const lastThings = [];
let ending = false;

/** Ends the bench, after a complaint if there is one, once everything it started is gone. */
export async function end(code, complaint) {
  // What is killed here makes whoever waits for it complain as well.
  if (ending) return;
  ending = true;
  if (complaint) process.stderr.write(`Error: ${complaint}\n`);
  await Promise.all([...running].map(stop));
  process.exit(code);
}

/** Has something done, synchronously, when the bench ends and its processes are gone. */
export function atTheEnd(thing) {
  lastThings.push(thing);
}

/** Starts a process, in a group of its own so that what it starts in turn is killed as well. */
export function start(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true });
  running.add(child);
  child.once('close', () => running.delete(child));
  return child;
}

/** Kills a process that `start` started, with all that it started, and waits for its end. */
export async function stop(child) {
  const closed = running.has(child) ? once(child, 'close') : undefined;
  kill(child);
  await closed;
}

/** Runs a command to its end and gives what it printed; a failure throws what it complained of. */
export async function run(command, args, options) {
  const child = start(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].on('data', (chunk) => (printed[name] += chunk));
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}\n${printed.stdout}${printed.stderr}`);
  return printed.stdout;
}

/** Every process below these ones, and these themselves. */
export function family(pids) {
  const rows = spawnSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' }).stdout;
  const parents = rows.trim().split('\n').map((row) => row.trim().split(/\s+/).map(Number));
  const found = new Set(pids);
  // A child may be listed before its parent.
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

function kill(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It is gone already, or never was.
  }
}

process.on('exit', () => {
  for (const child of running) kill(child);
  for (const thing of lastThings.reverse()) thing();
  // What was killed a moment ago may still be writing.
  rmSync(FOLDER, { recursive: true, force: true, maxRetries: 10 });
});
process.once('SIGHUP', () => end(129));
process.once('SIGINT', () => end(130));
process.once('SIGTERM', () => end(143));
