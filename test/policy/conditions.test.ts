import { describe, expect, it } from 'vitest'
import { compileCondition, type Condition } from '../../src/policy/conditions.ts'
import { input, jsonBody, principal, request, operation, post } from './fixtures.ts'

function condition(text: string): Condition {
  const compiled = compileCondition(text)
  if ('evaluate' in compiled) return compiled
  throw new Error(compiled.map((problem) => problem.problem).join())
}

const BODY = jsonBody({ text: `${'a'.repeat(29)}b`, list: [1, 2, 3], count: 5, nested: { flag: true } })

const RESULTS: readonly [text: string, result: boolean | 'failed'][] = [
  ['size(body.text) < 4000', true],
  ['body.count == 5 && body.count < 6', true],
  ['body.nested.flag', true],
  ['body.text.matches("^(a+)+$")', false],
  ['body.text.matches("b$")', true],
  ['body.list.all(x, x > 0)', true],
  ['body.list.exists(x, x == 9)', false],
  ['body.list.filter(x, x > 1).size() == 2', true],
  ['has(body.toString)', false],
  ['has(body.constructor)', false],
  ['"toString" in body', false],
  ['body.__proto__ == 1', 'failed'],
  ['body.missing == 1', 'failed'],
  ['body.count', 'failed'],
  ['body.missing == 1 || body.count == 5', true],
  ['request.method == "GET" && request.host == "api.github.com" && request.port == 443', true],
  ['request.query["a"] == "b c"', true],
  ['request.query["none"] == "b"', 'failed'],
  ['request.path.startsWith("/repos/")', true],
  ['operation.access == "read" && operation.integration == "github"', true],
  ['"acme-corp/backend" in targets', true],
  ['agent.id == "agent:bot" && person.id == "user:alice@acme.com"', true],
  ['now >= timestamp("1970-01-01T00:00:01Z")', true],
  ['now.getHours("Europe/Berlin") == 1', true],
]

describe('compileCondition', () => {
  it.each(RESULTS)('%s is %s', (text, result) => {
    const given = input({ body: BODY, request: request({ path: '/repos/x', query: 'a=b%20c&z' }) })
    expect(condition(text).evaluate(given)).toBe(result)
  })

  it.each([
    ['1 +', 'Unexpected token'],
    ['foo == 1', 'Unknown variable: foo'],
    ['request.pth == "x"', 'No such key: pth'],
    ['request.method == 1', 'no such overload'],
    ['size(body)', 'the expression is of type int'],
    ['cel.bind(x, 1, x == 1)', 'the function `bind` is not available'],
    ['body.text.split(",").size() > 1', 'the function `split` is not available'],
    ['body.text.contains(body.other)', 'the argument of `contains` is not a literal text'],
    ['body.text.matches(body.pattern)', 'the argument of `matches` is not a literal text'],
    ['body.text.matches("(?=a)b")', 'not one that matches in linear time'],
    ['body.text.matches("(a)\\\\1")', 'not one that matches in linear time'],
    ['body.a.all(x, body.b.all(y, x == y))', 'an iteration inside an iteration'],
    [Array.from({ length: 200 }, () => 'true').join(' && '), 'not a valid condition'],
  ])('refuses %s at load', (text, problem) => {
    const compiled = compileCondition(text)
    expect('evaluate' in compiled ? 'accepted' : compiled.map((found) => found.problem).join('; ')).toContain(problem)
  })

  it('matches linearly what holds a backtracking matcher for ages', () => {
    const started = performance.now()
    const body = jsonBody({ text: `${'a'.repeat(200_000)}!` })
    expect(condition('body.text.matches("^(a+)+$")').evaluate(input({ body }))).toBe(false)
    expect(performance.now() - started).toBeLessThan(3000)
  })

  it('fails rather than iterate over a body for seconds', () => {
    const body = jsonBody({ list: Array.from({ length: 100_000 }, (_, index) => index) })
    expect(condition('body.list.all(x, x != 5)').evaluate(input({ body }))).toBe('failed')
    expect(condition('size(body.list) > 5').evaluate(input({ body }))).toBe(true)
  })

  it('fails where a variable cannot be told for sure', () => {
    expect(condition('!has(body.a)').evaluate(input({ body: undefined }))).toBe('failed')
    expect(condition('person.id != "user:bob"').evaluate(input({ principal: principal({ delegation: undefined }) }))).toBe('failed')
    expect(condition('size(targets) == 0').evaluate(input({ operation: post() }))).toBe('failed')
    expect(condition('size(targets) == 0').evaluate(input({ operation: operation('GET /user') }))).toBe(true)
  })

  it.each(['a=1&a=2', 'a=%zz', 'a=1&%61=2'])('fails on the query %s, which servers read in different ways', (query) => {
    expect(condition('request.query["a"] == "1"').evaluate(input({ request: request({ query }) }))).toBe('failed')
  })

  it('says whether it looks at the body', () => {
    expect(condition('has(body.a)').usesBody).toBe(true)
    expect(condition('request.path == "/body"').usesBody).toBe(false)
  })
})
