import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { sdkReference } from '../../scripts/sdk-docs.ts'
import {
  createPostern, isPosternError, type ConsentRequiredError, type Credential, type ErrorOf, type IntegrationName, type LoginOptions, type PolicyDeniedError, type Postern,
  type PosternError, type RequireOptions, type TokenExpiredError,
} from '../../src/sdk/index.ts'
import { root } from '../house/source-tree.ts'

const run = promisify(execFile)
const entry = JSON.stringify(join(root, 'src', 'sdk', 'index.ts'))

/** What a fresh process has loaded after some code: every file that is no module of Node's own. */
async function loadedBy(code: string): Promise<readonly string[]> {
  const hook = "import { registerHooks } from 'node:module'; const seen = []; registerHooks({ load(url, context, next) { seen.push(url); return next(url, context) } });"
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', `${hook} const sdk = await import(${entry}); ${code}; console.log(JSON.stringify(seen))`])
  return (JSON.parse(stdout) as string[]).filter((url) => !url.startsWith('node:'))
}

describe('importing postern/sdk', () => {
  it('loads no package, and nothing of ours but its own files; undici only with a fetch that is used', async () => {
    const light = await loadedBy("sdk.createPostern({ authorityUrl: 'https://postern.acme.com', clientId: 'x' }); sdk.createProxyFetch({ proxyUrl: 'http://127.0.0.1:1' })")
    expect(light.filter((url) => !url.includes('/src/sdk/'))).toEqual([])
    expect(light.length).toBeGreaterThan(20)
    expect(light.length).toBeLessThan(60)
    const heavy = await loadedBy("await sdk.createProxyFetch({ proxyUrl: 'http://127.0.0.1:1' })('http://x.test/').catch(() => undefined)")
    expect(heavy.some((url) => url.includes('/node_modules/undici/'))).toBe(true)
    expect(heavy.every((url) => url.includes('/src/sdk/') || url.includes('/node_modules/undici/'))).toBe(true)
  })
})

describe('the reference', () => {
  it('is what the docstrings say: npm run docs:sdk', () => {
    expect(readFileSync(join(root, 'docs', 'sdk', 'reference.md'), 'utf8')).toBe(sdkReference())
  })

  it('has no two entries under one anchor', () => {
    const headings = [...sdkReference().matchAll(/^### (.+)$/gm)].map(([, name]) => name?.toLowerCase())
    expect(headings.length).toBeGreaterThan(40)
    expect(new Set(headings).size).toBe(headings.length)
  })
})

describe('the types', () => {
  // Checked by the compiler: what is wrong here does not pass `npm run typecheck`.
  it('follow the delivery that was asked for', () => {
    const asking = (postern: Postern) => ({
      proxied: () => postern.require('github', 'token'),
      told: () => postern.require('github', 'token', { delivery: 'proxied', scope: ['pulls:read'] }),
      released: () => postern.require('our-own-api', () => Promise.resolve('token'), { delivery: 'released', target: 'a/b' }),
      either: (delivery: 'proxied' | 'released') => postern.require('github', 'token', { delivery }),
    })
    type Asking = ReturnType<typeof asking>
    expectTypeOf<Awaited<ReturnType<Asking['proxied']>>>().toEqualTypeOf<Credential<'proxied'>>()
    expectTypeOf<Awaited<ReturnType<Asking['told']>>['expiresIn']>().toEqualTypeOf<number>()
    expectTypeOf<Awaited<ReturnType<Asking['released']>>['expiresAt']>().toEqualTypeOf<Date | undefined>()
    expectTypeOf<Awaited<ReturnType<Asking['either']>>['delivery']>().toEqualTypeOf<'proxied' | 'released'>()
    expectTypeOf<{ delivery: 'leaked' }>().not.toExtend<RequireOptions<'released'>>()
    expect(typeof createPostern).toBe('function')
  })

  it('suggest the integrations that are known, and take any other', () => {
    expectTypeOf<'github'>().toExtend<IntegrationName>()
    expectTypeOf<string>().toExtend<IntegrationName>()
    expectTypeOf<number>().not.toExtend<IntegrationName>()
    expectTypeOf<string>().not.toEqualTypeOf<IntegrationName>()
    expect(isPosternError('github')).toBe(false)
  })

  it('know an error’s own fields by its code', () => {
    const told = (error: unknown): string | undefined => {
      if (isPosternError(error, 'consent_required')) {
        expectTypeOf(error).toExtend<ConsentRequiredError>()
        expectTypeOf(error.code).toEqualTypeOf<'consent_required'>()
        return error.consentUrl
      }
      if (isPosternError(error)) expectTypeOf(error).toEqualTypeOf<PosternError>()
      return undefined
    }
    expectTypeOf<ErrorOf<'policy_denied'>>().toEqualTypeOf<PolicyDeniedError>()
    expectTypeOf<ErrorOf<'token_expired'>>().toEqualTypeOf<TokenExpiredError>()
    expect(told(new Error('x'))).toBeUndefined()
  })

  it('want a way to show the page, or the code', () => {
    type Common = { readonly authorityUrl: string; readonly clientId: string; readonly scope: string }
    expectTypeOf<Common>().not.toExtend<LoginOptions>()
    expectTypeOf<Common & { flow: 'device' }>().not.toExtend<LoginOptions>()
    expectTypeOf<Common & { openUrl: (url: string) => void }>().toExtend<LoginOptions>()
    expectTypeOf<Common & { flow: 'device'; onUserCode: () => void }>().toExtend<LoginOptions>()
    expect(typeof isPosternError).toBe('function')
  })
})
