-- The relay: how events leave the outbox, and where those are that were given up.

-- The relay reads what is not published yet, not what lies behind a mark. So it sees
-- a row whose transaction committed late, and needs no number of the transaction.
ALTER TABLE spindrift.outbox DROP COLUMN xid;

-- Rows that are written ahead of their time.
CREATE INDEX outbox_ahead ON spindrift.outbox (available_at) WHERE published_at IS NULL;

-- A queue's dead rows lie where its next rows are looked for: they go soon.
ALTER TABLE spindrift.outbox SET (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0
);

GRANT SELECT, UPDATE (published_at), DELETE ON spindrift.outbox TO spindrift_worker;

-- Tells the relay of new rows, unless it is awake: it then holds the lock and looks
-- by itself. NOTIFY would make all commits wait for one another, one fsync each.
CREATE FUNCTION spindrift.outbox_written() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF pg_try_advisory_xact_lock_shared(7308895163801594221) THEN
        PERFORM pg_notify('spindrift_outbox', '');
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER outbox_written AFTER INSERT ON spindrift.outbox
    FOR EACH STATEMENT EXECUTE FUNCTION spindrift.outbox_written();

-- Where no Kafka is: what each consumer has still to be given. Rows of one lane are
-- delivered one after another, in the order of their positions.
CREATE TABLE spindrift.deliveries (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer text NOT NULL,
    lane smallint NOT NULL,
    outbox_id bigint NOT NULL
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX deliveries_lane ON spindrift.deliveries (consumer, lane, position);
CREATE INDEX deliveries_outbox ON spindrift.deliveries (outbox_id);
GRANT SELECT, INSERT, DELETE ON spindrift.deliveries TO spindrift_worker;

-- Events that were given up, with all that it takes to give them once more.
CREATE TABLE spindrift.dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Who did not take it; the relay itself, when it is no event at all.
    consumer text NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    headers jsonb NOT NULL,
    data jsonb NOT NULL,
    reason text NOT NULL,
    -- The last HTTP status, or 0.
    code integer NOT NULL,
    attempts integer NOT NULL,
    died_at timestamptz NOT NULL DEFAULT now(),
    replayed_at timestamptz
);
CREATE INDEX dead_letters_topic ON spindrift.dead_letters (topic, id);
GRANT SELECT, INSERT, UPDATE (replayed_at), DELETE ON spindrift.dead_letters TO spindrift_worker;
