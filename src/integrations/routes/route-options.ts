import type { Access } from '../../model/operation.ts'

/** One operation of an upstream that is described in configuration. */
export interface RouteOptions {
  /** Method (`WEBSOCKET` for one) and the upstream's own path: `POST /v1/tickets/{id}/comments`; `{+path}` at the end spans segments. */
  readonly route: string
  readonly access: Access
  /** All needed; a list of lists is any-of over all-of. */
  readonly scopes: readonly string[] | readonly (readonly string[])[]
  /** Templates of `{parameter}`, `{query.name}` and `{body.name.name}`; none where the operation acts on nothing in particular. */
  readonly targets: readonly string[]
  /** Parameters that may hold `%2F` and `%25`; never one that names a target. */
  readonly opaque: readonly string[]
}

/** The any-of over all-of form of what a route needs. */
export function alternativesOf({ scopes }: RouteOptions): readonly (readonly string[])[] {
  const nested = scopes.filter((scope) => typeof scope !== 'string')
  return nested.length > 0 ? nested : [scopes as readonly string[]]
}
