const MAX_LENGTH = 2048

/**
 * Where to go after a detour such as signing in: a path of our own, never another origin, however it is spelt.
 * @returns the path with its query, or `otherwise`
 */
export function returnPath(wish: string | undefined, otherwise = '/'): string {
  if (wish === undefined || wish.length > MAX_LENGTH) return otherwise
  // Browsers drop tabs and newlines, take `\` for `/`, and `//host` for another origin.
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(wish)) return otherwise
  const base = 'http://postern.invalid'
  const url = URL.canParse(wish, base) ? new URL(wish, base) : undefined
  if (url === undefined || url.origin !== base || url.pathname.startsWith('//')) return otherwise
  return `${url.pathname}${url.search}`
}
