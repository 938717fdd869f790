import type { AuditLog } from '../../audit/log.ts'
import type { LoadedConfig } from '../../config/load-config.ts'
import { ConfigWatch, type ConfigEvent } from '../../config/watch-config.ts'
import { formatProblem } from '../../lib/source-position.ts'
import type { PolicyEvent } from '../../policy/watch.ts'
import type { StoreConfig } from '../../config/config.ts'
import type { Store } from '../../store/ports/store.ts'
import type { ControlPlane } from './control-plane.ts'
import type { Logger } from './operational-log.ts'

/** Puts on record, and into the log, what became of changed policies. */
export function recordPolicyEvent(event: PolicyEvent, audit: AuditLog, log: Logger): void {
  if (event.kind === 'loaded') {
    audit.post({ event: 'policy.loaded', policy_hash: event.hash, outcome: 'ok' })
    return log.info({ hash: event.hash, previous: event.previousHash }, 'policies loaded')
  }
  const problems = event.problems.map(formatProblem)
  audit.post({ event: 'policy.rejected', policy_hash: event.hash, reason: problems[0], outcome: 'failed' })
  log.error({ problems, inForce: event.hash }, 'the changed policies cannot be used; the last good ones stay in force')
}

export interface WatchConfigOptions {
  readonly controlPlane: ControlPlane
  readonly store: Pick<Store, 'useKeys'>
  readonly audit: AuditLog
  readonly log: Logger
}

/** Puts changed agents, revocations and keys of the store in force as the configuration's file changes. */
export function watchConfig(file: string, running: LoadedConfig, { controlPlane, store, audit, log }: WatchConfigOptions): ConfigWatch {
  const onEvent = (event: ConfigEvent): void => {
    if (event.kind === 'rejected') {
      const problems = event.problems.map(formatProblem)
      // On record, since a revocation that stands in the file is not in force.
      audit.post({ event: 'admin.config_rejected', reason: problems[0], outcome: 'failed' })
      return log.error({ problems }, 'the changed configuration cannot be used; what was in force stays so')
    }
    audit.post({ event: 'admin.config_loaded', outcome: 'ok' })
    controlPlane.apply(event.agents, event.revoked)
    if (event.storeKeys !== undefined) void useKeys(event.storeKeys, store, audit, log)
    if (event.needsRestart.length > 0) log.warn({ sections: event.needsRestart }, 'these sections changed and apply at the next start')
  }
  return new ConfigWatch({ file, running: running.text, onEvent })
}

/** What is stored is sealed anew; where that fails, the keys that were in force stay so, and the next start will say the same. */
async function useKeys(keys: StoreConfig['keys'], store: Pick<Store, 'useKeys'>, audit: AuditLog, log: Logger): Promise<void> {
  try {
    await store.useKeys(keys)
    audit.post({ event: 'admin.key_rotated', by: 'config', outcome: 'ok' })
    log.info('the store’s new key is in use; what was sealed under others has been sealed anew')
  } catch (error) {
    audit.post({ event: 'admin.key_rotated', by: 'config', outcome: 'failed' })
    log.error({ err: error }, 'the store’s new keys cannot be used; those of before stay')
  }
}
