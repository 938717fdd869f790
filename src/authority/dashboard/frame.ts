import type { BrowserSignIn } from '../people/contract.ts'
import type { NavItem, PageAccount } from '../pages/layout.ts'

/** The places of the dashboard. */
const PLACES = [
  { href: '/', label: 'Overview' },
  { href: '/agents', label: 'Agents' },
  { href: '/approvals', label: 'Approvals' },
  { href: '/audit', label: 'Audit' },
] as const

export type Place = (typeof PLACES)[number]['href']

/** The head that all pages of the dashboard have. */
export function frame(signIn: BrowserSignIn, place: Place): { readonly account: PageAccount; readonly nav: readonly NavItem[] } {
  const { person, csrf } = signIn
  return { account: { name: person.name ?? person.id.slice('user:'.length), csrf }, nav: PLACES.map((one) => ({ ...one, current: one.href === place })) }
}

/** Whether they see what concerns others. */
export function seesAll({ roles }: BrowserSignIn): boolean {
  return roles.includes('operator') || roles.includes('auditor')
}

/** Whether they may take back what concerns others. */
export function isOperator({ roles }: BrowserSignIn): boolean {
  return roles.includes('operator')
}
