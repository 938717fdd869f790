/** The methods that are accepted; CONNECT has a door of its own. TRACE would show a client what was put on its request. */
export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

const ACCEPTED: ReadonlySet<string> = new Set(METHODS)

/** Whether requests of this method are accepted at all. */
export function isAcceptedMethod(method: string): boolean {
  return ACCEPTED.has(method)
}
