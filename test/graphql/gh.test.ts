import { parse, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { judged, refusal } from './judged.ts'
import { githubSchema } from './github-schema.ts'
import { GH_MUTATIONS, GH_QUERIES } from './what-gh-sends.ts'

const schema = githubSchema()

describe('what GitHub’s command line sends', () => {
  it.each([...GH_QUERIES, ...GH_MUTATIONS])('$command is a document that GitHub’s schema allows', ({ query }) => {
    expect(validate(schema, parse(query)).map(({ message }) => message)).toEqual([])
  })

  it.each(GH_QUERIES.filter(({ scopes }) => scopes !== undefined))('$command takes $scopes', ({ query, variables, scopes }) => {
    const { alternatives, targets, access } = judged(query, variables)
    expect({ first: alternatives[0], access }).toEqual({ first: scopes, access: 'read' })
    expect(targets).toEqual(scopes?.length === 0 ? { kind: 'none' } : { kind: 'named', names: ['acme-corp/backend'] })
  })

  it.each(GH_MUTATIONS.filter(({ scopes }) => scopes !== undefined))('$command takes $scopes, on what Postern-Target names', ({ query, scopes }) => {
    expect(judged(query, { input: {} }, 'acme-corp/backend')).toMatchObject({ access: 'write', targets: { names: ['acme-corp/backend'] } })
    expect(judged(query, { input: {} }).alternatives[0]).toEqual(scopes)
  })

  it.each([...GH_QUERIES, ...GH_MUTATIONS].filter(({ scopes }) => scopes === undefined))('$command is refused: it cannot be confined, or nobody reviewed it', ({ query }) => {
    expect(refusal(query)).toMatch(/^operation_unknown: /)
  })
})
