import { parseId, type SessionId } from '../../model/ids.ts'
import type { ConsentDetail } from '../../model/principal.ts'
import { AccessRefused, readDetail, type WordsOf } from '../oauth/access-request.ts'

/** The page that the link of a refused call leads to. */
export const MORE_PATH = '/more'

/** What a link asks for: anybody can make one, so it says what to ask, and never that it is good. */
export interface MoreLink {
  readonly session: SessionId
  readonly access: ConsentDetail
}

/**
 * Reads the query of a link that `personLinks` made; what is not of it, such as a mail program's marks, is left aside. Pure.
 * @returns undefined where it is not whole, or asks for what is not known here
 */
export function readMoreLink(query: URLSearchParams, words: WordsOf): MoreLink | undefined {
  const [session, ...otherSessions] = query.getAll('session')
  const [integration, ...otherIntegrations] = query.getAll('integration')
  const id = session === undefined || otherSessions.length > 0 ? undefined : parseId('ses', session)
  if (id === undefined || otherIntegrations.length > 0) return undefined
  const targets = query.getAll('target')
  try {
    const access = readDetail({ type: 'postern', integration, scopes: query.getAll('scope'), ...(targets.length === 0 ? {} : { targets }) }, words)
    return { session: id, access }
  } catch (error) {
    if (error instanceof AccessRefused) return undefined
    throw error
  }
}

/** The page's own address, with nothing in it but what was read. Pure. */
export function moreAddress({ session, access }: MoreLink): string {
  const query = new URLSearchParams({ session, integration: access.integration })
  for (const scope of access.scopes) query.append('scope', scope)
  for (const target of access.targets) query.append('target', target)
  return `${MORE_PATH}?${query.toString()}`
}
