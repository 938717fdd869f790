import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStage, type Stage } from '../support/stage.ts'

let stage: Stage
beforeAll(async () => { stage = await startStage() })
afterAll(() => stage.close())

const refusal = async (act: () => ReturnType<Stage['agent']['reverse']>): Promise<readonly [string | undefined, number]> => {
  const before = stage.reached()
  const { code } = await act()
  return [code, stage.reached() - before]
}

describe('a method that is not the one that was judged', () => {
  for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', 'x-http-method-override', 'X-Custom-Method-Override']) {
    it(`named by ${name} is refused on every method`, async () => {
      for (const method of ['GET', 'POST']) {
        expect(await refusal(() => stage.agent.reverse(method, '/recorder/v1/a', { fields: [`${name}: DELETE`], ...(method === 'POST' ? { body: '{}' } : {}) }))).toEqual(['header_refused', 0])
      }
    })
  }

  it('named with an underscore is refused, too', async () => {
    expect(await refusal(() => stage.agent.reverse('GET', '/recorder/v1/a', { fields: ['X_HTTP_Method_Override: DELETE'] }))).toEqual(['header_refused', 0])
  })

  for (const method of ['TRACE', 'TRACK', 'DEBUG', 'PROPFIND', 'get']) {
    it(`${method} reaches nobody`, async () => {
      const [code, sent] = await refusal(() => stage.agent.reverse(method, '/recorder/v1/a'))
      expect(code).toMatch(/method_refused|request_malformed/)
      expect(sent).toBe(0)
    })
  }

  it('a body on GET or HEAD is refused', async () => {
    expect(await refusal(() => stage.agent.reverse('GET', '/recorder/v1/a', { body: '{}' }))).toEqual(['body_refused', 0])
    expect((await refusal(() => stage.agent.reverse('HEAD', '/recorder/v1/a', { body: '{}' })))[1]).toBe(0)
  })

  it('HEAD needs what GET needs, and no more', async () => {
    expect((await stage.agent.reverse('HEAD', '/recorder/v1/a')).status).toBe(200)
    const before = stage.reached()
    expect((await stage.agent.reverse('HEAD', '/github/repos/other-org/secret/pulls/1')).status).toBe(403)
    expect(stage.reached()).toBe(before)
  })
})
