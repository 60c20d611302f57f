-- What an account asks for beside its password, and the log-ins that wait for it.

-- How surely the person was recognised: 1 by a password, 2 by two factors.
alter table sessions add column aal bigint not null default 1;

-- A log-in whose password was right, of an account that has a second factor. It is no session.
create table pending_log_ins (
    -- SHA-256 of the value in the cookie: a stolen database goes on with no log-in.
    hash bytea primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- The account's, when the password was right: with another one it leads nowhere.
    security_stamp bytea not null,
    -- "Keep me signed in" was ticked.
    kept boolean not null,
    expires_at bigint not null,
    tries_left bigint not null
);

create index pending_log_ins_user on pending_log_ins (user_id);
create index pending_log_ins_end on pending_log_ins (expires_at);

-- An app that shows six digits, another six every half minute (RFC 6238).
create table authenticators (
    user_id uuid primary key references users (id) on delete cascade,
    -- Encrypted by a key that the database does not have.
    secret bytea not null,
    -- The half minute since 1970 whose digits were used last: none is good twice.
    last_step bigint not null
);

-- A secret that was shown and has not shown yet that it has arrived in an app.
create table authenticator_setups (
    user_id uuid primary key references users (id) on delete cascade,
    -- The session that it was shown in, and ends with.
    session_hash bytea not null references sessions (id_hash) on delete cascade,
    secret bytea not null,
    expires_at bigint not null
);

create index authenticator_setups_session on authenticator_setups (session_hash);
create index authenticator_setups_end on authenticator_setups (expires_at);

-- For whoever lost the second factor; a code that was used is not here any more.
create table recovery_codes (
    -- HMAC-SHA-256 by a key that the database does not have.
    hash bytea primary key,
    user_id uuid not null references users (id) on delete cascade
);

create index recovery_codes_user on recovery_codes (user_id);

-- By which key the above was encrypted: one row, which tells that key from another and is of
-- no use to whoever wants to know it.
create table site_key (
    only_one boolean primary key check (only_one),
    fingerprint bytea not null
);
