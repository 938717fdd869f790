import type { Principal } from '../../model/principal.ts'
import type { PersonLinks } from '../../sync/contract.ts'

export interface PersonLinksOptions {
  /** The authority's origin; undefined where no authority serves people. */
  readonly url: string | undefined
  /** Whether people can connect this integration. */
  connectable(integration: string): boolean
}

/** What a page asks for at once; a link is for people to click, and clients cut long ones. */
const MAX_ENTRIES = 16
const MAX_ENTRY = 128

/** Where a person mends what was refused. Only for delegations that are kept here: an outside issuer's are changed there. */
export function personLinks({ url, connectable }: PersonLinksOptions): PersonLinks {
  const sessionOf = ({ delegation }: Principal): string | undefined => (delegation?.standing === undefined ? undefined : delegation.session)
  return {
    consent(principal, integration, scopes, targets) {
      const session = sessionOf(principal)
      if (url === undefined || session === undefined) return undefined
      const query = new URLSearchParams({ session, integration })
      for (const scope of bounded(scopes)) query.append('scope', scope)
      for (const target of bounded(targets)) query.append('target', target)
      return `${url}/more?${query.toString()}`
    },
    connect(principal, integration) {
      const concerned = url !== undefined && sessionOf(principal) !== undefined && connectable(integration)
      return concerned ? `${url}/connect/${encodeURIComponent(integration)}` : undefined
    },
  }
}

/** One that is too long is left out whole: cut, it would mean another. */
function bounded(entries: readonly string[]): readonly string[] {
  return entries.filter((entry) => entry.length <= MAX_ENTRY).slice(0, MAX_ENTRIES)
}
