import { describe, expect, it } from 'vitest'
import { slackVocabulary } from '../../../src/integrations/slack/vocabulary.ts'

describe('Slack’s words', () => {
  it.each(['chat:write', 'chat:write.public', 'chat:write.customize', 'channels:history', 'im:write.topic', 'search:read.im', 'users:read.email', 'admin.users:write'])(
    'know the scope %s', (scope) => {
      expect(slackVocabulary.canonicalScope(scope)).toBe(scope)
    })

  it.each(['chat', 'chat:write ', 'Chat:write', 'chat:read', 'chat:*', '', 'constructor', '*:history'])('do not know "%s"', (scope) => {
    expect(slackVocabulary.canonicalScope(scope)).toBeUndefined()
  })

  it.each([
    ['chat:write', 'chat:write', true],
    ['chat:write', 'chat:write.public', false],
    ['chat:write.public', 'chat:write', false],
    ['channels:write', 'channels:read', false],
    ['search:read', 'search:read.public', false],
  ])('say whether %s covers %s: %s', (granted, needed, covers) => {
    expect(slackVocabulary.covers(granted, needed)).toBe(covers)
  })

  it('compare ids in upper case and leave names alone', () => {
    expect(['c0123abcd', 'C01*', '#code-review', '@alice'].map(slackVocabulary.canonicalTarget)).toEqual(['C0123ABCD', 'C01*', '#code-review', '@alice'])
  })

  it('list every operation, uploads too, with scopes that they know', () => {
    const operations = [...slackVocabulary.operations()]
    expect(operations).toHaveLength(323)
    expect(operations.map(({ name }) => name)).toContain('files.uploadExternal')
    for (const scope of operations.flatMap(({ alternatives }) => alternatives.flat())) expect(slackVocabulary.canonicalScope(scope)).toBe(scope)
  })
})
