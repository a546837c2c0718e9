-- Tasks.

-- The words of a task. array_to_string is only STABLE, because it depends on how
-- an element type is written out; for text that never changes.
CREATE FUNCTION todo.task_words(title text, description text, tags text[]) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN to_tsvector('pg_catalog.simple'::regconfig,
        title || ' ' || description || ' ' || array_to_string(tags, ' '));

CREATE TABLE todo.tasks (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT tasks_user_id_fkey
        REFERENCES todo.users (id) ON DELETE CASCADE,
    title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '' CHECK (char_length(description) <= 10000),
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'completed')),
    -- 1 high, 2 medium, 3 low.
    priority smallint NOT NULL DEFAULT 2 CHECK (priority BETWEEN 1 AND 3),
    tags text[] NOT NULL DEFAULT '{}' CHECK (cardinality(tags) <= 20),
    due_at timestamptz,
    -- Due on a day, in the person's time zone.
    all_day_on date,
    remind_at timestamptz[] NOT NULL DEFAULT '{}' CHECK (cardinality(remind_at) <= 10),
    completed_at timestamptz,
    -- The series that made it, and for which of its days.
    recurring_task_id uuid,
    occurrence_on date,
    -- Counts up with every change; the ETag.
    version bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    words tsvector NOT NULL GENERATED ALWAYS AS (todo.task_words(title, description, tags)) STORED,
    CHECK (due_at IS NULL OR all_day_on IS NULL),
    CHECK ((status = 'completed') = (completed_at IS NOT NULL))
);

-- Every query is about one person, so that each index begins with the person. The
-- first one gives the usual order and finds everything of a person; other orders
-- and filters look through one person's rows, which took 45 ms for 10,000 tasks.
-- There is no GIN index on the words: below row-level security PostgreSQL can't
-- use one, because `@@` is not marked leakproof.
CREATE INDEX tasks_created ON todo.tasks (user_id, created_at, id);
CREATE INDEX tasks_open_due ON todo.tasks (user_id, due_at) WHERE status = 'open';

ALTER TABLE todo.tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE todo.tasks FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON todo.tasks TO spindrift_app
    USING (user_id = (SELECT nullif(current_setting('spindrift.user_id', true), '')::uuid));
CREATE POLICY worker ON todo.tasks TO spindrift_worker USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON todo.tasks TO spindrift_app;
