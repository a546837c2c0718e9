-- What the sweep removes, and how it finds it.

-- In the order of time by themselves, so that a page range tells enough: these rows
-- are written for every event that is handled.
CREATE INDEX inbox_handled_at ON spindrift.inbox USING brin (handled_at)
    WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX sessions_expires_at ON todo.sessions (expires_at);

GRANT DELETE ON spindrift.inbox TO spindrift_worker;
GRANT SELECT, DELETE ON todo.idempotency_keys TO spindrift_worker;
