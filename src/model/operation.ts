export type Access = 'read' | 'write' | 'admin'

/**
 * What the operation acts on. "No target" and "could not be told" are different things:
 * `unresolved` counts as true for deny and ask, as false for allow.
 */
export type Targets =
  | { readonly kind: 'none' }
  | { readonly kind: 'named'; readonly names: readonly string[] }
  | { readonly kind: 'unresolved'; readonly reason: string }

/**
 * What a request is in the upstream's own terms.
 * `alternatives` is any-of over all-of: one inner set of scopes suffices, and the credential carries just that set.
 * An operation that needs no scope has one empty alternative; one without any alternative can never be allowed.
 */
export interface Operation {
  readonly integration: string
  /** `GET /repos/{owner}/{repo}/pulls/{pull_number}`, `chat.postMessage`. */
  readonly name: string
  readonly access: Access
  /** Canonical scope names: `pull_requests:read`. */
  readonly alternatives: readonly (readonly string[])[]
  readonly targets: Targets
  /** Path parameters as they stood in the path, not decoded; empty for upstreams that have none. */
  readonly parameters: Readonly<Record<string, string>>
  /** Other operations that do the same by another way: a rule that refuses or asks about one of them by its name holds this one too. */
  readonly counterparts?: readonly string[]
}

/** Whether they are the same, name by name in the same order; of unresolved ones also the reason. Pure. */
export function sameTargets(one: Targets, other: Targets): boolean {
  if (one.kind === 'unresolved') return other.kind === 'unresolved' && one.reason === other.reason
  if (one.kind === 'none') return other.kind === 'none'
  if (other.kind !== 'named' || one.names.length !== other.names.length) return false
  for (let at = 0; at < one.names.length; at += 1) if (one.names[at] !== other.names[at]) return false
  return true
}
