-- Passkeys, and what a browser was asked to sign with one.
create table passkeys (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    -- What an authenticator calls it by.
    credential_id bytea not null,
    -- The public key, how often it was used and where it is kept, as webauthn-rs writes it.
    -- Nobody logs in with it: the private key is not here.
    credential text not null,
    name text not null,
    created_at bigint not null,
    last_used_at bigint
);

create unique index passkeys_credential_key on passkeys (credential_id);
create index passkeys_user on passkeys (user_id);

create table passkey_challenges (
    -- SHA-256 of what whoever answers must have: a cookie's random value, or a session.
    binding bytea not null,
    -- What a good answer leads to: one to another question is none.
    purpose text not null,
    -- Whose passkey must answer; null where that is what the answer tells.
    user_id uuid references users (id) on delete cascade,
    -- As webauthn-rs writes it.
    state text not null,
    expires_at bigint not null,
    -- A newer challenge takes the place of the former.
    primary key (binding, purpose)
);

create index passkey_challenges_end on passkey_challenges (expires_at);
