import { isLoopback } from '../checked-origin.ts'
import { errorFrom } from './error-from.ts'
import type { PosternError, Refusal } from './postern-error.ts'

/** How far an answer is believed that came through the proxy. */
export interface ReadOptions {
  /**
   * The authority's address: a link that leads anywhere else is left out. Name it where links are shown to people, since what comes through
   * the proxy may be an upstream's answer in the form of ours.
   */
  readonly authorityUrl?: string
}

/** The error of a refusal that came through the proxy; of its link no more than may be shown to a person. */
export function toldError(refusal: Refusal, { authorityUrl }: ReadOptions): PosternError {
  return errorFrom({ ...refusal, link: linkOf(refusal.link, authorityUrl) })
}

function linkOf(link: string | undefined, authorityUrl: string | undefined): string | undefined {
  const url = link === undefined ? null : URL.parse(link)
  if (url === null || url.username !== '' || url.password !== '') return undefined
  if (authorityUrl !== undefined) return url.origin === URL.parse(authorityUrl)?.origin ? url.href : undefined
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)) ? url.href : undefined
}
