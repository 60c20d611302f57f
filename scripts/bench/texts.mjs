// Whether what a text costs to save is what its length says, however it is nested.

import { askWell } from './http.mjs';
import { logIn, seed, serve } from './byline.mjs';
import { digits, median, number, say, table } from './tables.mjs';

const LEVELS = 10_000;

/** The longest that saving one may take, in milliseconds. */
const BOUND_MS = 100;

/** What renderers choked on, each nested so often. */
const NESTED = {
  'quotations': (n) => `${'> '.repeat(n)}a`,
  'brackets': (n) => `${'['.repeat(n)}a`,
  'links in links': (n) => `${'['.repeat(n)}a${'](x)'.repeat(n)}`,
  'pictures in pictures': (n) => `${'!['.repeat(n)}a${'](x)'.repeat(n)}`,
  'bold in italic': (n) => `${'*a **b '.repeat(n / 2)}c`,
  'lists': (n) => `${'- '.repeat(n)}a`,
};

/** Saves each of them as an article, beside plain words of that length,
 * and twice as deep. */
export async function measureTexts(engine, newDatabase, { rounds }) {
  const database = await newDatabase('texts');
  await seed(database, 1, 1);
  const { origin } = await serve(database);
  const cookie = await logIn(origin);
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', origin, cookie };
  const time = async (body, n) => {
    const form = new URLSearchParams({ title: `Text ${n} of ${body.length}`, body, status: 'draft' }).toString();
    const taken = [];
    for (let round = 0; round < Math.max(rounds, 3); round += 1) {
      const began = performance.now();
      await askWell(`${origin}/rpc/save-article`, { method: 'POST', headers, body: form });
      taken.push(performance.now() - began);
    }
    return median(taken);
  };
  const rows = [];
  for (const [n, [title, nested]] of Object.entries(NESTED).entries()) {
    const [deep, deeper] = [nested(LEVELS), nested(2 * LEVELS)];
    const plain = await time('word '.repeat(Math.ceil(deep.length / 5)), n);
    const [once, twice] = [await time(deep, n), await time(deeper, n)];
    rows.push([title, number(deep.length), digits(once), digits(once / plain), digits(twice / once), once < BOUND_MS ? 'yes' : '**no**']);
  }
  say(`## Nested texts on ${engine}`);
  say(
    `What it takes to save a text as an article, nested ${number(LEVELS)} times, beside plain words of the same length, and how many times as long it takes`,
    `when it is nested twice as often. 2 is linear; the bound is ${BOUND_MS} ms.`,
  );
  table(['', 'characters', 'ms', '× plain words', '× twice as deep', `under ${BOUND_MS} ms`], rows);
}
