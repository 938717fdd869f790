import { agentsContract } from './contracts/agents-contract.ts'
import { connectionsContract } from './contracts/connections-contract.ts'
import { delegationsContract } from './contracts/delegations-contract.ts'
import { liveCredentialsContract } from './contracts/live-credentials-contract.ts'
import { shortLivedContract } from './contracts/short-lived-contract.ts'
import { temporaryStore } from './temporary-store.ts'

agentsContract(temporaryStore)
delegationsContract(temporaryStore)
shortLivedContract(temporaryStore)
connectionsContract(temporaryStore)
liveCredentialsContract(temporaryStore)
