import * as fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { MAX_INSPECTED_BYTES, parseBody } from '../../src/http/body-parse.ts'
import { credentialInBody, credentialInQuery } from '../../src/http/client-credential.ts'
import { parseStrictJson } from '../../src/http/strict-json.ts'
import { isDenial } from '../../src/model/denial.ts'

const JSON_TYPE = ['Content-Type', 'application/json']
const FORM_TYPE = ['Content-Type', 'application/x-www-form-urlencoded']
const parse = (headers: readonly string[], body: string | Buffer): ReturnType<typeof parseBody> => parseBody({ headers }, Buffer.from(body as string))
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('bodies that are judged', () => {
  for (const [name, headers, body, format, value] of [
    ['an object', JSON_TYPE, '{"a":{"b":[1,2.5e3,null,true,"\\u0061"]}}', 'json', { a: { b: [1, 2500, null, true, 'a'] } }],
    ['the same name in two objects', JSON_TYPE, '[{"a":1},{"a":2}]', 'json', [{ a: 1 }, { a: 2 }]],
    ['a name that is a value elsewhere', JSON_TYPE, '{"a":"b","b":"a"}', 'json', { a: 'b', b: 'a' }],
    ['braces and quotes inside strings', JSON_TYPE, '{"a":"{\\"a\\":1,\\\\","b":"}"}', 'json', { a: '{"a":1,\\', b: '}' }],
    ['a type of its own with +json', ['content-type', 'application/vnd.github+json; charset=utf-8'], '1', 'json', 1],
    ['32 levels', JSON_TYPE, nested(32), 'json', JSON.parse(nested(32))],
    ['nothing at all', [], '', 'empty', {}],
    ['a form', FORM_TYPE, 'a=1&b=x+y%2Bz&c=&d', 'form', { a: '1', b: 'x y+z', c: '', d: '' }],
    ['UTF-8 in a form', FORM_TYPE, 'a=%E6%97%A5', 'form', { a: '日' }],
    ['identity coding', [...JSON_TYPE, 'Content-Encoding', 'identity'], '{}', 'json', {}],
  ] as const) {
    it(`${name}: parsed, and the bytes are those that came`, () => {
      expect(parse(headers, body)).toEqual({ bytes: Buffer.from(body), format, value })
    })
  }

  for (const [name, headers, body, detail] of [
    ['a name twice', JSON_TYPE, '{"a":1,"a":2}', /each name once/],
    ['a name twice by escapes', JSON_TYPE, '{"a":1,"\\u0061":2}', /each name once/],
    ['a name twice, deep and after white space', JSON_TYPE, '[{"x":{"b" \n:1, "b"\t: 2}}]', /each name once/],
    ['an empty name twice', JSON_TYPE, '{"":1,"":2}', /each name once/],
    ['__proto__', JSON_TYPE, '{"__proto__":{"admin":true}}', /each name once/],
    ['__proto__ by escapes', JSON_TYPE, '{"__pr\\u006fto__":1}', /each name once/],
    ['33 levels', JSON_TYPE, nested(33), /32 levels/],
    ['a comma too many', JSON_TYPE, '[1,]', /not JSON/],
    ['two documents', JSON_TYPE, '{}{}', /not JSON/],
    ['a comment', JSON_TYPE, '{} // x', /not JSON/],
    ['NaN', JSON_TYPE, 'NaN', /not JSON/],
    ['single quotes', JSON_TYPE, "{'a':1}", /not JSON/],
    ['an open string', JSON_TYPE, '{"a', /not JSON/],
    ['an open object', JSON_TYPE, '{"a":1', /not JSON/],
    ['a byte order mark', JSON_TYPE, '\ufeff{}', /byte order mark/],
    ['Latin-1', JSON_TYPE, Buffer.from([0x22, 0xe9, 0x22]), /not UTF-8/],
    ['UTF-16', JSON_TYPE, Buffer.from('{}', 'utf16le'), /not JSON/],
    ['an overlong quote', JSON_TYPE, Buffer.from([0x22, 0xc0, 0xa2, 0x22]), /not UTF-8/],
    ['another charset', ['Content-Type', 'application/json; charset=utf-7'], '{}', /charset/],
    ['no content type', [], '{}', /without a content type/],
    ['text', ['Content-Type', 'text/plain'], '{}', /cannot be judged/],
    ['a multipart', ['Content-Type', 'multipart/form-data; boundary=a'], '--a--', /cannot be judged/],
    ['gzip', [...JSON_TYPE, 'content-encoding', 'gzip'], '{}', /content coding/],
    ['a form name twice', FORM_TYPE, 'a=1&a=2', /each name once/],
    ['a form name twice by escapes', FORM_TYPE, 'a=1&%61=2', /each name once/],
    ['a broken escape in a form', FORM_TYPE, 'a=%zz', /not a form/],
    ['an escape that is no UTF-8 in a form', FORM_TYPE, 'a=%ff', /not a form/],
    ['a semicolon in a form', FORM_TYPE, 'a=1;b=2', /not a form/],
    ['a raw space in a form', FORM_TYPE, 'a=1 2', /not a form/],
    ['__proto__ in a form', FORM_TYPE, '__proto__=1', /not a form/],
    ['JSON that is sent as a form', FORM_TYPE, '{"state":"closed"}', /reads as JSON/],
    ['JSON that is sent as a form, after white space', FORM_TYPE, ' \r\n[{"state":"closed"}]', /reads as JSON/],
    ['an empty name in a form', FORM_TYPE, '=1', /not a form/],
    ['too many fields', FORM_TYPE, Array.from({ length: 1_001 }, (_, at) => `f${at}=`).join('&'), /not a form/],
  ] as const) {
    it(`${name}: refused`, () => {
      const result = parse(headers, body)
      expect(isDenial(result) && result.denial).toBe('body_refused')
      expect(isDenial(result) && result.detail).toMatch(detail)
    })
  }

  it('over one MiB: too large', () => expect(parse(JSON_TYPE, ' '.repeat(MAX_INSPECTED_BYTES + 1))).toMatchObject({ denial: 'body_too_large' }))

  it('is JSON.parse wherever it takes a text, and takes what JSON.stringify makes: property', () => {
    fc.assert(fc.property(fc.oneof(fc.json({ maxDepth: 6 }), fc.string({ unit: 'binary', maxLength: 30 })), (text) => {
      const strict = parseStrictJson(text)
      return strict === undefined || isDeepStrictEqual(strict.value, JSON.parse(text))
    }), { numRuns: 500 })
    fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value)
      expect(parseStrictJson(text) === undefined).toBe(text.includes('"__proto__":'))
    }))
  })

  it('finds a name given twice wherever it stands: property', () => {
    const value = fc.json({ maxDepth: 2 })
    fc.assert(fc.property(fc.uniqueArray(fc.tuple(fc.string({ maxLength: 4 }), value), { minLength: 1, maxLength: 6 }), fc.nat(), value, (members, at, other) => {
      const name = members[at % members.length]?.[0] ?? ''
      const text = `{${[...members, [name, other] as const].map(([one, its]) => `${JSON.stringify(one)}:${its}`).join(',')}}`
      expect(parseStrictJson(text)).toBeUndefined()
    }))
  })

  it('takes time in proportion to the text', () => {
    const started = process.hrtime.bigint()
    for (const text of ['"'.repeat(1e6), `{${'"a":'.repeat(2e5)}`, `[${'" " '.repeat(2e5)}]`, `{${Array.from({ length: 5e4 }, (_, at) => `"k${at}":1`).join(',')}}`, `"${'\\'.repeat(1e6)}"`]) parseStrictJson(text)
    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(2_000)
  })
})

describe('credentials of the client’s own', () => {
  const names = ['token', 'access_token']
  for (const query of ['token=x', 'a=b&token=x', 'TOKEN=x', '%74oken=x', '%2574oken=x', '%252574oken', 'token', 'a;token=x', 'a=b;token=x', 'token[]=x', 'token[0]=x', 'token%5B%5D=x', '+token=x', '%20token%20=x', 'token.x=1', 'token%00=1', 'Access_Token=x']) {
    it(`are found in ?${query}`, () => expect(credentialInQuery(query, names)).toBeDefined())
  }
  for (const query of [undefined, '', 'a=token', 'tokens=1', 'next_token=1', 'a=b', 'x_token=1', '%']) it(`are not found in ?${query}`, () => expect(credentialInQuery(query, names)).toBeUndefined())

  it('are found among the top-level names of a body', () => {
    const body = (headers: readonly string[], text: string): string | undefined => {
      const parsed = parse(headers, text)
      if (isDenial(parsed)) throw new Error(parsed.detail)
      return credentialInBody(parsed, names)
    }
    expect(body(JSON_TYPE, '{"a":1,"Token":"x"}')).toBe('token')
    expect(body(JSON_TYPE, '{"\\u0074oken":"x"}')).toBe('token')
    expect(body(JSON_TYPE, '{"a":{"token":"x"},"b":"token"}')).toBeUndefined()
    expect(body(JSON_TYPE, '["token"]')).toBeUndefined()
    expect(body(FORM_TYPE, 'a=1&%74oken=x')).toBe('token')
    expect(body(FORM_TYPE, 'a=token')).toBeUndefined()
    expect(body([], '')).toBeUndefined()
  })
})
