-- What people say of themselves, whom and what they like, and what they say under articles.

-- Plain text, and the address of a picture; both may be empty.
alter table users add column bio text not null default '';
alter table users add column image text not null default '';

-- Whether its author has ended the talk under it.
alter table articles add column comments_closed boolean not null default false;

create table follows (
    follower_id uuid not null references users (id) on delete cascade,
    author_id uuid not null references users (id) on delete cascade,
    created_at bigint not null,
    primary key (follower_id, author_id)
);

-- For whoever is deleted.
create index follows_author on follows (author_id);

create table favorites (
    user_id uuid not null references users (id) on delete cascade,
    article_id uuid not null references articles (id) on delete cascade,
    created_at bigint not null,
    primary key (user_id, article_id)
);

create index favorites_newest on favorites (user_id, created_at, article_id);
create index favorites_article on favorites (article_id);

create table comments (
    id uuid primary key,
    article_id uuid not null references articles (id) on delete cascade,
    author_id uuid not null references users (id) on delete cascade,
    -- Markdown as typed, and the sanitised HTML rendered from it when it was saved.
    body text not null,
    html text not null,
    -- 'shown', 'hidden' by the article's author, or 'held' until somebody has looked at it.
    state text not null,
    created_at bigint not null
);

create index comments_of_article on comments (article_id, created_at, id);
create index comments_of_author on comments (author_id, created_at, id);
create index comments_held on comments (created_at, id) where state = 'held';

-- What somebody found wrong with a comment, until whoever moderates has decided.
create table comment_reports (
    comment_id uuid not null references comments (id) on delete cascade,
    reporter_id uuid not null references users (id) on delete cascade,
    reason text not null,
    created_at bigint not null,
    primary key (comment_id, reporter_id)
);

create index comment_reports_oldest on comment_reports (created_at, comment_id);
create index comment_reports_reporter on comment_reports (reporter_id);

update roles set description = 'Takes articles and comments of others offline as well' where name = 'editor';
