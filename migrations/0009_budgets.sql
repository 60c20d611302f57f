-- Of proofs that failed, by somebody who is logged in, at most one a minute is written down as
-- well.
create unique index security_events_proof_key on security_events (user_id, (created_at / 60000000))
    where kind = 'proof_failed';
