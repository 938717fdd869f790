import type { BrowserSignIn } from '../people/contract.ts'
import type { NavItem, PageAccount } from '../pages/layout.ts'

/** The dashboard's places, as its own code in `src/dashboard/app/pages.tsx` lists them. */
const PLACES: readonly { readonly href: string; readonly label: string; readonly seesAll?: boolean }[] = [
  { href: '/', label: 'My agents' },
  { href: '/connections', label: 'Connections' },
  { href: '/agents', label: 'Agents', seesAll: true },
  { href: '/approvals', label: 'Approvals' },
  { href: '/audit', label: 'Audit' },
  { href: '/policy', label: 'Policy', seesAll: true },
]

/** The head of these pages: the dashboard's, with `Approvals` as the place. */
export function frame(signIn: BrowserSignIn): { readonly account: PageAccount; readonly nav: readonly NavItem[] } {
  const { person, csrf } = signIn
  const places = PLACES.filter((place) => place.seesAll !== true || seesAll(signIn))
  const nav = places.map(({ href, label }) => ({ href, label, current: href === '/approvals' }))
  return { account: { name: person.name ?? person.id.slice('user:'.length), csrf }, nav }
}

/** Whether they see what concerns others. */
export function seesAll({ roles }: BrowserSignIn): boolean {
  return roles.includes('operator') || roles.includes('auditor')
}

/** Whether they may take back what concerns others. */
export function isOperator({ roles }: BrowserSignIn): boolean {
  return roles.includes('operator')
}
