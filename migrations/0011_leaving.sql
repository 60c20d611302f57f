-- Whoever deletes their account can take it back until then; null for everybody else.
alter table users add column leaves_at bigint;
-- What becomes of the articles: they stay without their author's name, or they go too.
alter table users add column keeps_articles boolean not null default false;

create index users_leaving on users (leaves_at) where leaves_at is not null;
