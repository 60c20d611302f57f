// Other sites that Byline is measured beside: what is where on them, and what is not alike.
// A new kind is one more entry of PEER_KINDS; --peer-kind chooses it.

import { askWell, cookiesOf } from './http.mjs';

/**
 * Each kind has
 * - `logIn(origin, n)`: the request that logs in its nth seeded person, `{ url, headers, body }`;
 * - `list(origin)`: the address that its program fetches the list of one's own articles from;
 * - `article(origin, list)`: the same for the newest article, found in what `list` answered;
 * - `pages(list)`: the paths of the pages whose first visit is weighed, by name;
 * - `readable`: the kinds of files without which its pages show nothing;
 * - `unlike`: what to bear in mind when reading its numbers beside Byline's.
 */
export const PEER_KINDS = {
  // A Flask API, with the session in a cookie, under an Angular single-page application.
  'flask-angular': {
    logIn: (origin, n) => ({
      url: `${origin}/api/accounts/login`,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({
        email: `user${String(n).padStart(4, '0')}`,
        password: 'correct horse battery',
      }),
    }),
    list: (origin) => `${origin}/api/articles?page=1`,
    article: (origin, list) => `${origin}/api/articles/${list.items[0].id}`,
    pages: (list) => ({
      'list of one’s own': '/articles',
      'log-in': '/login',
      article: `/articles/${list.items[0].id}`,
    }),
    readable: ['HTML', 'CSS', 'JS', 'JSON'],
    unlike: [
      'The peer answers with JSON that its program in the browser makes a page of; Byline’s pages are finished HTML, with the same data once more for hydration. Like with like are the peer’s JSON and Byline’s /rpc.',
      'The peer shows articles to their author only: its list and its article are asked for with a log-in, Byline’s article and front page by a stranger. The peer’s list has 20 entries with 200 characters of each, Byline’s 10 with a sentence.',
      'The peer renders Markdown in the browser: its article is the source, Byline’s is the HTML.',
      'Log-ins compare two argon2id settings more than two servers: the peer 64 MiB, 3 passes, 4 lanes, Byline 19 MiB, 2 passes, 1 lane.',
    ],
  },
};

/** Logs in to a peer and finds its addresses. */
export async function meetPeer(kind, origin, pids) {
  const peer = PEER_KINDS[kind];
  const { url, ...request } = peer.logIn(origin, 1);
  const cookie = cookiesOf(await askWell(url, { method: 'POST', ...request }));
  const answer = await askWell(peer.list(origin), { headers: { cookie } });
  const list = JSON.parse(answer.body);
  return {
    origin,
    pids,
    cookie,
    logIn: (n) => peer.logIn(origin, n),
    list: peer.list(origin),
    article: peer.article(origin, list),
    pages: peer.pages(list),
    readable: peer.readable,
    unlike: peer.unlike,
  };
}
