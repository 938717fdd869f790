import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startStage, type Stage } from '../support/stage.ts'

let stage: Stage
beforeAll(async () => { stage = await startStage() })
afterAll(() => stage.close())

/** Ways to say `/repos/acme-corp/prod-payments/…` or `/admin` to one server and something allowed to another. */
const CONFUSING = [
  '/repos/acme-corp/backend/../prod-payments/pulls/3', '/repos/acme-corp/backend/%2e%2e/prod-payments/pulls/3', '/repos/acme-corp/backend/.%2e/prod-payments/pulls/3',
  '/repos/acme-corp/backend/..%2fprod-payments/pulls/3', '/repos/acme-corp/backend/%2e%2e%2fprod-payments/pulls/3', '/repos/acme-corp/backend/..%5cprod-payments/pulls/3',
  '/repos/acme-corp/backend\\..\\prod-payments/pulls/3', '/repos/acme-corp/backend/..;/prod-payments/pulls/3', '/repos/acme-corp//backend/pulls/42', '//repos/acme-corp/backend/pulls/42',
  '/repos/acme-corp/./backend/pulls/42', '/repos/acme-corp/backend/pulls/42#/../3', '/repos/acme-corp/backend%2fpulls/42', '/repos/acme-corp%2Fbackend/pulls/42', '/repos/acme-corp/%62ackend/pulls/42',
  '/repos/acme-corp/backend%00/pulls/42', '/repos/acme-corp/backend%0d%0aX:y/pulls/42', '/repos/acme-corp/backend/%252e%252e/pulls/42', '/repos/acme-corp/backend/pulls/42%20/..', '/repos/acme-corp/b%C3%A0ckend/pulls/42',
  '/%72epos/acme-corp/backend/pulls/42', '/repos/acme-corp/backend/pulls/4%32', '/repos/acme-corp/backend/pulls/%c0%ae%c0%ae/42', '/repos/acme-corp/backend/pulls/42/', '/repos/acme-corp/backend/pulls/42;a=b',
]

describe('a path that servers read in different ways', () => {
  for (const path of CONFUSING) {
    it(`${path} reaches no upstream, by any door`, async () => {
      const before = stage.reached()
      const tunnel = await stage.agent.tunnel('api.github.com')
      const inside = await tunnel.ask(`GET ${path} HTTP/1.1\r\nHost: api.github.com\r\nUser-Agent: t\r\n\r\n`)
      tunnel.close()
      for (const answer of [inside, await stage.agent.reverse('GET', `/github${path}`), await stage.agent.absolute('GET', `https://api.github.com${path}`)]) {
        expect([400, 403, 404]).toContain(answer.status)
        expect(answer.code).toMatch(/^(?:path_refused|operation_unknown|integration_unknown|request_malformed)$/)
      }
      expect(stage.reached()).toBe(before)
    })
  }
})

describe('an encoded slash or percent sign', () => {
  it('stands where the catalogue marks a parameter as opaque, and goes out as it came', async () => {
    for (const path of ['/repos/acme-corp/backend/contents/src%2Findex.ts', '/repos/acme-corp/backend/contents/docs/100%25%20done/%C3%BCber%20uns.md']) {
      expect((await stage.agent.call('GET', `https://api.github.com${path}`)).status).toBe(200)
      expect(stage.world.upstreams.github.log.last?.rawTarget).toBe(path)
    }
  })

  for (const path of ['contents/src%2F..%2Findex.ts', 'contents/%2e%2e%2Fsecret', 'contents/a%252f..%252fb', 'contents/a%5Cb', 'contents/a%2500', 'contents/..%252Fprod', 'contents/%2F%2Fevil']) {
    it(`${path} is refused all the same: decoded again and again it is a way out`, async () => {
      const before = stage.reached()
      expect((await stage.agent.reverse('GET', `/github/repos/acme-corp/backend/${path}`)).code).toMatch(/path_refused|operation_unknown/)
      expect(stage.reached()).toBe(before)
    })
  }
})
