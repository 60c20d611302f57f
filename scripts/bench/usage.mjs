// What processes use of the machine. Linux tells everything in /proc; elsewhere `ps` tells the
// resident memory, and the rest is not known (NaN).

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { family } from './processes.mjs';

const LINUX = existsSync('/proc/self/stat');
// Linux counts processor time for programs in hundredths of a second, whatever its own clock.
const TICKS_PER_S = 100;
const WATCH_EVERY_MS = 200;

/**
 * Memory of these processes and those below them in KiB: `rss` counts what they share once for
 * each of them, `pss` once in all, and so is the fair one for a server of several processes.
 */
export function memory(pids) {
  return sum(family(pids));
}

/** Watches the memory of these processes and those below them, until it is asked for its highest. */
export function watchMemory(pids) {
  const all = family(pids);
  const highest = { rss: 0, pss: 0 };
  const look = () => {
    const now = sum(all);
    highest.rss = Math.max(highest.rss, now.rss);
    highest.pss = Math.max(highest.pss, now.pss);
  };
  const timer = setInterval(look, WATCH_EVERY_MS);
  return {
    highest() {
      clearInterval(timer);
      look();
      return highest;
    },
  };
}

/** Processor time that these processes and those below them have used. */
export function cpuSeconds(pids) {
  if (!LINUX || pids.length === 0) return NaN;
  let ticks = 0;
  for (const pid of family(pids)) {
    // The second field is the program's name, in brackets, and may contain anything.
    const stat = read(`/proc/${pid}/stat`);
    const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number);
    ticks += user + system;
  }
  return ticks / TICKS_PER_S;
}

/** Processor time that the threads of these processes have used, in milliseconds, by the scheduler's
 * own clock: fine enough for one request. */
export function cpuMs(pids) {
  let ns = 0;
  for (const pid of pids) {
    if (!existsSync(`/proc/${pid}/task`)) return NaN;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      ns += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]);
    }
  }
  return ns / 1e6;
}

function sum(pids) {
  if (pids.length === 0) return { rss: NaN, pss: NaN };
  if (!LINUX) {
    const rows = spawnSync('ps', ['-o', 'rss=', '-p', pids.join(',')], { encoding: 'utf8' }).stdout;
    return { rss: rows.trim().split('\n').reduce((total, row) => total + Number(row), 0), pss: NaN };
  }
  const total = { rss: 0, pss: 0 };
  for (const pid of pids) {
    const rollup = read(`/proc/${pid}/smaps_rollup`);
    total.rss += Number(/^Rss: +(\d+)/m.exec(rollup)?.[1] ?? 0);
    total.pss += Number(/^Pss: +(\d+)/m.exec(rollup)?.[1] ?? 0);
  }
  return total;
}

// Empty for a process that has just ended.
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
