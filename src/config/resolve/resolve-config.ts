import type { AuditConfig, Config, OperationsConfig, StoreConfig } from '../config.ts'
import type { References } from '../references.ts'
import type { ConfigText } from '../schema/config-schema.ts'
import { resolveAgents } from './resolve-agents.ts'
import { resolveIdentity } from './resolve-identity.ts'
import { resolveIntegrations } from './resolve-integrations.ts'
import { resolveListener } from './resolve-listener.ts'

/** The whole configuration with its references followed; what could not be had stands in `references.problems`. */
export async function resolveConfig(text: ConfigText, references: References): Promise<Config> {
  return {
    listener: await resolveListener(text.listener, references),
    ca: { directory: references.path(text.ca.directory), hosts: text.ca.hosts, bundleFile: references.path(text.ca.bundle) },
    operations: await resolveOperations(text.operations, references),
    identity: await resolveIdentity(text.identity, references),
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

async function resolveStore(store: ConfigText['store'], references: References): Promise<StoreConfig> {
  const key = await references.secret(store.key, ['store', 'key'])
  const previous = await Promise.all(store.previous_keys.map((reference, index) => references.secret(reference, ['store', 'previous_keys', index])))
  return { file: references.path(store.file), keys: [key, ...previous] }
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
