-- What people are to be told at its time, and was it written ahead.

CREATE TABLE todo.reminders (
    task_id uuid NOT NULL REFERENCES todo.tasks (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('reminder', 'due_soon', 'overdue')),
    -- A reminder's instant, or when the task is due; a day is its first instant in
    -- UTC.
    occurs_at timestamptz NOT NULL,
    -- Whose task it is.
    user_id uuid NOT NULL,
    -- When its event went into the outbox. NULL: it is still to come.
    written_at timestamptz,
    -- Once for each time that a task has.
    PRIMARY KEY (task_id, kind, occurs_at)
);
CREATE INDEX reminders_to_come ON todo.reminders (occurs_at) WHERE written_at IS NULL;
CREATE INDEX reminders_written ON todo.reminders (occurs_at) WHERE written_at IS NOT NULL;

-- For whoever looks for what is due of anybody.
CREATE INDEX tasks_due ON todo.tasks (due_at) WHERE status = 'open' AND due_at IS NOT NULL;
CREATE INDEX tasks_due_on ON todo.tasks (all_day_on)
    WHERE status = 'open' AND all_day_on IS NOT NULL;

-- Keeps what is to come of a task like the task. What was written ahead stays: who
-- tells of it looks at the task.
CREATE FUNCTION todo.plan_reminders() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM todo.reminders
        WHERE task_id = NEW.id AND kind = 'reminder' AND written_at IS NULL
            AND (NEW.status <> 'open' OR occurs_at <> ALL (NEW.remind_at));
    END IF;
    IF NEW.status = 'open' THEN
        -- What is past already rings no more.
        INSERT INTO todo.reminders (task_id, kind, occurs_at, user_id)
        SELECT NEW.id, 'reminder', at, NEW.user_id FROM unnest(NEW.remind_at) AS at
        WHERE at > now()
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER reminders_of_new AFTER INSERT ON todo.tasks
    FOR EACH ROW WHEN (NEW.remind_at <> '{}') EXECUTE FUNCTION todo.plan_reminders();
CREATE TRIGGER reminders_of_changed AFTER UPDATE ON todo.tasks
    FOR EACH ROW WHEN ((OLD.remind_at <> '{}' OR NEW.remind_at <> '{}')
        AND (OLD.remind_at <> NEW.remind_at OR OLD.status <> NEW.status))
    EXECUTE FUNCTION todo.plan_reminders();

-- Of the tasks that are there already. The owner sees no row while it is bound too.
ALTER TABLE todo.tasks NO FORCE ROW LEVEL SECURITY;
INSERT INTO todo.reminders (task_id, kind, occurs_at, user_id)
SELECT id, 'reminder', at, user_id FROM todo.tasks, unnest(remind_at) AS at
WHERE status = 'open' AND at > now()
ON CONFLICT DO NOTHING;
ALTER TABLE todo.tasks FORCE ROW LEVEL SECURITY;

ALTER TABLE todo.reminders ENABLE ROW LEVEL SECURITY;
ALTER TABLE todo.reminders FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON todo.reminders TO spindrift_app
    USING (user_id = (SELECT nullif(current_setting('spindrift.user_id', true), '')::uuid));
CREATE POLICY worker ON todo.reminders TO spindrift_worker USING (true) WITH CHECK (true);

-- Whoever writes a task writes what is to come of it.
GRANT SELECT, INSERT, DELETE ON todo.reminders TO spindrift_app;
GRANT SELECT, INSERT, UPDATE (written_at), DELETE ON todo.reminders TO spindrift_worker;
