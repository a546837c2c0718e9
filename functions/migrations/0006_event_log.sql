-- What happened, as the events told it.

-- Of tasks and of series. Tasks come and go; their log stays until the account goes.
CREATE TABLE todo.task_event_log (
    -- The event's id. The inbox keeps a second delivery out; this does so after the
    -- inbox was pruned.
    event_id uuid PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT task_event_log_user_id_fkey
        REFERENCES todo.users (id) ON DELETE CASCADE,
    -- The task or the series.
    subject uuid NOT NULL,
    -- The CloudEvents type.
    type text NOT NULL CHECK (type <> ''),
    happened_at timestamptz NOT NULL,
    payload jsonb NOT NULL,
    logged_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX task_event_log_subject
    ON todo.task_event_log (user_id, subject, happened_at, event_id);
-- For statistics, which count two types by day.
CREATE INDEX task_event_log_counted ON todo.task_event_log (user_id, happened_at)
    WHERE type IN ('todo.task.created', 'todo.task.completed');

-- Of accounts: who signed in, and when.
CREATE TABLE todo.account_event_log (
    event_id uuid PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT account_event_log_user_id_fkey
        REFERENCES todo.users (id) ON DELETE CASCADE,
    type text NOT NULL CHECK (type <> ''),
    happened_at timestamptz NOT NULL,
    payload jsonb NOT NULL,
    logged_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX account_event_log_user ON todo.account_event_log (user_id, happened_at);

ALTER TABLE todo.task_event_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE todo.task_event_log FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON todo.task_event_log TO spindrift_app
    USING (user_id = (SELECT nullif(current_setting('spindrift.user_id', true), '')::uuid));
CREATE POLICY worker ON todo.task_event_log TO spindrift_worker USING (true) WITH CHECK (true);

ALTER TABLE todo.account_event_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE todo.account_event_log FORCE ROW LEVEL SECURITY;
CREATE POLICY worker ON todo.account_event_log TO spindrift_worker USING (true) WITH CHECK (true);

-- A log is written once: nobody may change it.
GRANT SELECT ON todo.task_event_log TO spindrift_app;
GRANT SELECT, INSERT ON todo.task_event_log, todo.account_event_log TO spindrift_worker;
