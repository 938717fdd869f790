import type { ApprovalDesk, CredentialSource, Directory, PersonLinks, Revocations, Sync } from './contract.ts'

/** The parts of a control plane that runs in the same process. */
export interface InProcessParts {
  readonly directory: Directory
  readonly revocations: Revocations
  readonly credentials: CredentialSource
  readonly approvals: ApprovalDesk
  readonly links: PersonLinks
}

/** The transport for both planes in one process: calls go straight through. */
export function inProcessSync({ directory, revocations, credentials, approvals, links }: InProcessParts): Sync {
  return {
    directory,
    revocations,
    approvals,
    links,
    credential: (order, signal) => credentials.credential(order, signal),
    credentialRejected: (id) => credentials.credentialRejected(id),
    onCredentialEnded: (listener) => credentials.onCredentialEnded(listener),
  }
}
