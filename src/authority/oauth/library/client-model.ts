import type { Adapter, AdapterPayload } from 'oidc-provider'
import { noModel } from './no-model.ts'

/** The library's view of the clients: the registered agents, read live. Nothing can be stored. */
export function clientModel(metadata: (clientId: string) => AdapterPayload | undefined): Adapter {
  return {
    ...noModel,
    upsert: () => Promise.reject(new TypeError('clients are registered elsewhere')),
    find: async (id) => metadata(id),
  }
}
