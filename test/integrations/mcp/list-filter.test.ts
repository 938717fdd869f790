import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mcpListFilter } from '../../../src/integrations/mcp/list-filter.ts'
import { mcpOperations } from '../../../src/integrations/mcp/operations.ts'

const allowed = new Set(['tools/call review_pr', 'prompts/get', 'resources/read'])
const filter = mcpListFilter(mcpOperations('mcp', []), ({ name, targets }) => allowed.has(name) && targets.kind === 'named')
const shown = (message: unknown): unknown => {
  const text = filter.document(JSON.stringify(message))
  return text === undefined ? undefined : JSON.parse(text)
}
const answer = (result: unknown): object => ({ jsonrpc: '2.0', id: 1, result })

describe('the filter of lists', () => {
  it.each<[string, object, object]>([
    ['tools that could not be called', { tools: [{ name: 'review_pr' }, { name: 'other' }], nextCursor: 'x' }, { tools: [{ name: 'review_pr' }], nextCursor: 'x' }],
    ['entries that are none', { tools: [null, 'review_pr', {}, { name: 7 }, { name: 'a b' }, { name: 'review_pr', _meta: {} }] }, { tools: [{ name: 'review_pr', _meta: {} }] }],
    ['resources whose URI cannot be told', { resources: [{ uri: 'file:///a' }, { uri: 'file:///a/../b' }] }, { resources: [{ uri: 'file:///a' }] }],
    ['prompts of strange names', { prompts: [{ name: 'ok' }, { name: 'ö' }] }, { prompts: [{ name: 'ok' }] }],
  ])('takes out %s, and leaves the rest as it was', (_what, result, left) => {
    expect(shown(answer(result))).toEqual(answer(left))
  })

  it('looks into each message of an array, as older servers answer', () => {
    expect(shown([answer({ tools: [{ name: 'other' }] })])).toEqual([answer({ tools: [] })])
  })

  it.each([
    ['a notification', { jsonrpc: '2.0', method: 'notifications/tools/list_changed' }],
    ['a question of the server’s', { jsonrpc: '2.0', id: 1, method: 'sampling/createMessage', params: { tools: [{ name: 'other' }] } }],
    ['an error', { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'no' } }],
    ['a result without a list', answer({ content: [] })],
  ])('passes %s as it came, byte for byte', (_what, message) => {
    const text = JSON.stringify(message, null, 1)
    expect(filter.document(text)).toBe(text)
  })

  it.each(['', 'nothing', '7', '{"a":1,"a":2}', '[[]]', '{"result":{"tools":{}}}', '{"result":{"resources":"all"}}'])('does not pass what it cannot judge: %s', (text) => {
    expect(filter.document(text)).toBeUndefined()
  })

  it('judges no more entries than a list of that size could have, and passes nothing of a longer one', () => {
    const list = (length: number): unknown => shown(answer({ tools: Array.from({ length }, () => ({ name: 'review_pr' })) }))
    expect(list(4096)).toMatchObject({ result: { tools: { length: 4096 } } })
    expect(list(4097)).toBeUndefined()
    const half = Array.from({ length: 2049 }, () => ({ name: 'review_pr' }))
    expect(shown([answer({ tools: half }), answer({ prompts: half })]), 'in one document, whatever the list').toBeUndefined()
  })

  it('shows no tool but the allowed one, whatever else stands in the answer', () => {
    const entry = fc.oneof(fc.record({ name: fc.oneof(fc.constant('review_pr'), fc.string()) }), fc.jsonValue())
    fc.assert(fc.property(fc.array(entry, { maxLength: 8 }), (tools) => {
      const left = shown(answer({ tools })) as { result: { tools: { name: string }[] } } | undefined
      for (const { name } of left?.result.tools ?? []) expect(name).toBe('review_pr')
    }))
  })
})
