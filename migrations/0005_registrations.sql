-- Links that let somebody register who was asked to.
create table invitations (
    id uuid primary key,
    -- Whoever invites; null for the command line.
    inviter_id uuid references users (id) on delete cascade,
    -- SHA-256 of the token in the link; null until the letter with it is delivered, where one is.
    hash bytea,
    -- The address that the link is mailed to, if it is.
    email text,
    created_at bigint not null,
    expires_at bigint not null,
    -- When somebody registered with it, and who that is as long as the account exists.
    used_at bigint,
    used_by uuid references users (id) on delete set null
);

create unique index invitations_hash_key on invitations (hash);
create index invitations_inviter on invitations (inviter_id, created_at);
create index invitations_used_by on invitations (used_by);
create index invitations_end on invitations (expires_at);

-- Attempts to register whose address is not proved yet, or whose name was taken meanwhile. Each is
-- a row of its own, so nobody gets into anybody's way: there may be many for one address and for
-- one name. Whether either is taken is nowhere in here.
create table pending_registrations (
    id uuid primary key,
    -- As they were typed.
    username text not null,
    email text not null,
    password_hash text not null,
    -- SHA-256 of the cookie of the browser that may go on with it.
    browser_hash bytea not null,
    -- Of the code in the mail HMAC-SHA-256 under the site's key, which is not in the database: it
    -- is short enough to be guessed. Of the token in its link SHA-256. Null before the delivery.
    code_hash bytea,
    link_hash bytea,
    -- Wrong codes and passwords so far.
    wrong_tries bigint not null,
    -- When the address was proved; then only another name is missing.
    proved_at bigint,
    -- What the attempt was begun with. No reference: one that was withdrawn is not none.
    invitation_id uuid,
    created_at bigint not null,
    expires_at bigint not null
);

create unique index pending_registrations_browser_key on pending_registrations (browser_hash);
create unique index pending_registrations_link_key on pending_registrations (link_hash);
create index pending_registrations_end on pending_registrations (expires_at);
