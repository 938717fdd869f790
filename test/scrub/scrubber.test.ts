import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { compileScrub } from '../../src/http/scrub/compiled-scrub.ts'
import { Secret } from '../../src/lib/secret.ts'
import { findCanaries } from '../support/canary.ts'
import { CAUGHT, DEFEATS } from './encodings.ts'
import { cutProblem, keptBack } from './scrub-invariants.ts'
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
          const problem = cutProblem(keptBack(secret), bytes, whole.bytes, halves.bytes)
          if (problem !== undefined || halves.hits !== whole.hits) expect.fail(`cut at ${at}: ${problem}, found ${halves.hits} times`)
        }
        const single = scrubbed(secret, [...bytes].map((byte) => Buffer.from([byte])))
        expect([cutProblem(keptBack(secret), bytes, whole.bytes, single.bytes), single.hits]).toEqual([undefined, whole.hits])
        expect(findCanaries([{ name: 'the answer', bytes: single.bytes }], [{ name: 'the secret', value: secret }])).toEqual([])
        expect(runsOfIt(keptBack(secret), bytes, whole.bytes, single.bytes)).toEqual([])
      })
    }
  })
}

/** What of the blotted places shows in an answer after all, anywhere, in runs of `length`. */
function runsOfIt(length: number, given: Buffer, whole: Buffer, shown: Buffer): string[] {
  const runs = [...given.keys()].filter((at) => at + length <= given.length && whole.subarray(at, at + length).every((byte) => byte === 0x2a)).map((at) => given.subarray(at, at + length))
  return runs.filter((run) => shown.includes(run) && !whole.includes(run)).map((run) => run.toString('latin1'))
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
    ['data: {"text":"gh"}\n\n', 0], ['ghs_16C7e42F292c6912E7710c838347Ae178B4', 39], ['x ghs_16C7', 8], ['x ghs_16C', 0], ['x g', 0], ['a b c %', 0], ['50 %67%68%', 0], ['50 %67%68%7', 8], ['x &#x67;h', 0],
    ['x &#x67;hs', 8], ['\\u0067h', 0], ['\\u0067hs', 8], ['\\u00', 0], ['Z2hzXzE', 0], ['Z2hzXzE2', 8], ['6768735', 0], ['6768735f', 8], ['ghs_16C7\n', 0], ['ghs_ghs_16C7', 8],
  ] as const) {
    it(`holds back ${held} bytes of ${JSON.stringify(tail)}, and lets them go with what follows`, () => {
      const scrubber = scrubberFor(secret)
      expect(scrubber.push(Buffer.from(tail)).toString()).toBe(tail.slice(0, tail.length - held))
      expect(scrubber.push(Buffer.from('  next')).toString()).toBe(`${tail.slice(tail.length - held)}  next`)
      expect(scrubber.end().length).toBe(0)
    })
  }

  it('passes what ends in any byte at all at once, and in the chunks behind it remembers what that was the beginning of', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const scrubber = scrubberFor(secret)
      expect(scrubber.push(Buffer.from([0x20, byte])).length).toBe(2)
      expect(scrubber.push(Buffer.from(`${secret} `)).toString()).toBe(`${'*'.repeat(secret.length)} `)
    }
    const scrubber = scrubberFor(secret)
    expect(scrubber.push(Buffer.from(secret.slice(0, 7))).toString()).toBe(secret.slice(0, 7))
    expect(scrubber.push(Buffer.from(secret.slice(7, 9))).length).toBe(0)
    expect(scrubber.push(Buffer.from(`${secret.slice(9)}.`)).toString()).toBe(`${'*'.repeat(secret.length - 7)}.`)
    expect(scrubber.hits).toBe(1)
  })

  it('keeps back at least half of the shortest secret that is looked for', () => {
    const scrubber = scrubberFor('hunter2!')
    const out = [...'my hunter2!'].map((character) => scrubber.push(Buffer.from(character)).toString())
    expect(out).toEqual(['m', 'y', ' ', 'h', 'u', 'n', '', '', '', '', '*****'])
    expect(scrubber.end().length).toBe(0)
  })

  it('begins anew after an end: what was passed before it begins nothing behind it', () => {
    const scrubber = scrubberFor(secret)
    expect([scrubber.push(Buffer.from(secret.slice(0, 7))).toString(), scrubber.end().length]).toEqual([secret.slice(0, 7), 0])
    expect(scrubber.push(Buffer.from(secret.slice(7))).toString()).toBe(secret.slice(7))
    expect([scrubber.push(Buffer.from(secret)).toString(), scrubber.end().length, scrubber.hits]).toEqual(['*'.repeat(secret.length), 0, 1])
  })

  it('is not confused by a reader that writes over what it was passed', () => {
    const scrubber = scrubberFor(secret)
    scrubber.push(Buffer.from(secret.slice(0, 7))).fill(0)
    expect(scrubber.push(Buffer.from(secret.slice(7))).toString()).toBe('*'.repeat(secret.length - 7))
  })

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
