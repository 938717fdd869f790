import { describe, expect, it } from 'vitest'
import { problemAnswer, problemOf } from '../../src/http/problem.ts'
import { CODES, type DenialCode } from '../../src/model/codes.ts'
import { deny } from '../../src/model/denial.ts'

function field(headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex((one, index) => index % 2 === 0 && one === name)
  return at === -1 ? undefined : headers[at + 1]
}

describe('the answer to a refusal', () => {
  it('tells the code, the layer, the rule, the hint and the link, and nothing of the detail', () => {
    const denial = deny('policy_denied', 'SECRET detail', {
      layer: 'org_policy', rule: { id: 'org/no "prod" ✗', file: '/etc/p.yaml', line: 3 }, hint: 'Read only.', link: 'https://postern.example/consent/1', missingScopes: ['pulls:write'], retryAfterMs: 1_200,
    })
    const answer = problemAnswer(problemOf(denial, 'dec_1'), 'origin')
    expect(answer.status).toBe(403)
    expect(JSON.parse(answer.body)).toEqual({
      type: 'urn:postern:policy_denied', title: CODES.policy_denied.title, status: 403, detail: 'Read only.', code: 'policy_denied', layer: 'org_policy',
      rule: 'org/no "prod" ✗', decision: 'dec_1', missing_scopes: ['pulls:write'], link: 'https://postern.example/consent/1',
    })
    expect(field(answer.headers, 'Proxy-Status')).toBe('postern; error=http_request_denied; details="policy_denied rule=org/no \\"prod\\" ? decision=dec_1"')
    expect(field(answer.headers, 'Retry-After')).toBe('2')
    expect(JSON.stringify(answer)).not.toMatch(/SECRET|p\.yaml/)
  })

  it('asks a proxy’s client with 407, an origin’s with 401', () => {
    const view = problemOf(deny('identity_required', ''), 'dec_1')
    const [asProxy, asOrigin] = [problemAnswer(view, 'proxy'), problemAnswer(view, 'origin')]
    expect([asProxy.status, field(asProxy.headers, 'Proxy-Authenticate'), field(asProxy.headers, 'WWW-Authenticate')]).toEqual([407, 'Basic realm="postern", charset="UTF-8"', undefined])
    expect([asOrigin.status, field(asOrigin.headers, 'WWW-Authenticate'), field(asOrigin.headers, 'Proxy-Authenticate')]).toEqual([401, 'Basic realm="postern", charset="UTF-8"', undefined])
    expect(JSON.parse(asProxy.body)).toMatchObject({ status: 407 })
  })

  it('says with 405 what is accepted', () => {
    expect(field(problemAnswer(problemOf(deny('method_refused', ''), 'dec_1'), 'origin').headers, 'Allow')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
  })

  it('is well-formed for every code', () => {
    for (const code of Object.keys(CODES) as DenialCode[]) {
      const answer = problemAnswer(problemOf(deny(code, 'x'), 'dec_1'), 'origin')
      expect(answer.status).toBe(CODES[code].status)
      for (const text of answer.headers) expect(text).toMatch(/^[\x20-\x7e]+$/)
      expect(JSON.parse(answer.body)).toMatchObject({ code, title: CODES[code].title })
    }
  })
})
