import { connectionsContract, liveCredentialsContract } from './contract.ts'
import { temporaryStore } from './temporary-store.ts'

connectionsContract(temporaryStore)
liveCredentialsContract(temporaryStore)
