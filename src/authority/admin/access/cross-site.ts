import { sameSecret } from '../../../lib/same-secret.ts'

/** What a browser tells of where a request comes from, and what a page of ours sends back. */
export interface BrowserRequest {
  readonly method: string
  readonly origin: string | undefined
  readonly secFetchSite: string | undefined
  readonly csrf: string | undefined
}

/**
 * Why a request that is authenticated by a cookie alone may come from somebody else's page, in one sentence; undefined where it cannot. Pure.
 * @param ownOrigin `https://postern.acme.com`
 * @param csrf the browser session's
 */
export function crossSite(request: BrowserRequest, ownOrigin: string, csrf: string): string | undefined {
  const { method, origin, secFetchSite } = request
  const reads = method === 'GET'
  if (secFetchSite !== undefined && secFetchSite !== 'same-origin' && !(reads && secFetchSite === 'none')) return 'Sec-Fetch-Site names another site'
  if (origin !== undefined && origin !== ownOrigin) return 'Origin names another site'
  if (reads) return undefined
  if (origin === undefined && secFetchSite === undefined) return 'neither Origin nor Sec-Fetch-Site tells where it comes from'
  return request.csrf !== undefined && sameSecret(request.csrf, csrf) ? undefined : 'the Postern-Csrf header is missing or another session’s'
}
