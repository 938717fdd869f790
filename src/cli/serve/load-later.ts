import type { Config, IntegrationConfig } from '../../config/config.ts'
import type { Cancel, Timers } from '../../lib/timers.ts'

/** By then the first requests are served. */
const LATER_MS = 1_500

/**
 * Loads what a start does not need and a later call does, once there is time for it: not with that call, which would wait, and not when the
 * files of the program may long have been replaced by those of another version. What cannot be loaded ends the process, as at a start.
 */
export function loadLater(config: Config, timers: Timers): Cancel {
  return timers.after(LATER_MS, () => void load(config))
}

async function load({ ca, authority, identity, integrations }: Config): Promise<void> {
  if (ca.hosts.length > 0) await import('../../lib/make-certificates.ts')
  const fetchesKeys = [identity.delegationTokens, identity.serviceAccounts].some((issuer) => issuer !== undefined && 'url' in issuer.jwks)
  if (authority !== undefined || fetchesKeys || integrations.some(callsItsUpstream)) await import('../../egress/upstream-pool.ts')
}

/** Whether its credentials are asked for at the upstream. */
function callsItsUpstream(config: IntegrationConfig): boolean {
  switch (config.type) {
    case 'github':
    case 'slack': return true
    case 'routes':
    case 'mcp': return config.credential !== 'none' && 'oauth' in config.credential
  }
}
