-- The first answer to each request that came with an `Idempotency-Key`.

CREATE TABLE todo.idempotency_keys (
    user_id uuid NOT NULL REFERENCES todo.users (id) ON DELETE CASCADE,
    -- Method and path, without the API's base.
    route text NOT NULL,
    key text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
    -- SHA-256 of the request's body.
    fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    status smallint NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, route, key)
);
CREATE INDEX idempotency_keys_expiry ON todo.idempotency_keys (expires_at);

ALTER TABLE todo.idempotency_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE todo.idempotency_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON todo.idempotency_keys TO spindrift_app
    USING (user_id = (SELECT nullif(current_setting('spindrift.user_id', true), '')::uuid));
CREATE POLICY worker ON todo.idempotency_keys TO spindrift_worker USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE ON todo.idempotency_keys TO spindrift_app;
