-- Whether whoever runs the site shut the account out: then no link opens it again, neither of
-- those that take back what its owner, or somebody in their name, has closed.
alter table users add column barred boolean not null default false;
update users set barred = true where not active;

-- The app that was asked for before, for a week: taking a change back brings it back.
alter table authenticators add column former_secret bytea;
alter table authenticators add column replaced_at bigint;
