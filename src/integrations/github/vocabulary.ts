import type { Access } from '../../model/operation.ts'
import type { OperationFacts, Vocabulary } from '../integration.ts'
import { ENDPOINT_FACTS, ENDPOINTS } from './endpoint.ts'
import { GRAPHQL_FACTS } from './graphql/facts.ts'
import { GIT_OPERATIONS } from './git/git-operations.ts'

/** What people call a permission that GitHub's API calls otherwise. */
const ALIASES: Readonly<Record<string, string>> = { pulls: 'pull_requests' }
const RANK: Readonly<Record<Access, number>> = { read: 1, write: 2, admin: 3 }
const SCOPE = /^([a-z_]+):(read|write|admin)$/

/** Every scope that some endpoint of GitHub's table asks for, whether or not its meaning is reviewed. */
const SCOPES: ReadonlySet<string> = new Set(ENDPOINT_FACTS.flatMap((one) => one.scopes))

/** A canonical scope taken apart. */
export interface Permission {
  readonly name: string
  readonly access: Access
}

/** @returns undefined where the text is no `permission:access` */
export function parseScope(scope: string): Permission | undefined {
  const match = SCOPE.exec(scope)
  return match === null ? undefined : { name: match[1] as string, access: match[2] as Access }
}

/** Whether `granted` access includes `needed`: admin includes write, write includes read. */
export function includesAccess(granted: Access, needed: Access): boolean {
  return RANK[granted] >= RANK[needed]
}

/**
 * GitHub's permissions as scopes: `pull_requests:read`. `metadata:read` is a scope like any other: GitHub adds it to every token, yet
 * which repositories an agent may look at is for policy to say, and nothing else implies it.
 */
export const githubVocabulary: Vocabulary = {
  canonicalScope,
  covers,
  canonicalTarget: (text) => text.toLowerCase(),
  operations: () => operations,
}

const ofTheApi: readonly OperationFacts[] = [...ENDPOINTS.values()].map(({ name, access, alternatives, onWorkflowFile }) => ({
  name,
  access,
  alternatives: onWorkflowFile === undefined ? alternatives : [...alternatives, ...onWorkflowFile],
}))
const operations: readonly OperationFacts[] = [...ofTheApi, ...GRAPHQL_FACTS, ...GIT_OPERATIONS]

function canonicalScope(text: string): string | undefined {
  const permission = parseScope(text)
  if (permission === undefined) return undefined
  const name = Object.hasOwn(ALIASES, permission.name) ? ALIASES[permission.name] : permission.name
  const scope = `${name}:${permission.access}`
  return SCOPES.has(scope) ? scope : undefined
}

function covers(granted: string, needed: string): boolean {
  const [holds, needs] = [parseScope(granted), parseScope(needed)]
  return holds !== undefined && needs !== undefined && holds.name === needs.name && includesAccess(holds.access, needs.access)
}
