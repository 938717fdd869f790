import type { AgentConfig } from '../config.ts'
import type { ConfigText } from '../schema/config-schema.ts'

/** The `agents` section; nothing in it is a reference. */
export function resolveAgents(agents: ConfigText['agents']): readonly AgentConfig[] {
  return agents.map(({ id, name, owner, status, spiffe, subject, service_account: account, ...client }) => ({
    id,
    name: name ?? id.slice('agent:'.length),
    owner,
    status,
    spiffeId: spiffe,
    subject,
    serviceAccount: account === undefined ? undefined : `system:serviceaccount:${account.replace('/', ':')}`,
    redirectUris: client.redirect_uris,
    publicKeyPem: client.public_key,
  }))
}
