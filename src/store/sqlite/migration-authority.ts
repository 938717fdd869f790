/** Version 2: what the authority keeps. Released; never changed. `seq` is the order in which rows were made. */
export const AUTHORITY = `
  ALTER TABLE connections ADD COLUMN account_id TEXT;
  ALTER TABLE connections ADD COLUMN account_name TEXT;
  CREATE INDEX connections_of_owner ON connections (owner);

  CREATE TABLE agents (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    owner TEXT,
    spiffe_id TEXT,
    subject TEXT,
    service_account TEXT,
    redirect_uris TEXT NOT NULL,
    public_key TEXT,
    registered_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE agent_revocations (
    agent TEXT PRIMARY KEY,
    revoked_at INTEGER NOT NULL,
    revoked_by TEXT NOT NULL,
    reason TEXT
  ) STRICT;

  CREATE TABLE delegations (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL,
    person TEXT NOT NULL,
    access TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'revoked', 'expired')),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_by TEXT,
    end_reason TEXT,
    version INTEGER NOT NULL,
    CHECK ((state = 'active') = (ended_at IS NULL))
  ) STRICT;
  CREATE INDEX delegations_of_person ON delegations (person, seq);
  CREATE INDEX delegations_of_agent ON delegations (agent, seq);
  CREATE INDEX delegations_by_state ON delegations (state, seq);
  CREATE INDEX delegations_by_end ON delegations (expires_at) WHERE state = 'active';
  CREATE INDEX delegations_ended ON delegations (ended_at) WHERE ended_at IS NOT NULL;
  CREATE TABLE sessions (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    delegation TEXT NOT NULL REFERENCES delegations (id),
    agent TEXT NOT NULL,
    person TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT,
    secret_digest TEXT
  ) STRICT;
  CREATE INDEX sessions_of_delegation ON sessions (delegation, seq);
  CREATE INDEX sessions_of_person ON sessions (person, seq);
  CREATE INDEX sessions_of_agent ON sessions (agent, seq);
  CREATE INDEX sessions_running ON sessions (seq) WHERE ended_at IS NULL;
  CREATE INDEX sessions_by_end ON sessions (expires_at) WHERE ended_at IS NULL;
  CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

  CREATE TABLE people (
    id TEXT PRIMARY KEY,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    name TEXT,
    email TEXT,
    "groups" TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE approvals (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('operation', 'break_glass')),
    key TEXT NOT NULL,
    agent TEXT,
    person TEXT,
    delegation TEXT,
    session TEXT,
    integration TEXT,
    operation TEXT,
    targets TEXT NOT NULL,
    text TEXT NOT NULL,
    rule TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'expired')),
    asked_at INTEGER NOT NULL,
    answer_by INTEGER NOT NULL,
    answered_by TEXT,
    answered_at INTEGER,
    valid_until INTEGER
  ) STRICT;
  CREATE INDEX approvals_by_key ON approvals (key, seq);
  CREATE INDEX approvals_of_person ON approvals (person, seq);
  CREATE INDEX approvals_by_state ON approvals (state, seq);
  CREATE INDEX approvals_by_time ON approvals (asked_at);

  CREATE TABLE records (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    grant_name TEXT,
    uid TEXT,
    user_code TEXT,
    payload BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    consumed_at INTEGER,
    holder TEXT,
    attempted_at INTEGER,
    successor TEXT
  ) STRICT;
  CREATE INDEX records_by_end ON records (expires_at);
  CREATE INDEX records_of_grant ON records (grant_name) WHERE grant_name IS NOT NULL;
  CREATE INDEX records_by_uid ON records (uid) WHERE uid IS NOT NULL;
  CREATE INDEX records_by_user_code ON records (user_code) WHERE user_code IS NOT NULL;

  CREATE TABLE keyring (name TEXT PRIMARY KEY, value BLOB NOT NULL, version INTEGER NOT NULL) STRICT;

  CREATE TABLE audit_records (
    chain TEXT NOT NULL,
    seq INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    event TEXT NOT NULL,
    family TEXT NOT NULL,
    agent TEXT,
    person TEXT,
    integration TEXT,
    outcome TEXT,
    line TEXT NOT NULL,
    PRIMARY KEY (chain, seq)
  ) STRICT;
  CREATE INDEX audit_by_time ON audit_records (time_ms, chain, seq);
  CREATE INDEX audit_of_agent ON audit_records (agent, time_ms);
  CREATE INDEX audit_of_person ON audit_records (person, time_ms);
  CREATE INDEX audit_of_integration ON audit_records (integration, time_ms);
  CREATE INDEX audit_by_family ON audit_records (family, time_ms);
  CREATE INDEX audit_by_event ON audit_records (event, time_ms);
  CREATE INDEX audit_by_outcome ON audit_records (outcome, time_ms);
`
