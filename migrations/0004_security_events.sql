-- What happened to an account, for its owner to read. Swept out after 90 days.
create table security_events (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- Named in domain/security.rs.
    kind text not null,
    created_at bigint not null,
    -- Null for what was done on the command line.
    address_prefix text,
    user_agent text
);

create index security_events_user on security_events (user_id, created_at);
create index security_events_end on security_events (created_at);

-- At most one failed log-in a minute is written down for an account: whoever guesses must not
-- fill the disk.
create unique index security_events_failure_key on security_events (user_id, (created_at / 60000000))
    where kind = 'log_in_failed';
