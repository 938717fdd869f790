import { describe, expect, it } from 'vitest'
import { isDenial } from '../../src/model/denial.ts'
import { connectGate } from '../../src/proxy/connect-gate.ts'
import { routeStage } from '../../src/proxy/route/route.ts'
import { principal } from '../issuance/fixture.ts'
import { index, snapped } from './fixture.ts'

const confined = (onlyIntegration: string) => ({ ...principal(), onlyIntegration })

describe('a stand-in token', () => {
  it('leads to its own integration', () => {
    expect(routeStage(index).run(snapped({ principal: confined('tickets') }))).toMatchObject({ integration: { name: 'tickets' } })
  })

  it.each([['absolute', undefined], ['reverse', 'tickets']] as const)('leads to no other, by the %s door', (door, prefix) => {
    expect(routeStage(index).run(snapped({ principal: confined('github'), door, prefix }))).toMatchObject({
      denial: 'proof_mismatch', detail: 'a stand-in token of github was shown for tickets', hint: 'This token is good for github alone.',
    })
  })

  it('opens no tunnel that nobody looks into', async () => {
    const gate = (onlyIntegration: string | undefined) => connectGate({
      identify: () => ({ ...principal(), onlyIntegration }), integrations: index, clock: { nowMs: () => 0, monotonicMs: () => 0 }, unmatched: 'tunnel', admit: () => undefined,
    })
    const proofs = { token: undefined, delegationToken: undefined, certificate: undefined, bound: undefined }
    const elsewhere = { host: 'elsewhere.example', port: 443, proofs, connection: { place: undefined, onClose: () => undefined } }
    expect(await gate(undefined)(elsewhere)).toBe('tunnel')
    const denial = await gate('tickets')(elsewhere)
    expect(typeof denial === 'object' && isDenial(denial) ? denial : denial).toMatchObject({ denial: 'proof_mismatch', principal: { onlyIntegration: 'tickets' } })
    expect(await gate('tickets')({ ...elsewhere, host: 'tickets.internal', port: 8443 })).toBe('intercept')
  })
})
