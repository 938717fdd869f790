import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildOffer, type OfferFacts } from '../../src/authority/consent/build-offer.ts'
import { firstChoice, readChoice, FIELDS } from '../../src/authority/consent/choice.ts'
import { durations, durationWords } from '../../src/authority/consent/durations.ts'
import { narrow } from '../../src/authority/consent/narrow.ts'
import { scopesOf, type Offer } from '../../src/authority/consent/offer.ts'
import { githubScopeWords } from '../../src/integrations/github/scope-words.ts'
import { githubVocabulary } from '../../src/integrations/github/vocabulary.ts'
import { slackScopeWords } from '../../src/integrations/slack/scope-words.ts'
import { slackVocabulary } from '../../src/integrations/slack/vocabulary.ts'
import type { ConnectionId } from '../../src/model/ids.ts'
import { consentWithin } from '../../src/authority/oauth/narrow-consent.ts'
import { AGENT, ALICE, asked, connection, INTEGRATIONS, testForecast } from './fixture.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

function facts(over: Partial<OfferFacts> = {}): OfferFacts {
  return {
    request: asked(), agent: AGENT, person: { id: ALICE, groups: [] }, integrations: INTEGRATIONS, connectable: new Set(['github', 'slack']),
    connections: [connection('github')], held: [], nowMs: 0, forecast: testForecast(), lifetimes: { consentDefaultMs: HOUR_MS, consentMaxMs: 30 * DAY_MS }, ...over,
  }
}

const states = (offer: Offer): readonly (readonly [string, string, readonly string[]])[] =>
  [...scopesOf(offer)].map(({ scope }) => [scope.scope, scope.state, Object.values(scope.levels)])

const approve = (offer: Offer, form: Readonly<Record<string, string>>) => narrow(offer, readChoice(offer, new URLSearchParams(form)), INTEGRATIONS)
const everything = (offer: Offer): Record<string, string> => Object.fromEntries([...scopesOf(offer)].map(({ scope }) => [FIELDS.scope(scope.key), 'on']))

describe('what is put to the person', () => {
  it('is each scope in plain words, with the levels at which it can be approved', () => {
    const offer = buildOffer(facts())
    expect(states(offer)).toEqual([['pulls:read', 'open', ['pulls:read']], ['pulls:write', 'open', ['pulls:write', 'pulls:read']], ['contents:read', 'open', ['contents:read']]])
    expect([...scopesOf(offer)].map(({ scope }) => [scope.words, scope.access])).toEqual([
      ['Read pull requests, their reviews and comments', 'read'],
      ['Open, edit, review and comment on pull requests; close them', 'write'],
      ['Read code, commits, branches and releases', 'read'],
    ])
  })

  it('shows as refused what policy would refuse anyway, with its reason, and leaves reading where only writing is refused', () => {
    const forecast = testForecast()
    forecast.say = ({ scope }) => (scope.endsWith(':write') ? { effect: 'deny', reason: 'Production is read-only.' } : undefined)
    const offer = buildOffer(facts({ forecast, request: asked({ access: [{ integration: 'github', scopes: ['pulls:write', 'workflows:write'], targets: ['a/b'] }] }) }))
    expect(states(offer)).toEqual([['pulls:write', 'open', ['pulls:read']], ['workflows:write', 'refused', []]])
    expect([...scopesOf(offer)].map(({ scope }) => scope.remark)).toEqual(['Production is read-only.', 'Production is read-only.'])
    expect(approve(offer, { ...everything(offer), 'level.s0.0.0': 'asked', 'connection.s0': 'con_github' })).toMatchObject({ access: [{ scopes: ['pulls:read'] }] })
  })

  it('says that each use will be asked for', () => {
    const forecast = testForecast()
    forecast.say = () => ({ effect: 'ask', reason: 'Merges are approved.' })
    const [first] = scopesOf(buildOffer(facts({ forecast })))
    expect(first?.scope).toMatchObject({ state: 'open', remark: 'Each use waits for an approval. Merges are approved.' })
  })

  it('does not ask again for what the running session has', () => {
    const held = [{ integration: 'github', scopes: ['pull_requests:write'], targets: ['acme-corp/*'], connection: 'con_github' as ConnectionId }]
    const offer = buildOffer(facts({ held, request: asked({ access: [{ integration: 'github', scopes: ['pulls:read', 'contents:read'], targets: ['acme-corp/backend'] }] }) }))
    expect(states(offer)).toEqual([['pulls:read', 'held', []], ['contents:read', 'open', ['contents:read']]])
    expect(approve(offer, everything(offer))).toEqual({ access: [{ integration: 'github', scopes: ['contents:read'], targets: ['acme-corp/backend'], connection: 'con_github' }], durationMs: HOUR_MS })
    const elsewhere = buildOffer(facts({ held, request: asked({ access: [{ integration: 'github', scopes: ['pulls:read'], targets: ['other/backend'] }] }) }))
    expect(states(elsewhere)).toEqual([['pulls:read', 'open', ['pulls:read']]])
  })

  it('names the account to act with: the only one, a choice, the one that the run is bound to, none yet, or the organisation’s', () => {
    const second = connection('github', { id: 'con_second' as ConnectionId, label: 'private' })
    const of = (over: Partial<OfferFacts>) => buildOffer(facts(over)).sections[0]?.connection
    expect(of({})).toMatchObject({ kind: 'choose', connections: [{ id: 'con_github' }] })
    expect(of({ connections: [connection('github'), second] })).toMatchObject({ kind: 'choose', connections: [{ id: 'con_github' }, { id: 'con_second' }], bound: false })
    expect(of({ connections: [connection('github'), second], held: [{ integration: 'github', scopes: ['issues:read'], targets: ['**'], connection: 'con_second' as ConnectionId }] }))
      .toMatchObject({ kind: 'choose', connections: [{ id: 'con_second' }], bound: true })
    expect(of({ connections: [] })).toEqual({ kind: 'connect' })
    expect(of({ connections: [connection('github', { state: 'reauth_required' })] })).toEqual({ kind: 'connect' })
    expect(of({ connections: [connection('slack')] })).toEqual({ kind: 'connect' })
    expect(of({ connectable: new Set() })).toEqual({ kind: 'organisation' })
    expect(of({ connections: [], forecast: { ...testForecast(), lends: () => true } })).toEqual({ kind: 'organisation' })
    expect(of({ connections: [], forecast: { ...testForecast(), lends: ({ scope }) => scope === 'pulls:read' } })).toEqual({ kind: 'connect' })
  })

  it('shows what the account itself was not granted, and lets nobody delegate it', () => {
    const request = asked({ access: [{ integration: 'slack', scopes: ['chat:write', 'files:write'], targets: ['**'] }] })
    const offer = buildOffer(facts({ request, connections: [connection('slack', { scopes: ['chat:write', 'users:read'] })] }))
    expect([...scopesOf(offer)].map(({ scope }) => scope.lackedBy)).toEqual([[], ['con_slack']])
    expect(approve(offer, everything(offer))).toEqual({ problems: [expect.stringContaining('was not granted everything that is ticked')] })
    expect(approve(offer, { 'scope.s0.0.0': 'on' })).toMatchObject({ access: [{ scopes: ['chat:write'] }] })
    const silent = buildOffer(facts({ request, connections: [connection('slack', { scopes: [] })] }))
    expect([...scopesOf(silent)].every(({ scope }) => scope.lackedBy.length === 0)).toBe(true)
  })

  it('leaves out an integration that is not configured', () => {
    expect(buildOffer(facts({ request: asked({ access: [{ integration: 'gone', scopes: ['x'], targets: ['**'] }] }) })).sections).toEqual([])
  })
})

describe('what the agent will not be able to do', () => {
  const cannot = (scopes: readonly string[], targets: readonly string[], integration = 'github') =>
    buildOffer(facts({ request: asked({ access: [{ integration, scopes, targets }] }) })).sections[0]?.cannot ?? []
  const cases: readonly (readonly [string, readonly string[], readonly string[], string, readonly string[], readonly string[]])[] = [
    ['a reviewer cannot merge or administer, and reaches one repository', ['pulls:write', 'contents:read'], ['acme-corp/backend'], 'github',
      ['touch any repository but acme-corp/backend', 'merge pull requests or push code', 'delete repositories, change their settings or who has access'], ['read code', 'comment, review or open anything']],
    ['who may push can merge: it is not told as impossible', ['contents:write'], ['**'], 'github', ['change branch protection', 'comment, review or open anything'], ['merge pull requests or push code', 'read code']],
    ['two repositories are told by name', ['pulls:read'], ['a/b', 'c/d'], 'github', ['touch any repository but a/b and c/d'], []],
    ['a reader opens nothing', ['pulls:read'], ['a/b', 'c/d', 'e/f', 'g/h'], 'github', ['touch any repository but those listed', 'comment, review or open anything', 'read code'], []],
    ['a poster reads nothing', ['chat:write'], ['#code-review'], 'slack', ['touch any conversation but #code-review', 'read messages', 'administer the workspace or its members'], ['post messages']],
    ['an upstream that is described by its routes', ['tickets:read'], ['**'], 'tickets', ['call POST /v1/tickets/{id}/comments'], []],
  ]
  for (const [name, scopes, targets, integration, listed, absent] of cases) {
    it(name, () => {
      const told = cannot(scopes, targets, integration)
      expect(told).toEqual(expect.arrayContaining([...listed]))
      for (const words of absent) expect(told).not.toContain(words)
    })
  }

  it('counts what is refused as impossible', () => {
    const forecast = testForecast()
    forecast.say = ({ scope }) => (scope === 'contents:write' ? { effect: 'deny', reason: 'No.' } : undefined)
    const offer = buildOffer(facts({ forecast, request: asked({ access: [{ integration: 'github', scopes: ['contents:write'], targets: ['**'] }] }) }))
    expect(offer.sections[0]?.cannot).toContain('merge pull requests or push code')
  })

  it('is told by operations that the catalogues have', () => {
    for (const [words, vocabulary] of [[githubScopeWords, githubVocabulary], [slackScopeWords, slackVocabulary]] as const) {
      const names = new Set([...vocabulary.operations()].map(({ name }) => name))
      for (const operation of words.powers.flatMap(({ operations }) => operations)) expect([...names], `${words.title}`).toContain(operation)
    }
  })

  it('has a sentence for every scope there is', () => {
    for (const [words, vocabulary] of [[githubScopeWords, githubVocabulary], [slackScopeWords, slackVocabulary]] as const) {
      const scopes = new Set([...vocabulary.operations()].flatMap(({ alternatives }) => alternatives.flat()))
      for (const scope of scopes) {
        expect(words.can(scope), `${scope}`).toMatch(/^[A-Z][^_{}]{6,}$|^Use the permission /)
        expect(['read', 'write', 'admin'], `${scope}`).toContain(words.access(scope))
      }
    }
    expect(slackScopeWords.access('admin.users:read')).toBe('read')
    expect([slackScopeWords.access('admin.users:write'), slackScopeWords.access('channels:history'), slackScopeWords.access('chat:write')]).toEqual(['admin', 'read', 'write'])
    expect(githubScopeWords.can('constructor')).toBe('Use the permission constructor')
  })
})

describe('narrowing', () => {
  const offer = buildOffer(facts({ request: asked({ access: [{ integration: 'github', scopes: ['pulls:write', 'contents:read'], targets: ['acme-corp/*', 'Other/One'] }] }) }))
  const good: readonly (readonly [string, Record<string, string>, unknown])[] = [
    ['as it was asked', everything(offer), { access: [{ integration: 'github', scopes: ['pulls:write', 'contents:read'], targets: ['acme-corp/*', 'Other/One'], connection: 'con_github' }], durationMs: HOUR_MS }],
    ['fewer scopes', { 'scope.s0.0.1': 'on' }, { access: [{ scopes: ['contents:read'] }] }],
    ['reading for writing', { 'scope.s0.0.0': 'on', 'level.s0.0.0': 'read' }, { access: [{ scopes: ['pulls:read'] }] }],
    ['one of the repositories, in another case, lines as browsers send them', { ...everything(offer), 'targets.s0.0': 'acme-corp/backend\r\n\r\n  OTHER/one \r\n' }, { access: [{ targets: ['acme-corp/backend', 'OTHER/one'] }] }],
    ['a narrower pattern', { ...everything(offer), 'targets.s0.0': 'acme-corp/back*' }, { access: [{ targets: ['acme-corp/back*'] }] }],
    ['another time', { ...everything(offer), duration: String(7 * DAY_MS) }, { durationMs: 7 * DAY_MS }],
  ]
  for (const [name, form, expected] of good) it(`takes ${name}`, () => expect(approve(offer, form)).toMatchObject(expected as object))

  const bad: readonly (readonly [string, Record<string, string>, string])[] = [
    ['nothing ticked', {}, 'Nothing is ticked'],
    ['another repository', { ...everything(offer), 'targets.s0.0': 'acme-corp/backend\nother/two' }, 'other/two is more than the agent asked for.'],
    ['everything', { ...everything(offer), 'targets.s0.0': '**' }, '** is more than'],
    ['everything, spelt with more stars', { ...everything(offer), 'targets.s0.0': '***' }, '*** is more than'],
    ['a wider pattern', { ...everything(offer), 'targets.s0.0': 'acme-corp*/*' }, 'is more than'],
    ['deeper than one segment', { ...everything(offer), 'targets.s0.0': 'acme-corp/**' }, 'is more than'],
    ['no repository at all', { ...everything(offer), 'targets.s0.0': ' \r\n ' }, 'Name at least one repository'],
    ['a name with an invisible character', { ...everything(offer), 'targets.s0.0': 'acme-corp/\u202ebackend' }, 'not of a form'],
    ['a name of a thousand characters', { ...everything(offer), 'targets.s0.0': `acme-corp/${'x'.repeat(1000)}` }, 'not of a form'],
    ['more names than are taken', { ...everything(offer), 'targets.s0.0': Array.from({ length: 65 }, (_, index) => `acme-corp/r${index}`).join('\n') }, 'at most 64'],
    ['another’s account', { ...everything(offer), 'connection.s0': 'con_of_bob' }, 'Connect GitHub first'],
    ['a longer time', { ...everything(offer), duration: String(31 * DAY_MS) }, 'Choose how long'],
    ['a time that is no number', { ...everything(offer), duration: 'forever' }, 'Choose how long'],
  ]
  for (const [name, form, problem] of bad) {
    it(`takes no ${name}`, () => expect(approve(offer, form)).toEqual({ problems: [expect.stringContaining(problem)] }))
  }

  it('counts `**` as more than everything that it matches, since it stands for calls without a target, too', () => {
    const wide = buildOffer(facts({ request: asked({ access: [{ integration: 'github', scopes: ['contents:read'], targets: ['**'] }] }) }))
    expect(approve(wide, { ...everything(wide), 'targets.s0.0': '**' })).toMatchObject({ access: [{ targets: ['**'] }] })
    const almost = buildOffer(facts({ request: asked({ access: [{ integration: 'github', scopes: ['contents:read'], targets: ['*', '*/**'] }] }) }))
    expect(approve(almost, { ...everything(almost), 'targets.s0.0': '**' })).toHaveProperty('problems')
  })

  it('never approves what is refused, whatever the form says', () => {
    const forecast = testForecast()
    forecast.say = () => ({ effect: 'deny', reason: 'No.' })
    const refused = buildOffer(facts({ forecast }))
    expect(approve(refused, { ...everything(refused), 'level.s0.0.0': 'asked' })).toEqual({ problems: [expect.stringContaining('Nothing is ticked')] })
  })

  it('asks to connect first, and ticks nothing there by itself', () => {
    const away = buildOffer(facts({ connections: [] }))
    expect(firstChoice(away).levels.size).toBe(0)
    expect(approve(away, everything(away))).toEqual({ problems: ['Connect GitHub first, or untick what it is asked for.'] })
    expect(approve(away, {})).toEqual({ problems: ['Nothing is ticked. Connect GitHub first, or deny.'] })
  })

  it('never gives more than was asked for, whatever is sent', () => {
    const segment = fc.constantFrom('acme-corp', 'other', '*', '**', 'a*', 'backend', 'one', '')
    const target = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
    const scope = fc.constantFrom('pulls:read', 'pulls:write', 'contents:write', 'administration:write', 'issues:read')
    const detail = fc.record({ integration: fc.constant('github'), scopes: fc.uniqueArray(scope, { minLength: 1 }), targets: fc.uniqueArray(target.filter((text) => text !== ''), { minLength: 1, maxLength: 3 }) })
    fc.assert(fc.property(fc.array(detail, { minLength: 1, maxLength: 2 }), fc.array(target, { maxLength: 3 }), fc.array(fc.boolean(), { minLength: 10, maxLength: 10 }), (access, wish, ticks) => {
      const made = buildOffer(facts({ request: asked({ access }) }))
      const form = Object.fromEntries([
        ...[...scopesOf(made)].flatMap(({ scope: one }, index) => (ticks[index % 10] === true ? [[FIELDS.scope(one.key), 'on'], [FIELDS.level(one.key), ticks[(index + 3) % 10] === true ? 'read' : 'asked']] : [])),
        ...(wish.length === 0 ? [] : [['targets.s0.0', wish.join('\r\n')]]),
      ] as [string, string][])
      const result = approve(made, form)
      if ('problems' in result) return
      expect(consentWithin(access, result.access, (name) => INTEGRATIONS.get(name)?.vocabulary)).toBe(true)
    }), { numRuns: 150 })
  })
})

describe('how long', () => {
  const limits = { consentDefaultMs: HOUR_MS, consentMaxMs: 30 * DAY_MS }
  it('is an hour first, up to what the configuration allows', () => {
    expect(durations(limits, undefined)).toEqual({ durationsMs: [HOUR_MS, 8 * HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS], presetMs: HOUR_MS, shortenedByRule: false })
  })
  it('is never longer than the rules let it be used', () => {
    expect(durations(limits, 10 * 60_000)).toEqual({ durationsMs: [600_000], presetMs: 600_000, shortenedByRule: true })
    expect(durations(limits, 2 * HOUR_MS).durationsMs).toEqual([HOUR_MS, 2 * HOUR_MS])
  })
  it('is told in words', () => {
    expect([600_000, HOUR_MS, 8 * HOUR_MS, DAY_MS, 36 * HOUR_MS, 90_000].map(durationWords)).toEqual(['10 minutes', '1 hour', '8 hours', '1 day', '36 hours', '90 seconds'])
  })
})
