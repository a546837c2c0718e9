-- The runtime's own tables: events on their way out (outbox) and events that
-- were handled already (inbox).
--
-- Three roles work with this database, and are there before this runs: the owner,
-- who runs these files; spindrift_app, for functions that answer a signed-in
-- person; spindrift_worker, for sign-in, handlers and jobs.

-- The schema is there already where `spindrift migrate` keeps its own table in it.
SET LOCAL client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS spindrift;
GRANT USAGE ON SCHEMA spindrift TO spindrift_app, spindrift_worker;

-- A row is written in the transaction of the change that it tells of.
CREATE TABLE spindrift.outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Ids are drawn before the commit, so that a reader may see 7 before 6. With
    -- the transaction's own number it can tell when nothing smaller can come.
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    topic text NOT NULL CHECK (topic <> ''),
    -- Rows of one key keep their order.
    key text NOT NULL,
    -- The CloudEvents attributes, by their plain names.
    headers jsonb NOT NULL CHECK (jsonb_typeof(headers) = 'object'),
    data jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Not to be sent before.
    available_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz
);
CREATE INDEX outbox_unpublished ON spindrift.outbox (id) WHERE published_at IS NULL;

-- Whoever changes something may say so, and no more: not read, not take back.
GRANT INSERT (topic, key, headers, data, available_at) ON spindrift.outbox
    TO spindrift_app, spindrift_worker;

-- A handler writes the event's id here in the transaction of its effect; a second
-- delivery finds it.
CREATE TABLE spindrift.inbox (
    consumer text NOT NULL,
    source text NOT NULL,
    event_id text NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, source, event_id)
);
GRANT SELECT, INSERT ON spindrift.inbox TO spindrift_worker;
