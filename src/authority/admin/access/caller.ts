import type { PersonId } from '../../../model/ids.ts'
import type { SignedIn } from '../../people/contract.ts'

/** Who makes a request of the admin API. */
export interface Caller {
  readonly signedIn: SignedIn
  readonly id: PersonId
  /** Of a browser session: what its pages send back; undefined for a bearer token. */
  readonly csrf: string | undefined
}

/** Whether this person changes what concerns everybody. */
export function isOperator({ signedIn }: Caller): boolean {
  return signedIn.roles.includes('operator')
}

/** Whether this person sees everything. */
export function readsAll(caller: Caller): boolean {
  return isOperator(caller) || caller.signedIn.roles.includes('auditor')
}

/** Whose things this person may see: undefined for everybody's. */
export function seenBy(caller: Caller): PersonId | undefined {
  return readsAll(caller) ? undefined : caller.id
}

/** Whether this person may see what is this owner's. */
export function maySee(caller: Caller, owner: string | undefined): boolean {
  return owner === caller.id || readsAll(caller)
}

/** Whether this person may take back what is this owner's. */
export function mayEnd(caller: Caller, owner: string | undefined): boolean {
  return owner === caller.id || isOperator(caller)
}
