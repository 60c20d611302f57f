-- Every name that anybody writes under or ever wrote under. Whether a name is free is decided
-- here, over present and former ones at once; which one an account has now is in its own row.
create table usernames (
    -- As in users.username_key.
    name_key text primary key,
    -- Null once the account is gone: the name stays taken, so that nobody takes over the links
    -- to a writer, and with them a reputation.
    user_id uuid references users (id) on delete set null,
    created_at bigint not null
);

create index usernames_user on usernames (user_id);

insert into usernames (name_key, user_id, created_at)
    select username_key, id, created_at from users;

-- Every address that an account has, or had until lately: the latter can be gone back to, and
-- is nobody else's until then.
create table addresses (
    -- As in users.email_key.
    email_key text primary key,
    email text not null,
    user_id uuid not null references users (id) on delete cascade,
    -- When another took its place; null for the one that the account has.
    replaced_at bigint
);

create index addresses_user on addresses (user_id);
create index addresses_end on addresses (replaced_at) where replaced_at is not null;

insert into addresses (email_key, email, user_id, replaced_at)
    select email_key, email, id, null from users;

-- The links of notices, by which their reader says "this was not me". Apart from
-- account_tokens: there are many for an account, and they outlive what ends its other links.
create table undo_links (
    -- SHA-256 of the token in the link.
    hash bytea primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- The address that it was mailed to. The link lives no longer than the account's hold on it.
    email_key text not null references addresses (email_key) on delete cascade,
    created_at bigint not null,
    expires_at bigint not null
);

create index undo_links_user on undo_links (user_id);
create index undo_links_address on undo_links (email_key);
create index undo_links_end on undo_links (expires_at);
