/** What a browser says of where a form was sent from. */
export interface RequestOrigin {
  readonly origin: string | undefined
  readonly secFetchSite: string | undefined
}

/**
 * Whether a POST comes from a page of ours. Browsers say so by `Sec-Fetch-Site`, `Origin` or both; where neither is there nothing is known, and
 * that is a no. Beside the token in the form, never in its place.
 * @param ownOrigin `https://postern.acme.com`
 */
export function fromOwnPage({ origin, secFetchSite }: RequestOrigin, ownOrigin: string): boolean {
  if (origin === undefined && secFetchSite === undefined) return false
  if (secFetchSite !== undefined && secFetchSite !== 'same-origin') return false
  return origin === undefined || origin === ownOrigin
}
