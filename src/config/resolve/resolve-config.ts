import type { AuditConfig, Config, OperationsConfig, RedisConfig, StoreConfig } from '../config.ts'
import type { References } from '../references.ts'
import type { ConfigText } from '../schema/config-schema.ts'
import { resolveAuthority } from './resolve-authority.ts'
import { resolveAgents } from './resolve-agents.ts'
import { resolveIdentity } from './resolve-identity.ts'
import { resolveIntegrations } from './resolve-integrations.ts'
import { resolveListener } from './resolve-listener.ts'
import { resolveStoreKeys } from './resolve-store-keys.ts'

/** The whole configuration with its references followed; what could not be had stands in `references.problems`. */
export async function resolveConfig(text: ConfigText, references: References): Promise<Config> {
  return {
    listener: await resolveListener(text.listener, references),
    ca: { directory: references.path(text.ca.directory), hosts: text.ca.hosts, bundleFile: references.path(text.ca.bundle) },
    operations: await resolveOperations(text.operations, references),
    identity: await resolveIdentity(text.identity, references),
    authority: text.authority === undefined ? undefined : await resolveAuthority(text.authority, references),
    agents: resolveAgents(text.agents),
    revoked: text.revoked,
    integrations: await resolveIntegrations(text.integrations, references),
    policies: await references.folder(text.policies, ['policies']),
    store: await resolveStore(text.store, references),
    audit: resolveAudit(text.audit, references),
    logLevel: text.log.level,
  }
}

async function resolveOperations(operations: ConfigText['operations'], references: References): Promise<OperationsConfig | undefined> {
  if (operations === undefined) return undefined
  const { address, token } = operations
  return { address, token: token === undefined ? undefined : await references.secret(token, ['operations', 'token']) }
}

const DEFAULT_FILE = './state/postern.db'

async function resolveRedis(redis: NonNullable<ConfigText['store']['redis']>, references: References): Promise<RedisConfig> {
  const at = ['store', 'redis']
  return {
    topology: redis.topology,
    nodes: redis.nodes,
    masterName: redis.master,
    username: redis.username,
    password: redis.password === undefined ? undefined : await references.secret(redis.password, [...at, 'password']),
    database: redis.database,
    tls: redis.tls === undefined ? undefined : {
      caPem: redis.tls.ca === undefined ? undefined : await references.text(redis.tls.ca, [...at, 'tls', 'ca']),
      serverName: redis.tls.server_name,
    },
    prefix: redis.prefix,
    allowVolatile: redis.unsafe_allow_volatile,
  }
}

async function resolveStore(store: ConfigText['store'], references: References): Promise<StoreConfig> {
  const redis = store.redis === undefined ? undefined : await resolveRedis(store.redis, references)
  return { file: redis === undefined ? references.path(store.file ?? DEFAULT_FILE) : undefined, redis, keys: await resolveStoreKeys(store, references) }
}

function resolveAudit(audit: ConfigText['audit'], references: References): AuditConfig {
  return {
    mode: audit.mode,
    file: references.path(audit.file),
    stdout: audit.stdout,
    signingKeyFile: references.path(audit.signing_key.file),
    checkpointEveryMs: audit.checkpoint_every,
    checkpointEveryRecords: audit.checkpoint_records,
    maxSegmentBytes: audit.segment,
  }
}
