-- Which host has which tick of a scheduled job: of all that see it due, the one
-- whose row is here delivers it.

CREATE TABLE spindrift.cron_ticks (
    -- The job's.
    name text NOT NULL CHECK (name <> ''),
    due_at timestamptz NOT NULL,
    -- By this server's clock, for those of the hosts may differ.
    claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- One run of one host.
    claimed_by text NOT NULL,
    finished_at timestamptz,
    outcome text CHECK (outcome IN ('delivered', 'failed', 'timed_out', 'skipped', 'redelivering')),
    PRIMARY KEY (name, due_at),
    -- Without an end there is no result; at most the second attempt is under way.
    CHECK ((finished_at IS NULL) = (outcome IS NULL OR outcome = 'redelivering'))
);
CREATE INDEX cron_ticks_under_way ON spindrift.cron_ticks (name) WHERE finished_at IS NULL;

-- Hosts claim, finish, take over and prune as the worker does.
GRANT SELECT, INSERT, UPDATE, DELETE ON spindrift.cron_ticks TO spindrift_worker;
