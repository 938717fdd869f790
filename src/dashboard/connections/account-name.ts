import type { ConnectionView } from '../../authority/admin/wire/connection.ts'
import { plainText } from '../parts/plain-text.ts'

/** How the account of a connection is called: there, or by its owner where the upstream does not say; as it may stand on a page. Pure. */
export function accountName({ account, label }: Pick<ConnectionView, 'account' | 'label'>): string {
  return plainText(account?.name ?? label, 80)
}

/** The owner's own name for it, where that says more than the account's. Pure. */
export function ownLabel({ account, label }: Pick<ConnectionView, 'account' | 'label'>): string | undefined {
  return label === 'default' || account === null || label === account.name ? undefined : plainText(label, 60)
}
