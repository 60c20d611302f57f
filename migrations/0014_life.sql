-- What an author asked for beside the text: an address of its own, where else the article stands,
-- what it is written in, and when it shall appear. Empty is as nobody asked.
alter table articles add column slug_wanted text not null default '';
alter table articles add column canonical text not null default '';
alter table articles add column language text not null default '';
alter table articles add column direction text not null default 'auto';
alter table articles add column publish_at bigint;

-- What the editor calls a new article until it has a key, so that none is made twice.
alter table articles add column draft_key uuid;
create unique index articles_draft_key on articles (author_id, draft_key);

-- Whether readers have known its address at any time.
alter table articles add column appeared boolean not null default false;
update articles set appeared = true where published_at is not null;

-- What is deleted has the status 'deleted' until its time is over; here is what it was before.
alter table articles add column deleted_at bigint;
alter table articles add column status_before text;
create index articles_deleted on articles (author_id, deleted_at, id) where status = 'deleted';
create index articles_to_purge on articles (deleted_at) where status = 'deleted';

-- The desk's tabs. Published and scheduled ones come from articles_by_author.
drop index articles_desk;
create index articles_desk on articles (author_id, updated_at, id) where status <> 'deleted';
create index articles_drafts on articles (author_id, updated_at, id) where status = 'draft';

-- The addresses that articles have, and those that readers knew them by before: over both at
-- once this table decides what is free.
create table article_slugs (
    slug text primary key,
    article_id uuid not null references articles (id) on delete cascade deferrable initially deferred
);
create index article_slugs_by_article on article_slugs (article_id);

-- What an author has changed in an article that readers see as it was.
create table working_copies (
    article_id uuid primary key references articles (id) on delete cascade,
    title text not null,
    description text not null,
    body text not null,
    -- Separated by commas.
    tags text not null,
    visibility text not null,
    slug_wanted text not null,
    canonical text not null,
    language text not null,
    direction text not null,
    publish_at bigint,
    saved_at bigint not null
);

-- What articles said before.
create table revisions (
    article_id uuid not null references articles (id) on delete cascade,
    -- The article's, when this was saved.
    version bigint not null,
    -- 'kept', 'published', 'updated' or 'unpublished'.
    kind text not null,
    title text not null,
    description text not null,
    body text not null,
    tags text not null,
    -- A kept one takes the place of the last for ten minutes from here on.
    begun_at bigint not null,
    saved_at bigint not null,
    primary key (article_id, version)
);
insert into revisions (article_id, version, kind, title, description, body, tags, begun_at, saved_at)
    select id, version, case when status = 'draft' then 'kept' else 'published' end, title, description, body,
        coalesce((select string_agg(tag, ', ' order by position) from article_tags where article_id = articles.id), ''),
        updated_at, updated_at
    from articles;

-- Last: PostgreSQL changes no table while a deferred check waits.
insert into article_slugs (slug, article_id) select slug, id from articles;
