import { type Denial, deny } from '../../model/denial.ts'
import type { Connection } from '../../store/ports/connections.ts'

/** Why a stored connection cannot be used now; undefined while it is active. Pure. */
export function connectionRefusal(connection: Connection): Denial | undefined {
  switch (connection.state) {
    case 'active':
      return undefined
    case 'reauth_required':
      return deny('connection_reauth_required', connection.stateReason ?? 'the connection has to be renewed by a person')
    case 'revoked':
      return deny('connection_required', connection.stateReason ?? 'the connection was revoked')
  }
}
