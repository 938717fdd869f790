import type { ConstrainedAuthority } from './constrained-authority.ts'

const DAY_MS = 86_400_000
/** A successor stands in the bundle this long before its predecessor ends, so that running agents come to know it. */
export const SUCCEED_BEFORE_MS = 30 * DAY_MS
/** An authority signs no more once it has less than a leaf's life left. */
const SIGN_BEFORE_MS = 8 * DAY_MS
/** Each change of `ca.hosts` adds one; the bundle and the number of keys stay bounded. */
const MAX_AUTHORITIES = 4

export interface RotationPlan {
  /** To be used, the oldest first. */
  readonly keep: readonly ConstrainedAuthority[]
  readonly destroy: readonly ConstrainedAuthority[]
  /** Whether one for all the declared hosts has to be made. */
  readonly make: boolean
}

/**
 * Says which authorities stay. One that could certify a host that is no longer declared goes at once; one that lacks a new host stays for
 * the hosts it has, since running agents trust its root and have not read the new bundle. Pure.
 */
export function planRotation(authorities: readonly ConstrainedAuthority[], hosts: readonly string[], nowMs: number): RotationPlan {
  const declared = new Set(hosts)
  const live = authorities
    .filter((one) => one.notAfterMs > nowMs && [...one.hosts].every((host) => declared.has(host)))
    // Certificates count in seconds: of two made in one, the older has fewer hosts.
    .toSorted((a, b) => a.notAfterMs - b.notAfterMs || a.hosts.size - b.hosts.size)
  const make = hosts.length > 0 && !live.some((one) => one.notAfterMs - nowMs > SUCCEED_BEFORE_MS && hosts.every((host) => one.hosts.has(host)))
  const keep = live.slice(Math.max(0, live.length - MAX_AUTHORITIES + (make ? 1 : 0)))
  return { keep, destroy: authorities.filter((one) => !keep.includes(one)), make }
}

/** The authority that signs for a host: the oldest that still may, since it is the one most agents know. Pure. */
export function signerFor(authorities: readonly ConstrainedAuthority[], host: string, nowMs: number): ConstrainedAuthority | undefined {
  const able = authorities.filter((one) => one.hosts.has(host) && one.notAfterMs > nowMs)
  return able.find((one) => one.notAfterMs - nowMs > SIGN_BEFORE_MS) ?? able.at(-1)
}
