-- People, what they may do, and the browsers they are logged in from.
-- One file for SQLite and PostgreSQL: times are Unix microseconds, keys are UUIDs
-- made by the program, and unique rules are named indexes.

create table users (
    id uuid primary key,
    -- As they were typed, to be shown.
    username text not null,
    email text not null,
    -- The same in ASCII lower case, written by the program: lower() obeys the database's
    -- locale, and in Turkish the lower case of I is not i.
    username_key text not null,
    email_key text not null,
    password_hash text not null,
    active boolean not null,
    -- When the person proved that the address is theirs; null as long as proof is not asked for.
    confirmed_at bigint,
    -- Random; renewed with the password, the role and `active`. A session that carries an
    -- older one is dead.
    security_stamp bytea not null,
    created_at bigint not null
);

create unique index users_username_key on users (username_key);
create unique index users_email_key on users (email_key);

create table roles (
    name text primary key,
    description text not null
);

insert into roles (name, description) values
    ('reader', 'Reads what members may read'),
    ('author', 'Writes articles of their own'),
    ('editor', 'May do what an author may'),
    ('administrator', 'May do what an author may');

create table user_roles (
    user_id uuid not null references users (id) on delete cascade,
    role text not null references roles (name),
    primary key (user_id, role)
);

create table sessions (
    -- SHA-256 of the identifier in the cookie: a stolen database opens no session.
    id_hash bytea primary key,
    -- Null for a session that nobody logged in with; none is made today.
    user_id uuid references users (id) on delete cascade,
    data text not null,
    -- "Keep me signed in": longer lifetimes, a cookie that survives the browser.
    kept boolean not null,
    created_at bigint not null,
    last_seen_at bigint not null,
    -- When the person logged in.
    authenticated_at bigint not null,
    -- When it ends unless it is used before; never later than the next.
    ends_at bigint not null,
    absolute_expires_at bigint not null,
    user_agent text not null,
    address_prefix text not null
);

create index sessions_user on sessions (user_id);
create index sessions_end on sessions (ends_at);

-- Attempts are counted here and not in memory, so that a restart forgives nobody and two
-- processes count together. The key is a hash: no address or name can be read out of it.
create table attempts (
    bucket bytea primary key,
    window_ends_at bigint not null,
    count bigint not null
);

create index attempts_end on attempts (window_ends_at);
