import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { formatProblem, SourceError } from '../../src/lib/source-position.ts'
import { parseYamlFile, type YamlDocument } from '../../src/lib/yaml-document.ts'
import { parseYamlText } from '../../src/lib/yaml-document-parse.ts'
import { problemsFromZod } from '../../src/lib/yaml-document-problems.ts'
import { nearestName } from '../../src/lib/nearest-name.ts'

async function problemsIn(text: string, options: { maxBytes?: number, deadlineMs?: number } = {}): Promise<string[]> {
  try {
    await parseYamlFile({ file: 'f.yaml', text, ...options })
  } catch (error) {
    if (error instanceof SourceError) return error.problems.map(formatProblem)
    throw error
  }
  return []
}

async function one(text: string): Promise<YamlDocument> {
  const [document] = await parseYamlFile({ file: 'f.yaml', text })
  if (document === undefined) throw new Error('no document')
  return document
}

const REFUSED: readonly [name: string, text: string, problem: string][] = [
  ['an anchor and an alias', 'a: &x 1\nb: *x\n', 'f.yaml:1:7: a: an anchor is not accepted'],
  ['an alias', 'a: &x 1\nb: *x\n', 'f.yaml:2:4: b: an alias is not accepted'],
  ['an anchor on a key', '&a k: v', 'f.yaml:1:4: an anchor is not accepted'],
  ['a known tag', 'a: !!str 1', 'a: a tag is not accepted'],
  ['an unknown tag', 'a: !foo 1', 'f.yaml:1:4: not valid YAML: Unresolved tag: !foo; expected: no tag'],
  ['a tag on a mapping', '!!set {a}', 'a tag is not accepted'],
  ['a merge key', 'x:\n  <<: {a: 1}', 'f.yaml:2:3: x: a merge key is not accepted'],
  ['a duplicate key', 'a: 1\nb: 2\na: 3', 'f.yaml:3:1: a: the key stands here twice'],
  ['a duplicate key in another spelling', 'a: 1\n"a": 3', 'f.yaml:2:1: a: the key stands here twice'],
  ['a tab as indentation', 'a:\n\tb: 1', 'expected: spaces for indentation'],
  ['a number as key', 'a: 1\n7: b', 'f.yaml:2:1: a key is not text'],
  ['null as key', 'null: b', 'f.yaml:1:1: a key is not text'],
  ['a list as key', '? [a]\n: b', 'a key is not text'],
  ['__proto__ as key', 'a: {__proto__: {b: 1}}', 'f.yaml:1:5: a: the key `__proto__` is not accepted'],
  ['a %YAML directive', '%YAML 1.1\n---\na: yes', 'a %YAML directive is not accepted'],
  ['a text that is too deep', `${'['.repeat(40)}${']'.repeat(40)}`, 'nested deeper than 32 levels'],
  ['an unclosed mapping', 'a: {b: 1', 'f.yaml:1:9: not valid YAML'],
  ['a problem in the second document', 'a: 1\n---\nb: 1\nb: 2', 'f.yaml:4:1: b: the key stands here twice'],
]

describe('parseYamlFile', () => {
  it.each(REFUSED)('refuses %s with its place', async (_name, text, problem) => {
    expect((await problemsIn(text)).join('\n')).toContain(problem)
  })

  it('reports every problem, not just the first', async () => {
    expect(await problemsIn('a: &x 1\nb: 2\nb: 3\n5: 1')).toHaveLength(3)
  })

  it('gives plain values for every document, with the place of keys and values', async () => {
    const documents = await parseYamlFile({ file: 'f.yaml', text: '# c\na: 1\nb: [x, {c: d}]\n---\n- yes\n- ~\n---\n' })
    expect(documents.map((document) => document.value)).toEqual([{ a: 1, b: ['x', { c: 'd' }] }, ['yes', null], null])
    expect(documents[0]?.positionOf(['b', 1, 'c'], 'value')).toEqual({ file: 'f.yaml', line: 3, column: 12 })
    expect(documents[0]?.positionOf(['b', 1, 'c'], 'key')).toEqual({ file: 'f.yaml', line: 3, column: 9 })
    expect(documents[1]?.positionOf([1], 'value')).toEqual({ file: 'f.yaml', line: 6, column: 3 })
  })

  it('names the enclosing key for what is not in the file', async () => {
    const document = await one('a:\n  b: 1\n')
    expect(document.positionOf(['a', 'missing', 'deeper'], 'value')).toEqual({ file: 'f.yaml', line: 1, column: 1 })
  })

  it('gives no document for an empty file', async () => {
    expect(await parseYamlFile({ file: 'f.yaml', text: '' })).toEqual([])
  })

  it('refuses a file over the bound without parsing it', async () => {
    expect(await problemsIn('a: 12345', { maxBytes: 5 })).toEqual([
      'f.yaml:1:1: the file is larger than 5 bytes; expected: a smaller file, or several',
    ])
  })

  it('ends parsing at the deadline and leaves the event loop free meanwhile', async () => {
    let turns = 0
    const ticking = setInterval(() => { turns += 1 }, 1)
    const text = Array.from({ length: 20_000 }, (_, index) => `k${index}: {a: [1, 2]}`).join('\n').slice(0, 262_000)
    const problems = await problemsIn(text, { deadlineMs: 5 }).finally(() => clearInterval(ticking))
    expect(problems).toEqual(['f.yaml:1:1: parsing took longer than 5 ms; expected: a simpler file'])
    expect(turns).toBeGreaterThan(1)
  })

  it('parses 20,000 unique keys in time that grows with their number only', async () => {
    const text = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n')
    expect(Object.keys((await one(text)).value as object)).toHaveLength(20_000)
  })

  it('survives nesting that overflows the parser', async () => {
    expect((await problemsIn('['.repeat(60_000))).length).toBeGreaterThan(0)
  })

  it('reads back any plain value written as JSON', () => {
    const key = fc.string().filter((text) => text !== '__proto__' && text !== '<<')
    const value = fc.letrec((tie) => ({
      node: fc.oneof({ depthSize: 'small' }, fc.string(), fc.integer(), fc.boolean(), fc.constant(null), tie('list'), tie('map')),
      list: fc.array(tie('node'), { maxLength: 4 }),
      map: fc.dictionary(key, tie('node'), { maxKeys: 4, noNullPrototype: true }),
    })).node
    fc.assert(fc.property(value, (written) => {
      const parsed = parseYamlText(JSON.stringify(written))
      expect(parsed.problems).toEqual([])
      expect(parsed.documents[0]?.value).toEqual(written)
    }), { numRuns: 150 })
  })
})

const Duration = z.string().regex(/^\d+s$/).describe('a duration such as `30s`')
const Schema = z.strictObject({
  name: z.string(),
  ttl: Duration.optional(),
  list: z.array(z.strictObject({ id: z.string() })).default([]),
  kind: z.record(z.string(), z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('github'), origin: z.string() }), z.strictObject({ type: z.literal('slack') }),
  ])).optional(),
  secret: z.union([z.strictObject({ env: z.string() }), z.strictObject({ file: z.string() })]).optional(),
  count: z.number().int().max(5).optional(),
  one: z.enum(['a', 'b']).optional(),
  own: z.string().superRefine((_, context) => context.addIssue({ code: 'custom', message: 'is odd', params: { expected: 'an even one' } })).optional(),
})

const ZOD: readonly [text: string, problem: string][] = [
  ['nam: x', 'f.yaml:1:1: nam: the key `nam` is not known here; expected: `name`'],
  ['nam: x', 'f.yaml:1:1: name: the key is missing; expected: a text'],
  ['name: 1', 'f.yaml:1:7: name: the value is of the wrong kind; expected: a text'],
  ['name: x\nttl: 5x', 'f.yaml:2:6: ttl: the text is not of the form accepted here; expected: a duration such as `30s`'],
  ['name: x\nlist:\n  - {idd: 3}', 'f.yaml:3:6: list[0].idd: the key `idd` is not known here; expected: `id`'],
  ['name: x\nkind:\n  g: {type: github, orgin: y}', 'f.yaml:3:21: kind.g.orgin: the key `orgin` is not known here; expected: `origin`'],
  ['name: x\nkind:\n  g: {type: slak}', 'f.yaml:3:13: kind.g.type: the value is not one of those accepted; expected: one of `github`, `slack`'],
  ['name: x\nsecret: {fil: y}', 'f.yaml:2:10: secret.fil: the key `fil` is not known here; expected: `file`'],
  ['name: x\nsecret: 5', 'f.yaml:2:9: secret: the value is not one of those accepted; expected: a mapping'],
  ['name: x\ncount: 9', 'f.yaml:2:8: count: the value is too large or too long; expected: at most 5'],
  ['name: x\none: c', 'f.yaml:2:6: one: the value is not one of those accepted; expected: one of `a`, `b`'],
  ['name: x\nown: c', 'f.yaml:2:6: own: is odd; expected: an even one'],
  ['- x', 'f.yaml:1:1: the value is of the wrong kind; expected: a mapping'],
]

describe('problemsFromZod', () => {
  it.each(ZOD)('tells place, problem and what would be right for %j', async (text, problem) => {
    const document = await one(text)
    const result = Schema.safeParse(document.value)
    expect(result.success).toBe(false)
    expect(problemsFromZod(result.error?.issues ?? [], document, Schema).map(formatProblem)).toContain(problem)
  })
})

describe('nearestName', () => {
  it.each([
    ['orgin', 'origin'], ['origni', 'origin'], ['SCOPES', 'scopes'], ['x', undefined], ['completely', undefined],
  ])('%s -> %s', (text, nearest) => {
    expect(nearestName(text, ['origin', 'scopes', 'target'])).toBe(nearest)
  })
})
