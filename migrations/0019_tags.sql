-- A page of all tags reads neighbouring entries of one of these. What is for members alone has no
-- entry in the second: a stranger's page would read past it.
create index tallies_of_tags on tallies (scope) where substr(scope, 1, 4) = 'tag:';
create index tallies_of_public_tags on tallies (scope) where substr(scope, 1, 4) = 'tag:' and kind = 'public';
