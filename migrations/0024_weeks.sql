-- How many articles were published in which week since 1970, kept in the transaction that changes it:
-- a page in the middle of a long list is looked for in its week, and not past all before it. What
-- would count none has no row.
create table weeks (
    -- As in tallies, and its kinds side by side: a list for members is of both.
    scope text not null,
    week bigint not null,
    public bigint not null,
    members bigint not null,
    primary key (scope, week)
);

insert into weeks (scope, week, public, members)
    select 'site', published_at / 604800000000,
        count(*) filter (where visibility = 'public'), count(*) filter (where visibility = 'members')
    from articles where status = 'published' and published_at is not null group by 1, 2;
insert into weeks (scope, week, public, members)
    select 'tag:' || tag, published_at / 604800000000,
        count(*) filter (where visibility = 'public'), count(*) filter (where visibility = 'members')
    from article_tags where status = 'published' and published_at is not null group by 1, 2;
