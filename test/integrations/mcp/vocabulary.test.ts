import { describe, expect, it } from 'vitest'
import { mcpScopeWords } from '../../../src/integrations/mcp/scope-words.ts'
import { isToolName, toolAccess } from '../../../src/integrations/mcp/tool-access.ts'
import { mcpVocabulary } from '../../../src/integrations/mcp/vocabulary.ts'

const vocabulary = mcpVocabulary([{ name: 'search_*', access: 'read' }])

describe('the words for an MCP server', () => {
  it.each([
    ['tools:call', 'tools:read', true],
    ['tools:admin', 'tools:call', true],
    ['tools:read', 'tools:call', false],
    ['tools:call', 'tools:admin', false],
    ['tasks:write', 'tasks:read', true],
    ['resources:read', 'resources:read', true],
    ['tools:admin', 'resources:read', false],
    ['tools:admin', 'tasks:read', false],
  ])('%s covers %s: %s', (granted, needed, covers) => {
    expect(vocabulary.covers(granted, needed)).toBe(covers)
  })

  it('know one alias, and no scope of somebody else’s', () => {
    expect([vocabulary.canonicalScope('tools:write'), vocabulary.canonicalScope('tools:use'), vocabulary.canonicalScope('constructor')]).toEqual(['tools:call', undefined, undefined])
  })

  it('tell people every scope that an operation needs', () => {
    const words = mcpScopeWords('Tickets')
    const needed = new Set([...vocabulary.operations()].flatMap(({ alternatives }) => alternatives.flat()))
    for (const scope of needed) expect(words.can(scope)).not.toContain(scope)
    expect(words.access('nothing:known')).toBe('admin')
  })
})

describe('a tool', () => {
  const accessOf = toolAccess([{ name: 'delete_*', access: 'admin' }, { name: '*_list', access: 'read' }, { name: 'a*b*c', access: 'read' }])

  it.each([
    ['delete_list', 'admin'], ['issue_list', 'read'], ['_list', 'read'], ['abc', 'read'], ['axxbxxc', 'read'], ['acb', 'write'], ['ab', 'write'], ['other', 'write'], ['undelete_x', 'write'],
  ])('%s is one that does %s, as the first entry tells that fits', (name, access) => {
    expect(accessOf(name)).toBe(access)
  })

  it.each([
    ['review_pr', true], ['a', true], ['admin.tools.list', true], ['github/review', true], ['ns:tool', true], ['x'.repeat(128), true],
    ['x'.repeat(129), false], ['', false], ['.hidden', false], ['a..b', false], ['a//b', false], ['a b', false], ['a\n', false], ['*', false], ['ä', false], [undefined, false],
  ])('named %j is accepted: %s', (name, accepted) => {
    expect(isToolName(name)).toBe(accepted)
  })
})
