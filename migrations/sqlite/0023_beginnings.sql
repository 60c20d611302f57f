-- Beginnings of words, without reading all that begin so: where these have three or four letters
-- FTS5 keeps an index of them, which makes its tables twice as large; where they are longer few
-- words begin so, and the table of all words names those. What is there takes no further option: it
-- is made anew, and what starts next puts the articles there.
drop trigger search_words_go;
drop table search_words;
delete from search_rows;

-- Words that the program has folded, a space between them; ascii keeps each as it is. The texts
-- themselves are not kept here.
create virtual table search_words using fts5 (
    title, tags, description, often, body,
    content = '', contentless_delete = 1, detail = column, tokenize = 'ascii', prefix = '3 4'
);

-- Each word, as often as it stands somewhere, in its order.
create virtual table search_terms using fts5vocab (search_words, instance);

-- Whatever deletes an article, its words go too.
create trigger search_words_go after delete on search_rows begin
    delete from search_words where rowid = old.id;
end;

update articles set in_index = false where in_index;
