// Whether what people do all day stays as fast when there are a hundred times as many articles.

import { logIn, newestSlug, seed, serve } from './byline.mjs';
import { addCrowd } from './crowd.mjs';
import { measure } from './load.mjs';
import { digits, number, say, table, times, typical, warnOfBadAnswers } from './tables.mjs';

const PER_PAGE = 10;

/** How many times as long a request may take with a hundred times as many articles. */
const SLOWER_AT_MOST = 2;

/** A ratio, marked where it is beyond the bound. */
const verdict = (longer) => (longer > SLOWER_AT_MOST ? `**${digits(longer)}**` : digits(longer));

/** Two databases of one author each, `few` and `many` articles, measured in turns. */
export async function measureGrowth(engine, newDatabase, options) {
  const { few, many, rounds, seconds, connections } = options;
  const pairs = await Promise.all([few, many].map((articles) => open(engine, newDatabase, articles)));
  const [small, large] = pairs;
  await measure(small.flatMap((story, at) => [story, large[at]]), options);

  say(`## Growth on ${engine}`);
  say(
    `${number(few)} and ${number(many)} articles, all of one author, and as many tags, followers, favourites and comments under the newest, in two databases; ${connections} connections, ${rounds} × ${seconds} s in`,
    `turns. The last column is what matters: how many times as long a request takes, ${number(many)} : ${number(few)}. 1 is flat; its bound is ${SLOWER_AT_MOST}, and what is beyond it is bold.`,
  );
  const bound = `× longer, at most ${SLOWER_AT_MOST}`;
  const some = (value) => `, ${number(value)}`;
  table(
    ['', `req/s${some(few)}`, `req/s${some(many)}`, `p50 ms${some(few)}`, `p50 ms${some(many)}`, 'CPU ratio', 'req/s ratio', bound],
    small.map((story, at) => [
      story.title,
      digits(typical(story, 'rate')),
      digits(typical(large[at], 'rate')),
      digits(typical(story, 'p50')),
      digits(typical(large[at], 'p50')),
      digits(times(large[at], story, 'cpu')),
      digits(times(large[at], story)),
      verdict(1 / times(large[at], story)),
    ]),
  );
  warnOfBadAnswers([...small, ...large]);
}

async function open(engine, newDatabase, articles) {
  const database = await newDatabase(`growth_${articles}`);
  process.stderr.write(`seeding ${number(articles)} articles on ${engine}\n`);
  await seed(database, 1, articles);
  await addCrowd(database, articles);
  const { origin, pids } = await serve(database);
  const cookie = await logIn(origin);
  const slug = await newestSlug(origin);
  const last = Math.ceil(articles / PER_PAGE);
  const middle = Math.ceil(last / 2);
  const get = (title, path, headers = {}) => ({
    subject: `${number(articles)} articles on ${engine}`,
    title,
    url: origin + path,
    headers: { accept: 'text/html', ...headers },
    pids,
  });
  return [
    get('/', '/'),
    get('/ page 2', '/?page=2'),
    get('/ page in the middle', `/?page=${middle}`),
    get('/ last page', `/?page=${last}`),
    get('/articles', '/articles', { cookie }),
    get('/articles page 2', '/articles?page=2', { cookie }),
    get('/articles last page', `/articles?page=${last}`, { cookie }),
    get('/articles drafts', '/articles?tab=drafts', { cookie }),
    get('/articles, a search in it', '/articles?q=7', { cookie }),
    get('/articles/… revisions', `/articles/${slug}/revisions`, { cookie }),
    get('/ feed of 500 followed', '/?feed=following', { cookie }),
    get('/tags', '/tags'),
    get('/tags page 2', '/tags?page=2'),
    get('/article with comments', `/article/${slug}`),
    get('/article, logged in', `/article/${slug}`, { cookie }),
    get('/article page 5 of comments', `/article/${slug}?page=5`),
    get('/profile/user0001/favorites', '/profile/user0001/favorites'),
    get('/profile/user0001/favorites page 2', '/profile/user0001/favorites?page=2'),
    get('/profile/user0001', '/profile/user0001'),
    get('/profile/user0001 page in the middle', `/profile/user0001?page=${middle}`),
    get('/profile/user0001 last page', `/profile/user0001?page=${last}`),
    get('/tag/harbour, which all have', '/tag/harbour'),
    get('/search for words which all have', '/search?q=harbour+boats'),
    get('/search for a word which one has', '/search?q=7'),
    get('/search for a beginning of four letters', '/search?q=boat'),
    get('/search for a beginning of five letters', '/search?q=harbo'),
    get('/search for a beginning of 18 words', '/search?q=trawl'),
  ];
}
