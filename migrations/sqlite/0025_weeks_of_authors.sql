-- The weeks of authors, whose keys the engines write differently as text.
insert into weeks (scope, week, public, members)
    select 'author:' || lower(substr(hex(author_id), 1, 8) || '-' || substr(hex(author_id), 9, 4) || '-' ||
        substr(hex(author_id), 13, 4) || '-' || substr(hex(author_id), 17, 4) || '-' || substr(hex(author_id), 21)), published_at / 604800000000,
        count(*) filter (where visibility = 'public'), count(*) filter (where visibility = 'members')
    from articles where status = 'published' and published_at is not null group by 1, 2;
