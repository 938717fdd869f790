import { afterAll } from 'vitest'
import { storeContract } from './contracts/store-contract.ts'
import { closeIdleStore, emptiedStore } from './emptied-store.ts'

storeContract(emptiedStore)
afterAll(closeIdleStore)
