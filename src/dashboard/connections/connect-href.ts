const BACK = '/connections'

/**
 * Where a link of the API leads, as a path of our own, from which one comes back to this page. Pure.
 * @param url as the API tells it: absolute
 * @param origin ours; undefined is answered for a link that leads elsewhere, which is followed by nobody
 */
export function connectHref(url: string, origin: string): string | undefined {
  if (!URL.canParse(url, origin)) return undefined
  const place = new URL(url, origin)
  if (place.origin !== origin) return undefined
  place.searchParams.set('return', BACK)
  return `${place.pathname}${place.search}`
}
