-- What a text says several times gets a column of its own, so that how good a hit is can be told
-- from the columns alone, and nothing but the columns is kept: where in one a word stands nobody
-- asks, and without it the index is less than half as large. A virtual table takes no further
-- column: it is made anew, and what starts next puts the articles there.
drop trigger search_words_go;
drop table search_words;
delete from search_rows;

-- Words that the program has folded, a space between them; ascii keeps each as it is. The texts
-- themselves are not kept here.
create virtual table search_words using fts5 (
    title, tags, description, often, body,
    content = '', contentless_delete = 1, detail = column, tokenize = 'ascii'
);

-- Whatever deletes an article, its words go too.
create trigger search_words_go after delete on search_rows begin
    delete from search_words where rowid = old.id;
end;

update articles set in_index = false where in_index;
