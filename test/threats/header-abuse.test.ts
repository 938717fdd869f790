import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startStage, type Stage } from '../support/stage.ts'

let stage: Stage
beforeAll(async () => { stage = await startStage({ recorder: { placement: '{ in: header, name: X-Api-Key, value: "key {credential}" }' } }) })
afterAll(() => stage.close())
beforeEach(() => void stage.recorder.requests.splice(0))

/** Fields in which servers look for credentials, or for who somebody is. */
const CREDENTIAL = /^(?:authorization|proxy-.*|cookie2?|x-api-key|api-key|x-auth.*|.*-token|.*-authorization|.*-secret|dpop|postern-.*|x-forwarded-.*|forwarded|x-real-ip|x-original-.*|via|te|upgrade|keep-alive|trailer)$/i

const credentials = (): readonly string[] => stage.recorder.requests.flatMap(({ lines }) => lines.filter((line) => CREDENTIAL.test(line.slice(0, line.indexOf(':')))))

describe('exactly one credential goes upstream, and it is ours', () => {
  it('whatever fields the client sends', async () => {
    const name = fc.oneof(
      fc.constantFrom('Authorization', 'authorization', 'Proxy-Authorization', 'Cookie', 'X-Api-Key', 'x-API-key', 'Api-Key', 'X-Auth-Token', 'Private-Token', 'X-GitHub-Token', 'X-Forwarded-Access-Token', 'X-Own-Authorization', 'X-Custom-Secret'),
      fc.constantFrom('X-Forwarded-For', 'X-Forwarded-Uri', 'Forwarded', 'X-Original-URL', 'X-Rewrite-URL', 'X-Real-IP', 'Via', 'TE', 'Keep-Alive', 'Proxy-Connection', 'Trailer', 'Accept', 'X-Own', 'Range'),
    )
    const field = fc.tuple(name, fc.string({ unit: fc.constantFrom(...'abcXYZ019 ,;=._-'), maxLength: 20 }))
    let sent = 0
    await fc.assert(fc.asyncProperty(fc.uniqueArray(field, { maxLength: 8, selector: ([one]) => one.toLowerCase() }), fc.boolean(), async (fields, reverse) => {
      stage.recorder.requests.splice(0)
      const lines = fields.filter(([one]) => !(reverse && one.toLowerCase() === 'authorization')).map(([one, value]) => `${one}: ${value}`)
      const answer = reverse ? await stage.agent.reverse('GET', '/recorder/v1/a', { fields: lines }) : await stage.agent.call('GET', 'https://recorder.internal/v1/a', { fields: lines })
      if (answer.status === 200) sent += 1
      const expected = answer.status === 200 ? [`X-Api-Key: key ${stage.recorder.secret}`] : []
      expect(credentials()).toEqual(expected)
    }), { numRuns: 60 })
    expect(sent).toBeGreaterThan(40)
  })

  it('where the client names ours to be dropped, the request is refused', async () => {
    for (const fields of [['Connection: X-Api-Key'], ['Connection: close', 'Connection: x-api-key'], ['Connection: keep-alive, Host']]) {
      expect((await stage.agent.reverse('GET', '/recorder/v1/a', { fields })).status).toBe(400)
    }
    expect(stage.recorder.requests).toEqual([])
  })

  it('a name with an underscore, which some servers read as ours, is refused', async () => {
    for (const name of ['X_Api_Key', 'X_API-Key', 'Content_Length', 'HTTP_AUTHORIZATION']) {
      expect((await stage.agent.reverse('GET', '/recorder/v1/a', { fields: [`${name}: x`] })).code).toBe('header_refused')
    }
    expect(stage.recorder.requests).toEqual([])
  })

  it('two of what may stand once are refused', async () => {
    for (const fields of [['Authorization: Bearer other'], ['Content-Type: a/b', 'Content-Type: c/d'], ['Range: bytes=0-1', 'Range: bytes=2-3']]) {
      expect((await stage.agent.reverse('GET', '/recorder/v1/a', { fields })).code).toBe('request_ambiguous')
    }
    expect(stage.recorder.requests).toEqual([])
  })

  it('a value with a control character is refused', async () => {
    for (const value of ['a\x00b', 'a\x0bb', 'a\x7fb', 'a\rb']) expect((await stage.agent.reverse('GET', '/recorder/v1/a', { fields: [`X-A: ${value}`] })).status).toBe(400)
    expect(stage.recorder.requests).toEqual([])
  })
})
