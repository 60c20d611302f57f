-- Mail that waits to be sent. A row is written in the transaction of its cause, and holds no
-- secret: what opens something is made just before it is sent.
create table outbox (
    id uuid primary key,
    kind text not null,
    -- What the letter is about, as JSON: what was typed, or whose account and which address.
    about text not null,
    created_at bigint not null,
    -- Moved by whoever takes the row, before they send it: nobody else takes it until then.
    next_attempt_at bigint not null,
    attempts bigint not null
);

create index outbox_due on outbox (next_attempt_at);

-- What a link in a mail opens.
create table account_tokens (
    -- SHA-256 of the token in the link: a stolen database opens nothing.
    hash bytea primary key,
    user_id uuid not null references users (id) on delete cascade,
    purpose text not null,
    -- The address that the link was mailed to: it proves that one and no other.
    email text not null,
    created_at bigint not null,
    expires_at bigint not null
);

-- A newer link takes the place of the former.
create unique index account_tokens_one on account_tokens (user_id, purpose);
create index account_tokens_end on account_tokens (expires_at);
