import type { ConsentDetail, Principal } from '../../model/principal.ts'
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
  const more = (session: string, { integration, scopes, targets }: ConsentDetail): string => {
    const query = new URLSearchParams({ session, integration })
    for (const scope of bounded(scopes)) query.append('scope', scope)
    for (const target of bounded(targets)) query.append('target', target)
    return `/more?${query.toString()}`
  }
  return {
    consent(principal, integration, scopes, targets) {
      const session = sessionOf(principal)
      return url === undefined || session === undefined || !isSayable(targets) ? undefined : `${url}${more(session, { integration, scopes, targets })}`
    },
    connect(principal, integration) {
      const session = sessionOf(principal)
      if (url === undefined || session === undefined || !connectable(integration)) return undefined
      // A delegation is bound to one connection of each integration, and moves as a whole: that it may use another, the person says once there is one.
      const approved = principal.delegation?.standing?.consent.find((detail) => detail.integration === integration)
      const onward = approved === undefined || !isSayable(approved.targets) ? '' : `?return=${encodeURIComponent(more(session, approved))}`
      return `${url}/connect/${encodeURIComponent(integration)}${onward}`
    },
  }
}

/** A link without any of its targets would ask for all there are. */
function isSayable(targets: readonly string[]): boolean {
  return targets.length === 0 || bounded(targets).length > 0
}

/** One that is too long is left out whole: cut, it would mean another. */
function bounded(entries: readonly string[]): readonly string[] {
  return entries.filter((entry) => entry.length <= MAX_ENTRY).slice(0, MAX_ENTRIES)
}
