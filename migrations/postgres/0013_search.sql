-- Whether an article's words are in the index. Those that were published before this step are
-- not; what starts next puts them there.
alter table articles add column in_index boolean not null default false;
create index articles_to_index on articles (published_at, id) where status = 'published' and not in_index;

-- Words that the program has folded: title A, tags B, description C, text D.
alter table articles add column words tsvector;
create index articles_words on articles using gin (words) where status = 'published';
