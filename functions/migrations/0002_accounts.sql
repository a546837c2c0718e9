-- People and their sign-ins.

CREATE SCHEMA todo;
GRANT USAGE ON SCHEMA todo TO spindrift_app, spindrift_worker;

CREATE TABLE todo.users (
    id uuid PRIMARY KEY,
    -- Trimmed and in lower case, so that one address is one account.
    email text NOT NULL CONSTRAINT users_email_key UNIQUE
        CHECK (char_length(email) BETWEEN 3 AND 254),
    name text NOT NULL DEFAULT '' CHECK (char_length(name) <= 100),
    -- A PHC string (argon2id). NULL: this person can't sign in by password.
    password_hash text,
    locale text NOT NULL DEFAULT 'en' CHECK (char_length(locale) BETWEEN 2 AND 35),
    -- A name of pg_timezone_names.
    time_zone text NOT NULL DEFAULT 'UTC',
    -- No reminder rings from `quiet_from` to `quiet_until`, local time; both or none.
    quiet_from time,
    quiet_until time,
    digest text NOT NULL DEFAULT 'off' CHECK (digest IN ('off', 'daily', 'weekly')),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);

-- One sign-in: a family of refresh tokens, each of which replaces the one before.
-- A token has two halves: one names the family for good, the other changes with
-- every use. What is here is SHA-256 of each; the token itself is kept nowhere.
CREATE TABLE todo.sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES todo.users (id) ON DELETE CASCADE,
    family_hash bytea NOT NULL CONSTRAINT sessions_family_key UNIQUE
        CHECK (octet_length(family_hash) = 32),
    -- Of the newest token. The right family with another secret is a token that was
    -- used before: somebody has a copy.
    secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX sessions_user ON todo.sessions (user_id);

-- How often sign-in failed lately, per account, per address and per pair of both,
-- and how many accounts an address made.
CREATE TABLE todo.sign_in_attempts (
    -- What is counted, and SHA-256 of whose: what was typed may be anything.
    key text PRIMARY KEY CHECK (char_length(key) <= 80),
    count integer NOT NULL DEFAULT 0 CHECK (count >= 0),
    blocked_until timestamptz,
    -- When the count starts anew.
    forget_at timestamptz NOT NULL,
    -- For a pair that signed in well: the account's own count does not bind it, so
    -- that nobody is kept out by strangers' tries.
    trusted_until timestamptz
);
CREATE INDEX sign_in_attempts_forget_at ON todo.sign_in_attempts (forget_at);

-- Row-level security, forced: it binds the owner as well. A person's own rows are
-- those of the user that the transaction names; without a name there are none.
-- The subselect is evaluated once per statement, not once per row.
ALTER TABLE todo.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE todo.users FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON todo.users TO spindrift_app
    USING (id = (SELECT nullif(current_setting('spindrift.user_id', true), '')::uuid));
CREATE POLICY worker ON todo.users TO spindrift_worker USING (true) WITH CHECK (true);

ALTER TABLE todo.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE todo.sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON todo.sessions TO spindrift_worker USING (true) WITH CHECK (true);

-- Nobody's rows in particular, and nobody's but sign-in's to see.
ALTER TABLE todo.sign_in_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE todo.sign_in_attempts FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON todo.sign_in_attempts TO spindrift_worker USING (true) WITH CHECK (true);

-- Route functions need no more of a person than the calendar; the password's hash
-- is for sign-in alone.
GRANT SELECT (id, time_zone) ON todo.users TO spindrift_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON todo.users, todo.sessions, todo.sign_in_attempts
    TO spindrift_worker;
