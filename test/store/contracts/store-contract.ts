import { agentsContract } from './agents-contract.ts'
import { approvalsContract } from './approvals-contract.ts'
import { auditIndexContract } from './audit-index-contract.ts'
import { changesContract } from './changes-contract.ts'
import { connectionsContract } from './connections-contract.ts'
import { delegationsContract } from './delegations-contract.ts'
import { keyringContract } from './keyring-contract.ts'
import { keysContract } from './keys-contract.ts'
import { liveCredentialsContract } from './live-credentials-contract.ts'
import { peopleContract } from './people-contract.ts'
import { shortLivedContract } from './short-lived-contract.ts'
import { shortLivedModelContract } from './short-lived-model-contract.ts'
import type { OpenStore } from './store-under-test.ts'

/** What every store keeps to, over all of its ports. */
export function storeContract(open: OpenStore): void {
  agentsContract(open)
  delegationsContract(open)
  peopleContract(open)
  approvalsContract(open)
  shortLivedContract(open)
  shortLivedModelContract(open)
  keyringContract(open)
  auditIndexContract(open)
  changesContract(open)
  connectionsContract(open)
  liveCredentialsContract(open)
  keysContract(open)
}
