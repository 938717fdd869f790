/**
 * Version 3: the audit's searchable copy by delegation and session, and how long calls took. Released; never changed. What is there already is
 * filled in from its own line; the index over all records holds what a series counts, so that one need not read the lines.
 */
export const AUDIT_SERIES = `
  ALTER TABLE audit_records ADD COLUMN delegation TEXT;
  ALTER TABLE audit_records ADD COLUMN session TEXT;
  ALTER TABLE audit_records ADD COLUMN duration_ms REAL;
  UPDATE audit_records SET
    delegation = CASE json_type(line, '$.delegation') WHEN 'text' THEN line ->> '$.delegation' END,
    session = CASE json_type(line, '$.session') WHEN 'text' THEN line ->> '$.session' END,
    duration_ms = CASE WHEN json_type(line, '$.http.duration_ms') IN ('integer', 'real') AND line ->> '$.http.duration_ms' >= 0 THEN line ->> '$.http.duration_ms' END
    WHERE json_valid(line);
  DROP INDEX audit_by_time;
  CREATE INDEX audit_by_time ON audit_records (time_ms, chain, seq, event, outcome, duration_ms);
  CREATE INDEX audit_of_delegation ON audit_records (delegation, time_ms) WHERE delegation IS NOT NULL;
  CREATE INDEX audit_of_session ON audit_records (session, time_ms) WHERE session IS NOT NULL;
`
