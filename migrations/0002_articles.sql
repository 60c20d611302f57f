create table articles (
    id uuid primary key,
    author_id uuid not null references users (id) on delete cascade,
    slug text not null,
    title text not null,
    description text not null,
    -- Markdown as typed, and the sanitised HTML rendered from it when it was saved.
    body text not null,
    html text not null,
    minutes bigint not null,
    -- 'public' or 'members', and 'draft' or 'published'.
    visibility text not null,
    status text not null,
    -- Counts the saves; an edit names the one it started from.
    version bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    published_at bigint
);

create unique index articles_slug_key on articles (slug);

-- A page of a list reads neighbouring entries of one of these and nothing else, however many
-- articles there are. Who may not read what is for members has indexes of their own: filtering
-- would read all that lies between two public articles.
create index articles_published on articles (published_at, id) where status = 'published';
create index articles_public on articles (published_at, id) where status = 'published' and visibility = 'public';
create index articles_by_author on articles (author_id, published_at, id) where status = 'published';
create index articles_by_author_public on articles (author_id, published_at, id) where status = 'published' and visibility = 'public';
create index articles_desk on articles (author_id, updated_at, id);

create table article_tags (
    article_id uuid not null references articles (id) on delete cascade,
    tag text not null,
    -- The author's order, from 0.
    position bigint not null,
    -- The article's own, written with it: what the list of a tag filters and sorts by stands
    -- in one index with the tag.
    visibility text not null,
    status text not null,
    published_at bigint,
    primary key (article_id, tag)
);

create index article_tags_published on article_tags (tag, published_at, article_id) where status = 'published';
create index article_tags_public on article_tags (tag, published_at, article_id) where status = 'published' and visibility = 'public';

-- How many articles there are, kept in the transaction that changes it: counting a hundred
-- thousand rows for every front page would not stay flat. What would count 0 has no row.
create table tallies (
    -- 'author:' and the author's key, 'tag:' and the tag, or 'site' for all of them.
    scope text not null,
    -- 'draft', 'public' or 'members'; drafts are not counted under their tags.
    kind text not null,
    count bigint not null,
    primary key (scope, kind)
);
