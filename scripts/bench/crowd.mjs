// What readers leave behind in a database to be measured: straight by SQL, as no page writes
// that much. All of it belongs to the first seeded person and to the newest article.

import { run } from './processes.mjs';

/** As many people as there are articles follow, choose and comment; one follows no more than this. */
const MOST_FOLLOWED = 500;

const WEEK_US = 7 * 24 * 3600 * 1_000_000;
const TEN_YEARS_US = 522 * WEEK_US;

/** The names that the two engines have for the same. */
const ENGINES = {
  sqlite: { key: 'randomblob(16)', stamp: 'randomblob(16)', at: 'rowid' },
  postgres: {
    key: 'gen_random_uuid()',
    stamp: "decode(md5(random()::text), 'hex')",
    at: 'row_number() over ()',
  },
};

/**
 * Adds `people`, who all follow the author, and of whom each has the newest article as a favourite
 * and a comment under it; the author follows some of them and has all articles as favourites. Each
 * article's number is a tag, and the newest article has a hundred revisions, the most there are.
 * The articles are spread over ten years.
 */
export async function addCrowd(database, people) {
  if (database.startsWith('sqlite://')) {
    await run('sqlite3', ['-bail', database.slice('sqlite://'.length), sql(ENGINES.sqlite, people)]);
  } else {
    // The server tidies up by itself, but some minutes later: until then a search reads whatever
    // its index has not yet sorted in.
    const steps = [sql(ENGINES.postgres, people), 'vacuum analyze'].flatMap((step) => ['-c', step]);
    await run('psql', [database, '-qv', 'ON_ERROR_STOP=1', ...steps]);
  }
}

const sql = ({ key, stamp, at }, people) => `
  create temporary table these as select
    (select id from users where username = 'user0001') as author,
    (select id from articles order by published_at desc, id desc limit 1) as article;
  insert into users (id, username, email, username_key, email_key, password_hash, active, security_stamp, created_at)
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${people})
    select ${key}, 'reader' || n, 'reader' || n || '@example.org', 'reader' || n,
      'reader' || n || '@example.org', '', true, ${stamp}, n from numbers;
  insert into follows (follower_id, author_id, created_at)
    select u.id, these.author, u.created_at from users u cross join these where u.id <> these.author;
  insert into follows (follower_id, author_id, created_at)
    select these.author, u.id, u.created_at from users u cross join these where u.id <> these.author
    limit ${MOST_FOLLOWED};
  insert into favorites (user_id, article_id, created_at)
    select u.id, these.article, u.created_at from users u cross join these where u.id <> these.author;
  insert into favorites (user_id, article_id, created_at)
    select these.author, a.id, a.created_at from articles a cross join these;
  insert into favorite_tallies (article_id, count)
    select article_id, count(*) from favorites group by article_id;
  insert into comments (id, article_id, author_id, body, html, state, created_at)
    select ${key}, these.article, u.id, 'Well said', '<p>Well said</p>', 'shown', u.created_at
    from users u cross join these;
  insert into tallies (scope, kind, count) select 'tag:topic' || ${at}, 'public', 1 from articles;
  insert into revisions (article_id, version, kind, title, description, body, tags, begun_at, saved_at)
    with recursive numbers (n) as (select 2 union all select n + 1 from numbers where n < 100)
    select r.article_id, n, 'updated', r.title, r.description, r.body, r.tags, r.begun_at + n, r.saved_at + n
    from revisions r cross join these cross join numbers where r.article_id = these.article;
  ${spread(people)}
`;

/** Publishes the articles evenly over ten years before the newest: they were all written just now. */
const spread = (articles) => `
  create temporary table placed as
    select id, row_number() over (order by published_at desc, id desc) - 1 as place from articles;
  create unique index placed_by_id on placed (id);
  update articles set published_at = published_at - ${Math.floor(TEN_YEARS_US / articles)} *
    (select place from placed where placed.id = articles.id);
  update article_tags set published_at = (select published_at from articles where id = article_id);
  create temporary table lists as select distinct scope from weeks where scope not like 'tag:%';
  delete from weeks;
  insert into weeks (scope, week, public, members)
    select scope, published_at / ${WEEK_US}, count(*), 0 from articles cross join lists group by 1, 2;
  insert into weeks (scope, week, public, members)
    select 'tag:' || tag, published_at / ${WEEK_US}, count(*), 0 from article_tags group by 1, 2;
`;
