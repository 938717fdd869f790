import { getNamedType, isCompositeType, isInterfaceType, isObjectType, isUnionType, type GraphQLNamedType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../src/integrations/github/endpoint.ts'
import { scopesOf } from '../../src/integrations/github/graphql/counterparts.ts'
import { MUTATIONS } from '../../src/integrations/github/graphql/mutations.ts'
import { ROOT_QUERIES } from '../../src/integrations/github/graphql/queries.ts'
import { SCHEMA_SHAPE, type Shape } from '../../src/integrations/github/graphql/shape.ts'
import { githubVocabulary } from '../../src/integrations/github/vocabulary.ts'
import { githubSchema } from './github-schema.ts'

const schema = githubSchema()
const query = schema.getQueryType()
const mutation = schema.getMutationType()

/** What of a shape is not so in GitHub's schema; every shape once. */
function differences(shape: Shape, type: GraphQLNamedType | undefined, seen: Set<Shape>): string[] {
  if (seen.has(shape) || shape === SCHEMA_SHAPE) return []
  seen.add(shape)
  if (type === undefined || shape.type !== type.name) return [`${shape.type} is ${type?.name ?? 'nothing'}`]
  const isAbstract = isInterfaceType(type) || isUnionType(type)
  if (!isAbstract && shape.on.size > 0) return [`${shape.type} is no interface and no union`]
  if (isAbstract && shape.on.size === 0) return [`${shape.type} is abstract: without its types every fragment would be taken for it`]
  const possible = new Set(isAbstract ? schema.getPossibleTypes(type).map(({ name }) => name) : [])
  const concrete = [...shape.on].flatMap(([name, one]) => [...(possible.has(name) ? [] : [`${name} is no ${shape.type}`]), ...differences(one, schema.getType(name), seen)])
  return [...concrete, ...fieldDifferences(shape, type, seen)]
}

function fieldDifferences(shape: Shape, type: GraphQLNamedType, seen: Set<Shape>): string[] {
  const fields = isObjectType(type) || isInterfaceType(type) ? type.getFields() : {}
  return [...shape.fields].flatMap(([name, rule]) => {
    const field = fields[name]
    if (field === undefined) return [`${shape.type}.${name} does not exist`]
    const below = getNamedType(field.type)
    if (isCompositeType(below) !== (rule.shape !== undefined)) return [`${shape.type}.${name} is ${isCompositeType(below) ? 'an object' : 'a leaf'}`]
    return rule.shape === undefined ? [] : differences(rule.shape, below, seen)
  })
}

const seen = new Set<Shape>()

describe('the catalogue is held against GitHub’s published schema', () => {
  it('knows of root fields and mutations just what exists', () => {
    const counts = [Object.keys(query?.getFields() ?? {}).length, Object.keys(mutation?.getFields() ?? {}).length]
    console.info(`root queries: ${ROOT_QUERIES.size} known, ${counts[0]} in the schema; mutations: ${MUTATIONS.size} known, ${counts[1]} in the schema`)
    expect([...ROOT_QUERIES.keys()].filter((name) => !name.startsWith('__') && query?.getFields()[name] === undefined)).toEqual([])
    expect([...MUTATIONS.keys()].filter((name) => mutation?.getFields()[name] === undefined)).toEqual([])
    expect(counts).toEqual([31, 247])
  })

  it.each([...ROOT_QUERIES].filter(([name]) => !name.startsWith('__')))('%s is of the types that its shape says, all the way down', (name, { shape }) => {
    const field = query?.getFields()[name]
    expect(differences(shape, field === undefined ? undefined : getNamedType(field.type), seen)).toEqual([])
  })

  it.each([...MUTATIONS.values()])('$name answers with what its shape says', ({ name, payload }) => {
    const field = mutation?.getFields()[name]
    expect(field?.args.map((one) => one.name)).toEqual(['input'])
    expect(differences(payload, field === undefined ? undefined : getNamedType(field.type), seen)).toEqual([])
  })

  it('names scopes alone that rules can name', () => {
    const needs = new Set([...seen].flatMap((shape) => [...shape.fields.values()].flatMap((rule) => rule.needs)).flatMap(scopesOf))
    const scopes = new Set([...needs, ...[...MUTATIONS.values()].flatMap(({ alternatives }) => alternatives.flat())])
    expect(scopes.size).toBeGreaterThan(8)
    expect([...scopes].filter((scope) => githubVocabulary.canonicalScope(scope) !== scope)).toEqual([])
  })

  it.each([...MUTATIONS.values()])('$name takes scopes of a repository that write, and is a REST operation that writes', ({ rest, alternatives }) => {
    expect(ENDPOINTS.get(rest)?.access).toBe('write')
    expect(alternatives).not.toEqual([])
    expect(alternatives.every((scopes) => scopes.some((scope) => scope.endsWith(':write')))).toBe(true)
    expect(alternatives.flat().filter((scope) => /^(?:organization_|org_|members)/.test(scope))).toEqual([])
  })

  it.each([
    'Repository.tempCloneToken', 'Repository.forks', 'Repository.collaborators', 'Repository.deployKeys', 'RepositoryOwner.repository', 'RepositoryOwner.repositories',
    'User.repositories', 'User.repository', 'User.gists', 'User.email', 'Organization.repository', 'Organization.membersWithRole', 'Issue.timelineItems', 'Commit.repository',
  ])('leads from a repository to no other’s objects, and to no credential: %s is unknown', (never) => {
    expect([...seen].flatMap((shape) => [...shape.fields.keys()].map((field) => `${shape.type}.${field}`))).not.toContain(never)
  })
})
