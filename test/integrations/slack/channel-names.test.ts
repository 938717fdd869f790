import { describe, expect, it } from 'vitest'
import { isDenial } from '../../../src/model/denial.ts'
import { SlackCatalogue } from '../../../src/integrations/slack/catalogue.ts'
import { SLACK_ORIGINS } from '../../../src/integrations/slack/slack-integration.ts'
import { slackVocabularyWith } from '../../../src/integrations/slack/vocabulary.ts'
import { request } from './request.ts'

const CHANNELS = new Map([['engineering', 'C0ENGINEER'], ['code-review', 'C0CODEREVIEW']])
const catalogue = new SlackCatalogue('slack', SLACK_ORIGINS, CHANNELS)
const vocabulary = slackVocabularyWith(CHANNELS)

function targetsOf(channel: unknown, method = 'chat.postMessage', argument = 'channel'): unknown {
  const matched = catalogue.match(request(`/api/${method}`, { contentType: 'application/json', framing: { kind: 'chunked' } }))
  if (isDenial(matched)) return matched.denial
  const value = { [argument]: channel }
  const whole = matched.inspect?.({ bytes: Buffer.from(JSON.stringify(value)), format: 'json', value })
  return whole === undefined || isDenial(whole) ? whole : whole.targets
}

describe('a channel that the configuration knows by name', () => {
  it.each(['#engineering', 'engineering', '#Engineering', 'C0ENGINEER'])('is the same target, called %s', (channel) => {
    expect(targetsOf(channel)).toEqual({ kind: 'named', names: ['C0ENGINEER'] })
  })

  it.each(['#general', '##engineering', ' #engineering', '#engineering ', '@engineering', 'U0ALICE', '', '#', 7, ['#engineering']])(
    'is not what %j calls: nobody here knows which that is, or it names none', (channel) => {
      expect(targetsOf(channel)).toMatchObject({ kind: 'unresolved' })
    })

  it('is found in lists, and one unknown name makes the whole list unknown', () => {
    expect(targetsOf('#engineering,C0CODEREVIEW', 'files.completeUploadExternal', 'channels')).toEqual({ kind: 'named', names: ['C0ENGINEER', 'C0CODEREVIEW'] })
    expect(targetsOf('#engineering,#general', 'files.completeUploadExternal', 'channels')).toMatchObject({ kind: 'unresolved' })
  })

  it('is compared by its id in rules and approvals, whichever way it is written there', () => {
    expect(['#engineering', '#ENGINEERING', 'c0engineer', '#general', '@alice'].map((text) => vocabulary.canonicalTarget(text)))
      .toEqual(['C0ENGINEER', 'C0ENGINEER', 'C0ENGINEER', '#general', '@alice'])
  })

  it('is no target of a rule where nobody knows it: one that denies by it would deny nothing', () => {
    expect(['#engineering', 'C0*', '*'].filter((text) => vocabulary.possibleTarget?.(text) === false)).toEqual([])
    expect(['#general', '#eng*', '@alice'].filter((text) => vocabulary.possibleTarget?.(text) !== false)).toEqual([])
  })
})
