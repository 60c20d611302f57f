-- Whether an article's words are in the index. Those that were published before this step are
-- not; what starts next puts them there.
alter table articles add column in_index boolean not null default false;
create index articles_to_index on articles (published_at, id) where status = 'published' and not in_index;

-- Who may see an article, and since when, beside its key: to ask that of one that was found, its
-- text, which comes before in the row, is not read.
create index articles_seen_by on articles (id, status, visibility, published_at);

-- FTS5 calls a row by a number.
create table search_rows (
    id integer primary key,
    article_id uuid not null unique references articles (id) on delete cascade
);

-- Words that the program has folded, a space between them; ascii keeps each as it is. The texts
-- themselves are not kept here.
create virtual table search_words using fts5 (
    title, tags, description, body,
    content = '', contentless_delete = 1, tokenize = 'ascii'
);

-- Whatever deletes an article, its words go too.
create trigger search_words_go after delete on search_rows begin
    delete from search_words where rowid = old.id;
end;
