-- What whoever runs the site did to accounts. Swept out after a year. Nothing of it belongs to an
-- account: an entry outlives both, and has their names as they were then.
create table audit_log (
    id uuid primary key,
    -- Who did it; null for the command line.
    actor_id uuid,
    actor_name text,
    -- To whom.
    subject_id uuid not null,
    subject_name text not null,
    -- Named in domain/administration.rs.
    action text not null,
    -- What the action alone does not say, such as the role before and the one after.
    detail text not null,
    -- As it was given; may be empty.
    reason text not null,
    created_at bigint not null,
    -- Null for the command line.
    address_prefix text,
    user_agent text
);

create index audit_log_newest on audit_log (created_at, id);
create index audit_log_subject on audit_log (subject_id, created_at, id);

-- The list of accounts, newest first, with what is looked for in it: a search for a part of a
-- name or an address reads this and no account that it does not show.
create index users_newest on users (created_at, id, username_key, email_key);

update roles set description = 'Takes the articles of others offline as well' where name = 'editor';
update roles set description = 'Looks after accounts as well' where name = 'administrator';
