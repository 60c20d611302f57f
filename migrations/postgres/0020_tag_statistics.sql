-- PostgreSQL takes what substr() gives for rare, unless it is told how often: it read and sorted all
-- tags for a page of them, instead of walking the index in its order.
create statistics tallies_scopes on (substr(scope, 1, 4)) from tallies;
analyze tallies;
