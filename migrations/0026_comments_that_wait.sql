-- What waits under an author's articles is counted on their desk.
create index comments_held_under on comments (article_id) where state = 'held';
