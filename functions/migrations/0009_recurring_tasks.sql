-- Recurring tasks: series, which make tasks.

CREATE TABLE todo.recurring_tasks (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT recurring_tasks_user_id_fkey
        REFERENCES todo.users (id) ON DELETE CASCADE,
    -- What its tasks say.
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    description text NOT NULL CHECK (char_length(description) <= 10000),
    priority smallint NOT NULL CHECK (priority BETWEEN 1 AND 3),
    tags text[] NOT NULL CHECK (cardinality(tags) <= 20),
    -- On which dates: plain fields, or a rule of RFC 5545 as it was written.
    recurrence_type text CHECK (recurrence_type IN ('daily', 'weekly', 'monthly', 'yearly')),
    recurrence_interval integer CHECK (recurrence_interval >= 1),
    weekdays text[] NOT NULL CHECK (cardinality(weekdays) <= 7),
    month_day integer CHECK (month_day = -1 OR month_day BETWEEN 1 AND 31),
    rrule text CHECK (char_length(rrule) <= 4000),
    mode text NOT NULL CHECK (mode IN ('fixed', 'next_future', 'after_completion')),
    -- An IANA name.
    time_zone text NOT NULL,
    start_date timestamptz NOT NULL,
    -- It ends at an instant, with a day where it is, after a count, or never.
    ends_at timestamptz,
    ends_on date,
    count integer CHECK (count >= 1),
    is_active boolean NOT NULL,
    -- Minutes.
    remind_before integer[] NOT NULL CHECK (cardinality(remind_before) <= 10),
    -- How far it has come: the latest date that was made or skipped, and how many
    -- were made.
    last_on date,
    made integer NOT NULL CHECK (made >= 0),
    next_due_at timestamptz,
    last_created_at timestamptz,
    -- When there is something to make again. NULL: not as time passes.
    roll_forward_at timestamptz,
    -- Counts up with every change of what a person wrote; the ETag.
    version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((rrule IS NULL) = (recurrence_type IS NOT NULL)),
    CHECK ((recurrence_type IS NULL) = (recurrence_interval IS NULL)),
    CHECK (num_nonnulls(ends_at, ends_on, count) <= 1)
);
CREATE INDEX recurring_tasks_created ON todo.recurring_tasks (user_id, created_at, id);
CREATE INDEX recurring_tasks_roll_forward ON todo.recurring_tasks (roll_forward_at)
    WHERE roll_forward_at IS NOT NULL;

-- Occurrences that were missed and not made up for: those of the series' schedule
-- from one date to another.
CREATE TABLE todo.skipped_occurrences (
    recurring_task_id uuid NOT NULL
        REFERENCES todo.recurring_tasks (id) ON DELETE CASCADE,
    first_on date NOT NULL,
    last_on date NOT NULL,
    count integer NOT NULL CHECK (count >= 1),
    user_id uuid NOT NULL REFERENCES todo.users (id) ON DELETE CASCADE,
    skipped_at timestamptz NOT NULL,
    PRIMARY KEY (recurring_task_id, first_on),
    CHECK (first_on <= last_on)
);
CREATE INDEX skipped_occurrences_user ON todo.skipped_occurrences (user_id);

-- One task for each date of a series, so that two who make it are harmless. The
-- tasks of a series that is deleted stay.
CREATE UNIQUE INDEX tasks_occurrence_key ON todo.tasks (recurring_task_id, occurrence_on)
    WHERE recurring_task_id IS NOT NULL;
ALTER TABLE todo.tasks
    ADD CONSTRAINT tasks_recurring_task_id_fkey FOREIGN KEY (recurring_task_id)
        REFERENCES todo.recurring_tasks (id) ON DELETE SET NULL;

ALTER TABLE todo.recurring_tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE todo.recurring_tasks FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON todo.recurring_tasks TO spindrift_app
    USING (user_id = (SELECT nullif(current_setting('spindrift.user_id', true), '')::uuid));
CREATE POLICY worker ON todo.recurring_tasks TO spindrift_worker USING (true) WITH CHECK (true);

ALTER TABLE todo.skipped_occurrences ENABLE ROW LEVEL SECURITY;
ALTER TABLE todo.skipped_occurrences FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON todo.skipped_occurrences TO spindrift_app
    USING (user_id = (SELECT nullif(current_setting('spindrift.user_id', true), '')::uuid));
CREATE POLICY worker ON todo.skipped_occurrences TO spindrift_worker USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON todo.recurring_tasks TO spindrift_app;
GRANT SELECT, INSERT, UPDATE ON todo.skipped_occurrences TO spindrift_app, spindrift_worker;
-- What time and what is done move forward; what a person wrote stays theirs.
GRANT SELECT, UPDATE (last_on, made, next_due_at, last_created_at, roll_forward_at)
    ON todo.recurring_tasks TO spindrift_worker;
GRANT INSERT ON todo.tasks TO spindrift_worker;
