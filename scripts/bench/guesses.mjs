// Whether what a wrong guess costs the server tells who has an account.

import { logInRequest } from './byline.mjs';
import { ask } from './http.mjs';
import { digits, median, number, say, table } from './tables.mjs';
import { cpuMs } from './usage.mjs';

// Both rows together stay below the wrong guesses that a site looks at in a minute.
const PAIRS = 120;

/** For each Byline: wrong passwords for somebody and for nobody, in pairs, each in an order that is
 * drawn, and in how many pairs of a hundred nobody's costs less. */
export async function measureGuesses(bylines, { users }) {
  const rows = [];
  for (const { name, origin, pids } of bylines) {
    for (const [title, identity] of [
      ['by name', (who, n) => `${who}${n}`],
      ['by e-mail', (who, n) => `${who}${n}@example.org`],
    ]) {
      const pairs = [];
      for (let pair = 0; pair < PAIRS; pair += 1) {
        const n = String((pair % users) + 1).padStart(4, '0');
        const guess = (who) => guessed(origin, pids, identity(who, n));
        const somebodyFirst = Math.random() < 0.5;
        const [first, second] = somebodyFirst ? ['user', 'none'] : ['none', 'user'];
        const costs = { [first]: await guess(first), [second]: await guess(second) };
        pairs.push(costs);
      }
      const cost = (who) => digits(median(pairs.map((pair) => pair[who])));
      const less = pairs.filter(({ user, none }) => none < user).length / pairs.length;
      rows.push([`${name}, ${title}`, number(PAIRS), cost('user'), cost('none'), number(less, 2)]);
    }
  }
  say('## Wrong guesses');
  say(
    'Processor time of the server for a wrong password, one request at a time, in pairs: for somebody who has an account,',
    'and for nobody. In which part of the pairs nobody’s costs less: 0.5 tells nothing, 0 or 1 tells who has an account;',
    'the goal is 0.4 to 0.6.',
  );
  table(['', 'pairs', 'somebody, ms', 'nobody, ms', 'nobody’s is less'], rows);
}

async function guessed(origin, pids, email) {
  const { url, headers } = logInRequest(origin, 1);
  const body = new URLSearchParams({ email, password: 'never the right one' }).toString();
  const before = cpuMs(pids);
  const { status } = await ask(url, { method: 'POST', headers, body });
  if (status !== 401) throw new Error(`a wrong password was answered with ${status}`);
  return cpuMs(pids) - before;
}
