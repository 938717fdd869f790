import type { CredentialSource, Directory, Revocations, Sync } from './contract.ts'

/** The parts of a control plane that runs in the same process. */
export interface InProcessParts {
  readonly directory: Directory
  readonly revocations: Revocations
  readonly credentials: CredentialSource
}

/** The transport for both planes in one process: calls go straight through. */
export function inProcessSync({ directory, revocations, credentials }: InProcessParts): Sync {
  return {
    directory,
    revocations,
    credential: (order, signal) => credentials.credential(order, signal),
    credentialRejected: (id) => credentials.credentialRejected(id),
    onCredentialEnded: (listener) => credentials.onCredentialEnded(listener),
  }
}
