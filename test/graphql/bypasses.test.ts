import { describe, expect, it } from 'vitest'
import { judged, refusal } from './judged.ts'

const BACKEND = 'repository(owner: "acme-corp", name: "backend")'
/** Of the processor's time, generous; none of these takes more than some. */
const SOON_MS = 250

describe('documents that are refused for their form', () => {
  it.each<[what: string, document: unknown, reason: string | RegExp, variables?: unknown, more?: Readonly<Record<string, unknown>>]>([
    ['several operations', 'query a { viewer { login } } query b { viewer { login } }', 'a document with several operations', undefined, { operationName: 'a' }],
    ['a query and a mutation, picked by name', 'query a { viewer { login } } mutation b { closeIssue(input: {}) { clientMutationId } }', 'a document with several operations', undefined, { operationName: 'b' }],
    ['two operations of one name', 'query a { viewer { login } } mutation a { closeIssue(input: {}) { clientMutationId } }', 'a document with several operations'],
    ['a name that is no operation’s', 'query a { viewer { login } }', 'operationName is not the name of the operation', undefined, { operationName: 'b' }],
    ['an empty name', 'query a { viewer { login } }', 'operationName is not the name of the operation', undefined, { operationName: '' }],
    ['a name that is no text', 'query a { viewer { login } }', 'operationName is not a text', undefined, { operationName: ['a'] }],
    ['no operation', 'fragment f on Query { viewer { login } }', 'a document without an operation'],
    ['nothing', '', /^not a GraphQL document/],
    ['a comment alone', '# { viewer { login } }', /^not a GraphQL document/],
    ['a subscription', 'subscription { x }', 'a subscription'],
    ['a schema beside the query', '{ viewer { login } } type Query { viewer: String }', 'a definition of a schema'],
    ['an extension beside the query', '{ viewer { login } } extend type Query { viewer: String }', 'a definition of a schema'],
    ['no text', 7, 'query is not a text: persisted queries are not known here'],
    ['no query', undefined, /query is not a text/, undefined, { variables: {} }],
    ['an id in place of it', undefined, 'a member besides query, operationName and variables', undefined, { id: 'x' }],
    ['a member that nobody knows', '{ viewer { login } }', 'a member besides query, operationName and variables', undefined, { Query: 'x' }],
    ['a persisted query beside it', '{ viewer { login } }', 'a member besides query, operationName and variables', undefined, { extensions: { persistedQuery: {} } }],
    ['variables as text', '{ viewer { login } }', 'variables is not an object', '{}'],
    ['variables as a list', '{ viewer { login } }', 'variables is not an object', []],
    ['two variables of one name', 'query ($a: ID, $a: ID) { viewer { login } }', 'two variables of one name'],
    ['a directive on a variable', 'query ($a: ID @x) { viewer { login } }', 'a variable with directives'],
    ['a directive on the operation', 'query @live { viewer { login } }', 'an operation with directives or a description'],
    ['a description of the operation', '"x" query a { viewer { login } }', 'an operation with directives or a description'],
    ['a directive on a fragment', '{ ...f } fragment f on Query @x { viewer { login } }', 'a fragment with directives or variables'],
    ['@defer', '{ ... @defer { viewer { login } } }', 'a directive other than @include and @skip'],
    ['@stream', '{ licenses @stream(initialCount: 1) { key } }', 'a directive other than @include and @skip'],
    ['@include with something else', '{ viewer @include(if: true, unless: false) { login } }', 'a directive other than @include and @skip'],
    ['two fragments of one name', '{ ...f } fragment f on Query { viewer { login } } fragment f on Query { viewer { id } }', 'two fragments of one name'],
    ['a fragment that is not there', '{ ...f }', 'a fragment that is not in the document'],
    ['a fragment of the prototype’s', '{ ...constructor }', 'a fragment that is not in the document'],
    ['an argument twice', '{ repository(owner: "a", owner: "b", name: "c") { id } }', 'an argument that is given twice'],
    ['a name twice in an object', 'mutation { addComment(input: {subjectId: "a", subjectId: "b"}) { clientMutationId } }', /^a value with a name twice/],
    ['a name twice, deep in lists', 'mutation { addComment(input: {x: [[{y: {a: 1, a: 2}}]]}) { clientMutationId } }', /^a value with a name twice/],
    ['a name twice in a default', 'mutation ($i: CreateCommitOnBranchInput! = {branch: {repositoryNameWithOwner: "a/b", repositoryNameWithOwner: "a/c"}}) { createCommitOnBranch(input: $i) { clientMutationId } }', /^a default with a name twice/],
    ['a default of many levels', `query ($a: [ID] = ${'['.repeat(20)}${']'.repeat(20)}) { viewer { login } }`, /^a default with a name twice, or of too many levels/],
    ['an empty selection', '{ viewer { } }', 'an empty selection'],
    ['an empty operation', '{ }', 'an empty selection'],
    ['a carriage return that ends a comment here and not everywhere', `{ #\r: x\n viewer: ${BACKEND} { id } }`, /^a document with characters/],
    ['a byte order mark inside', '{ viewer\ufeff { login } }', /^a document with characters/],
    ['NUL in a comment', '{ viewer { login } } # \u0000 x', /^a document with characters/],
    ['a line separator in a comment', '{ # \u2028 viewer\n viewer { login } }', /^a document with characters/],
    ['a next line', '{ # \u0085 viewer\n viewer { login } }', /^a document with characters/],
    ['half a surrogate', '{ viewer { login } } # \ud800', /^a document with characters/],
    ['letters of other scripts as names', '{ vi\u0435wer { login } }', /^not a GraphQL document/],
    ['fragment arguments', '{ ...f(a: 1) } fragment f($a: Int) on Query { viewer { login } }', /^not a GraphQL document/],
  ])('%s', (_what, document, reason, variables, more) => {
    const told = refusal(document, variables, more)
    expect(told).toMatch(/^body_refused: /)
    const rule = told.slice('body_refused: '.length)
    if (typeof reason === 'string') expect(rule).toBe(reason)
    else expect(rule).toMatch(reason)
  })
})

describe('documents that look like something else are what they are', () => {
  it.each<[what: string, document: string, scopes: readonly string[], variables?: unknown]>([
    ['an alias of a harmless name', `{ viewer: ${BACKEND} { login: issues { totalCount } } }`, ['issues:read']],
    ['fragments within fragments', `{ ...a } fragment a on Query { ... { ...b } } fragment b on Query { ${BACKEND} { ...c } } fragment c on Repository { object(expression: "x") { oid } }`, ['contents:read']],
    ['comments between the tokens', `{ # }\n ${BACKEND} # { viewer }\n { # x\n issues # y\n { totalCount } } }`, ['issues:read']],
    ['commas and line ends', `\r\n,,{,,${BACKEND},{,issues,{,totalCount,},},}`, ['issues:read']],
    ['a block string that ends what it does not', `{ ${BACKEND} { object(expression: """ } } mutation { """) { oid } } }`, ['contents:read']],
    ['a text with a brace and a quote', `{ ${BACKEND} { object(expression: "}\\"} #") { oid } } }`, ['contents:read']],
    ['keywords as names', 'query query { fragment: viewer { on: login query: id } }', []],
    ['a default that the variables overrule', 'query ($o: String = "other") { repository(owner: $o, name: "backend") { issues { totalCount } } }', ['issues:read'], { o: 'acme-corp' }],
  ])('%s', (_what, document, scopes, variables) => {
    expect(judged(document, variables).alternatives[0]).toEqual(scopes)
  })
})

describe('bombs are refused within milliseconds', () => {
  const nested = (levels: number): string => `{ ${'a { '.repeat(levels)}b${' }'.repeat(levels)} }`
  const laughs = Array.from({ length: 30 }, (_, at) => `fragment f${at} on Query { ...f${at + 1} ...f${at + 1} }`).join(' ')
  const deepLaughs = Array.from({ length: 20 }, (_, at) => `fragment f${at} on Repository { owner { login } ...f${at + 1} ...f${at + 1} ...f${at + 1} }`).join(' ')
  it.each<[what: string, document: string, reason: RegExp]>([
    ['a hundred thousand tokens', `{ ${'x '.repeat(100_000)}}`, /more than 65536 characters/],
    ['thirty thousand tokens', `{ ${'x '.repeat(30_000)}}`, /at most 5000 tokens/],
    ['sixty thousand brackets', '{ a(b: '.concat('['.repeat(60_000)), /at most 5000 tokens/],
    ['brackets that never close', '{ a(b: '.concat('['.repeat(4_000)), /not a GraphQL document/],
    ['a value of two hundred levels', `{ viewer(a: ${'['.repeat(200)}${']'.repeat(200)}) { login } }`, /more than 8 levels/],
    ['a type of two thousand levels', `query ($a: ${'['.repeat(2_000)}ID${']'.repeat(2_000)}) { viewer { login } }`, /allowed on: graphql query viewer/],
    ['comments', `${'#\n'.repeat(30_000)}{ viewer { login } }`, /not a GraphQL document/],
    ['a thousand levels', nested(1_000), /Query\.a /],
    ['a thousand levels of the schema', `{ __schema { ${'x { '.repeat(1_000)}y${' }'.repeat(1_000)} } }`, /more than 24 levels/],
    ['a thousand inline fragments', `{ ${'... { '.repeat(1_000)}x${' }'.repeat(1_000)} }`, /more than 24 levels/],
    ['a fragment that holds itself', '{ ...f } fragment f on Query { ...f }', /more than 24 levels/],
    ['two that hold each other', '{ ...f } fragment f on Query { ...g } fragment g on Query { viewer { login } ...f }', /more than 24 levels/],
    ['one that holds itself below a field', '{ __schema { ...f } } fragment f on __Type { ofType { ...f ...f } }', /more than/],
    ['fragments that double at each step', `{ ...f0 } ${laughs} fragment f30 on Query { viewer { login } }`, /more than (?:24 levels|4000 selections)/],
    ['fragments that treble below a field', `{ ${BACKEND} { ...f0 } } ${deepLaughs} fragment f20 on Repository { id }`, /more than (?:24 levels|4000 selections)/],
    ['aliases', `{ ${BACKEND} { ${Array.from({ length: 300 }, (_, at) => `a${at}: id`).join(' ')} } }`, /more than 200 aliases/],
    ['aliases of the root', `{ ${Array.from({ length: 150 }, (_, at) => `a${at}: viewer { login }`).join(' ')} }`, /more than 100 fields of the root/],
    ['fields of the root without aliases', `{ ${'viewer { login } '.repeat(150)}}`, /more than 100 fields of the root/],
    ['directives', `{ viewer { login ${'@skip(if: true) '.repeat(150)}} }`, /more than 100 directives/],
    ['fragments', `{ viewer { login } } ${Array.from({ length: 150 }, (_, at) => `fragment f${at} on Query { x }`).join(' ')}`, /more than 100 fragments/],
    ['variables', `query (${Array.from({ length: 150 }, (_, at) => `$v${at}: ID`).join(' ')}) { viewer { login } }`, /more than 100 variables/],
  ])('%s', (_what, document, reason) => {
    const before = process.cpuUsage()
    expect(refusal(document)).toMatch(reason)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1000).toBeLessThan(SOON_MS)
  })
})
