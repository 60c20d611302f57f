-- Of how many people an article is a favourite, kept in the transaction that changes it: counting a
-- hundred thousand entries for each of its readers would not stay flat.
create table favorite_tallies (
    article_id uuid primary key references articles (id) on delete cascade,
    count bigint not null
);
insert into favorite_tallies (article_id, count)
    select article_id, count(*) from favorites group by article_id;
