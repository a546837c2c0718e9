-- What people are told.

CREATE TABLE todo.notifications (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT notifications_user_id_fkey
        REFERENCES todo.users (id) ON DELETE CASCADE,
    kind text NOT NULL
        CHECK (kind IN ('reminder', 'due_soon', 'overdue', 'series', 'security', 'welcome')),
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    body text NOT NULL CHECK (char_length(body) <= 1000),
    -- NULL: about no task, or about one that is gone. No foreign key: deleting a task
    -- should not wait for this table; the event that tells of it mends the row.
    task_id uuid,
    -- The time of the task that it is about: a reminder's instant, or when the task
    -- is due; a day is its first instant in UTC.
    occurs_at timestamptz,
    created_at timestamptz NOT NULL,
    -- Not to be shown before: the end of quiet hours, or the next summary.
    not_before timestamptz NOT NULL,
    read_at timestamptz,
    -- However often it is told, it is told once. (Rows without a task are all different.)
    CONSTRAINT notifications_occasion_key UNIQUE (task_id, kind, occurs_at)
);
CREATE INDEX notifications_shown ON todo.notifications (user_id, not_before, id);
CREATE INDEX notifications_unread ON todo.notifications (user_id, not_before)
    WHERE read_at IS NULL;

ALTER TABLE todo.notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE todo.notifications FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON todo.notifications TO spindrift_app
    USING (user_id = (SELECT nullif(current_setting('spindrift.user_id', true), '')::uuid));
CREATE POLICY worker ON todo.notifications TO spindrift_worker USING (true) WITH CHECK (true);

-- A person reads; what there is to read, handlers write.
GRANT SELECT, UPDATE (read_at) ON todo.notifications TO spindrift_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON todo.notifications TO spindrift_worker;

-- Whoever tells of a task looks at it first, and keeps it as it is until the telling
-- has committed. Locking a row asks for the right to change some column.
GRANT SELECT, UPDATE (updated_at) ON todo.tasks TO spindrift_worker;
