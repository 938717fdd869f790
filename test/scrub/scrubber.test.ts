import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { compileScrub } from '../../src/http/scrub/compiled-scrub.ts'
import { Secret } from '../../src/lib/secret.ts'
import { findCanaries } from '../support/canary.ts'
import { CAUGHT, DEFEATS } from './encodings.ts'
import { scrubberFor, scrubbed } from './scrubbing.ts'

const SECRETS: Readonly<Record<string, string>> = {
  'an opaque token': 'ghs_16C7e42F292c6912E7710c838347Ae178B4a',
  'a secret full of punctuation': 'p/q+r=s&t<u>"v\'w%x\\y;z~!@#$^*(){}[]|:,.?-_',
  'a password': 'hunter2!',
  'a JWT': `eyJhbGciOiJSUzI1NiJ9.${Buffer.from('{"iss":"https://example.test","sub":"somebody","exp":1790000000}').toString('base64url')}.${'Qx7-_z0'.repeat(16)}`,
}

for (const [kind, secret] of Object.entries(SECRETS)) {
  describe(`the scrub of ${kind}`, () => {
    for (const { name, encode } of CAUGHT) {
      it(`finds it: ${name}; at the same length, wherever the chunks end`, () => {
        const bytes = Buffer.concat([Buffer.from('{"before":1} '), Buffer.from(encode(secret)), Buffer.from(' {"after":2}\n')])
        const whole = scrubbed(secret, [bytes])
        expect(findCanaries([{ name: 'the answer', bytes: whole.bytes }], [{ name: 'the secret', value: secret }])).toEqual([])
        expect(whole.hits).toBeGreaterThan(0)
        expect(whole.bytes.length).toBe(bytes.length)
        expect(whole.bytes.toString('latin1')).toMatch(/^\{"before":1\} .*\*{4}.* \{"after":2\}\n$/s)
        for (let at = 1; at < bytes.length; at += secret.length > 100 ? 7 : 1) {
          const halves = scrubbed(secret, [bytes.subarray(0, at), bytes.subarray(at)])
          if (!halves.bytes.equals(whole.bytes) || halves.hits !== whole.hits) expect.fail(`cut at ${at} it comes out otherwise`)
        }
        expect(scrubbed(secret, [...bytes].map((byte) => Buffer.from([byte]))).bytes.equals(whole.bytes)).toBe(true)
      })
    }
  })
}

describe('what defeats the scrub', () => {
  const secret = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a'
  for (const { name, encode } of DEFEATS) {
    it(`passes: ${name}; byte for byte`, () => {
      const bytes = Buffer.from(encode(secret))
      const { bytes: out, hits } = scrubbed(secret, [bytes])
      expect(out.equals(bytes)).toBe(true)
      expect(hits).toBe(0)
    })
  }
})

describe('a scrubber', () => {
  const secret = 'ghs_16C7e42F292c6912E7710c838347Ae178B4a'

  it('passes a clean chunk on as it is: the same object', () => {
    const chunk = Buffer.from('data: {"a": "100%25", "b": "ghs_16C7 and \\u0067hs"}\n\n')
    expect(scrubberFor(secret).push(chunk)).toBe(chunk)
  })

  for (const [tail, held] of [
    ['data: {"text":"gh"}\n\n', 0], ['ghs_16C7e42F292c6912E7710c838347Ae178B4', 39], ['x gh', 2], ['x g', 1], ['x gx', 0], ['a b c %', 1], ['50 %2', 2], ['50 %20', 0], ['x %6', 2], ['x &#10', 4],
    ['\\u00', 4], ['\\u004', 0], ['Z2hz', 4], ['ghs_\n', 0],
  ] as const) {
    it(`holds back ${held} bytes of ${JSON.stringify(tail)}, and lets them go with what follows`, () => {
      const scrubber = scrubberFor(secret)
      expect(scrubber.push(Buffer.from(tail)).toString()).toBe(tail.slice(0, tail.length - held))
      expect(scrubber.push(Buffer.from('  next')).toString()).toBe(`${tail.slice(tail.length - held)}  next`)
      expect(scrubber.end().length).toBe(0)
    })
  }

  it('lets go at the end of what never went on', () => {
    const scrubber = scrubberFor(secret)
    expect(scrubber.push(Buffer.from('ghs_16C7 then ghs_16C7e42')).toString()).toBe('ghs_16C7 then ')
    expect(scrubber.end().toString()).toBe('ghs_16C7e42')
    expect(scrubber.hits).toBe(0)
  })

  it('finds one at the very end of which the last byte could have been an escape', () => {
    expect(scrubbed('abcdefgh=', [Buffer.from('x %61bcdefgh=')])).toEqual({ bytes: Buffer.from('x ***********'), hits: 1 })
  })

  it('never holds more than one spelling of the secret', () => {
    const scrubber = scrubberFor(secret)
    let [sent, passed] = [0, 0]
    for (const piece of `${'\\\\u0067'.repeat(500)}${'&#x67;'.repeat(500)}`) {
      sent += 1
      passed += scrubber.push(Buffer.from(piece)).length
      expect(sent - passed).toBeLessThanOrEqual(secret.length * 7)
    }
  })

  it('scrubs names and values of fields, and leaves a clean list the same object', () => {
    const clean = ['Content-Type', 'application/json', 'Link', `<https://example.test/${'a'.repeat(200)}>`]
    const scrubber = scrubberFor(secret)
    expect(scrubber.fields(clean)).toBe(clean)
    expect(scrubber.fields(['Location', `/?t=${secret}&x`, `x-${secret}`, '1', 'Authorization', `Basic ${Buffer.from(`a:${secret}`).toString('base64')}`])).toEqual(
      ['Location', `/?t=${'*'.repeat(secret.length)}&x`, `x-${'*'.repeat(secret.length)}`, '1', 'Authorization', expect.stringMatching(/^Basic YTpn?\*{50,}[A-Za-z0-9+/=]*$/)])
    expect(scrubber.hits).toBe(3)
  })

  it('does not look for secrets of less than eight bytes', () => {
    expect(compileScrub(new Secret('hunter2'))).toBeUndefined()
    expect(compileScrub(new Secret('hunter2!'))).toBeDefined()
  })

  it('shows nothing of the secret when it is printed', () => {
    const shown = inspect({ scrub: compileScrub(new Secret(secret)), scrubber: scrubberFor(secret) }, { depth: 9, showHidden: true }) + JSON.stringify(compileScrub(new Secret(secret)))
    expect(findCanaries([{ name: 'inspect', bytes: shown }], [{ name: 'the secret', value: secret }])).toEqual([])
    expect(shown).toContain('CompiledScrub')
  })

  it('compiles to a table of which most is empty, for long secrets too', () => {
    for (const value of Object.values(SECRETS)) expect(compileScrub(new Secret(value))?.fill).toBeLessThan(0.12)
  })
})
