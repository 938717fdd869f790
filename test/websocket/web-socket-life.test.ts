import { describe, expect, it } from 'vitest'
import type { Announced } from '../../src/proxy/exchange.ts'
import { webSocketLife } from '../../src/proxy/upgrade/web-socket-life.ts'

const NOW = 1_000_000

interface Given {
  readonly total?: number
  readonly rule?: number
  readonly delegation?: { readonly ends: number; readonly standing?: object }
  readonly certificate?: number
}

function lifeOf({ total = 0, rule, delegation, certificate }: Given) {
  return webSocketLife({
    decision: { expiresInMs: rule },
    principal: { delegation: delegation === undefined ? undefined : { expiresAtMs: delegation.ends, standing: delegation.standing } },
    proofs: { certificate: certificate === undefined ? undefined : { notAfterMs: certificate } },
  } as unknown as Announced, total, NOW)
}

describe('a WebSocket that nobody ends', () => {
  it.each<readonly [string, Given, number | undefined, RegExp]>([
    ['the bound on all', { total: 500, rule: 600 }, 500, /as long as any may be/],
    ['the time of its rule', { total: 500, rule: 400 }, 400, /rule that allowed it/],
    ['the end of an outside delegation', { total: 500, delegation: { ends: NOW + 300 } }, 300, /delegation/],
    ['the end of its client certificate', { total: 500, rule: 400, delegation: { ends: NOW + 300 }, certificate: NOW + 200 }, 200, /client certificate/],
    ['a certificate that has just expired, at once', { total: 500, certificate: NOW - 1 }, 0, /client certificate/],
    ['nothing but a delegation of our own, which is cut when it ends', { delegation: { ends: NOW + 300, standing: {} } }, undefined, /^$/],
  ])('ends with %s', (_, given, ms, reason) => {
    const life = lifeOf(given)
    expect([life?.ms, reason.test(life?.reason ?? '')]).toEqual([ms, true])
  })
})
