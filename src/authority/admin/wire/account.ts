import { z } from '@hono/zod-openapi'
import type { Connection } from '../../../store/ports/connections.ts'

/** Who somebody is at the upstream. */
export const connectedAccount = z.object({ id: z.string(), name: z.string() }).openapi('ConnectedAccount')

/** The connection's account as it is answered; null where the upstream did not say whose it is. */
export function accountView(connection: Pick<Connection, 'account'> | undefined): z.infer<typeof connectedAccount> | null {
  const account = connection?.account
  return account === undefined ? null : { id: account.id, name: account.name }
}
