import type { FieldNode } from 'graphql/language'
import type { Targets } from '../../../model/operation.ts'
import { unresolved } from '../path-targets.ts'
import { argumentValue, type VariableValues } from './values.ts'

const ACCOUNT = /^[A-Za-z0-9_-]{1,100}$/
const NAME = /^[A-Za-z0-9._-]{1,100}$/

/** What `repository(owner:, name:)` acts on. Lower case, since GitHub folds case. */
export function repositoryTarget(field: FieldNode, variables: VariableValues): string | undefined {
  const [owner, name] = [textOf(field, 'owner', variables), textOf(field, 'name', variables)]
  return owner === undefined || name === undefined ? undefined : repositoryNamed(`${owner}/${name}`)
}

/** What `user(login:)` acts on. */
export function loginTarget(field: FieldNode, variables: VariableValues): string | undefined {
  const login = textOf(field, 'login', variables)
  return login !== undefined && ACCOUNT.test(login) ? login.toLowerCase() : undefined
}

/** @returns `owner/name` in lower case, or undefined where the text is no repository's name, or one that GitHub would read as another */
export function repositoryNamed(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const [owner = '', name = '', more] = text.split('/')
  if (more !== undefined || !ACCOUNT.test(owner) || !NAME.test(name) || name === '.' || name === '..') return undefined
  return /\.git$/i.test(name) ? undefined : `${owner}/${name}`.toLowerCase()
}

/**
 * All targets of an operation together: one that cannot be told leaves the whole unresolved.
 * @param found of each field that acts on something: the name, or why it is not known
 */
export function targetsOf(found: readonly ({ readonly name: string } | { readonly unclear: string })[]): Targets {
  const names = new Set<string>()
  for (const one of found) {
    if ('unclear' in one) return unresolved(one.unclear)
    names.add(one.name)
  }
  return names.size === 0 ? { kind: 'none' } : { kind: 'named', names: [...names] }
}

function textOf(field: FieldNode, name: string, variables: VariableValues): string | undefined {
  const value = argumentValue(field, name, variables)
  return typeof value === 'string' ? value : undefined
}
