import type { Adapter } from 'oidc-provider'

/**
 * A model of which nothing is kept: the library's own browser session. Who is signed in we know ourselves, and every request is asked about
 * anew, so that nothing of one request can let another pass.
 */
export const noModel: Adapter = {
  upsert: async () => undefined,
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => undefined,
  destroy: async () => undefined,
  revokeByGrantId: async () => undefined,
}
