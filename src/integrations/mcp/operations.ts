import { deny, type Denial } from '../../model/denial.ts'
import type { Access, Operation, Targets } from '../../model/operation.ts'
import { isRecord, type McpMessage, type Params } from './message.ts'
import { NOTIFICATIONS, REQUESTS, RESPONSE_OPERATION, TOOL_CALL, type MethodFacts } from './methods.ts'
import { resourceTarget } from './resource-target.ts'
import { respelling } from './rival-names.ts'
import { isToolName, toolAccess, type ToolOptions } from './tool-access.ts'

/** The scope that a tool of each access needs; the graver includes the lighter. */
export const TOOL_SCOPES: Readonly<Record<Access, string>> = { read: 'tools:read', write: 'tools:call', admin: 'tools:admin' }

/** Each is a target, which every rule is held against. */
const MAX_SUBSCRIPTIONS = 256
const isRespelt = respelling(['promptsListChanged', 'resourceSubscriptions', 'resourcesListChanged', 'toolsListChanged'])

/** What messages are, in the words of policy. Pure. */
export interface McpOperations {
  /** @returns the operation, or the denial `operation_unknown` or `body_refused` */
  ofMessage(message: McpMessage): Operation | Denial
  /** What only keeps a session going: no scope, no target. */
  upkeep(name: string): Operation
  /** What calling, getting or reading an entry of a list would be; undefined where its name is not accepted. */
  ofEntry(list: 'tools' | 'prompts' | 'resources', name: unknown): Operation | undefined
}

/** @param integration its name in the configuration */
export function mcpOperations(integration: string, tools: readonly ToolOptions[]): McpOperations {
  const accessOf = toolAccess(tools)

  function upkeep(name: string): Operation {
    return { integration, name, access: 'read', alternatives: [[]], targets: { kind: 'none' }, parameters: {} }
  }

  function ofRequest(method: string, facts: MethodFacts, params: Params): Operation | Denial {
    if (facts.target === 'tool') return ofTool(params['name']) ?? refusedName('tool')
    const read = targetsOf(facts, params)
    if ('denial' in read) return read
    const { targets, scopes = facts.scopes } = read
    return { integration, name: method, access: facts.access, alternatives: [scopes], targets, parameters: {} }
  }

  function ofTool(name: unknown): Operation | undefined {
    if (!isToolName(name)) return undefined
    const access = accessOf(name)
    const targets: Targets = { kind: 'named', names: [name] }
    return { integration, name: `${TOOL_CALL} ${name}`, access, alternatives: [[TOOL_SCOPES[access]]], targets, parameters: {} }
  }

  function named(method: string, params: Params): Operation | undefined {
    const facts = REQUESTS.get(method)
    const operation = facts === undefined ? undefined : ofRequest(method, facts, params)
    return operation === undefined || 'denial' in operation ? undefined : operation
  }

  return {
    upkeep,
    ofMessage(message) {
      if (message.kind === 'response') return upkeep(RESPONSE_OPERATION)
      const { kind, method, params } = message
      if (kind === 'notification') return NOTIFICATIONS.has(method) ? upkeep(method) : unknown('a notification that clients do not send')
      const facts = REQUESTS.get(method)
      return facts === undefined ? unknown('a method that MCP does not know, or that only servers call') : ofRequest(method, facts, params)
    },
    ofEntry(list, name) {
      switch (list) {
        case 'tools': return ofTool(name)
        case 'prompts': return named('prompts/get', { name })
        case 'resources': return named('resources/read', { uri: name })
      }
    },
  }
}

interface ReadTargets {
  readonly targets: Targets
  readonly scopes?: readonly string[]
}

function targetsOf({ target }: MethodFacts, params: Params): ReadTargets | Denial {
  switch (target) {
    case 'none': return { targets: { kind: 'none' } }
    case 'resource': return { targets: resourceTarget(params['uri']) }
    case 'tool':
    case 'prompt': return plainName(params['name'], 'prompt')
    case 'task': return plainName(params['taskId'], 'task')
    case 'reference': return referenceOf(params['ref'])
    case 'subscriptions': return subscriptionsOf(params['notifications'])
  }
}

/** What is completed: an argument of a prompt, or of a resource's template. */
function referenceOf(reference: unknown): ReadTargets | Denial {
  if (!isRecord(reference)) return malformed('ref is not an object')
  switch (reference['type']) {
    case 'ref/prompt': {
      const read = plainName(reference['name'], 'prompt')
      return 'denial' in read ? read : { ...read, scopes: ['prompts:read'] }
    }
    case 'ref/resource': return { targets: resourceTarget(reference['uri']), scopes: ['resources:read'] }
    default: return malformed('ref is neither of a prompt nor of a resource')
  }
}

/** What a stream tells of: changes of lists, which need nothing, and of resources, each of which is a target. */
function subscriptionsOf(notifications: unknown = {}): ReadTargets | Denial {
  if (!isRecord(notifications) || isRespelt(notifications)) return malformed('notifications is not an object with the names of MCP')
  const uris = notifications['resourceSubscriptions'] ?? []
  if (!Array.isArray(uris) || uris.length > MAX_SUBSCRIPTIONS) return malformed(`resourceSubscriptions is not a list of at most ${MAX_SUBSCRIPTIONS} URIs`)
  if (uris.length === 0) return { targets: { kind: 'none' } }
  const names = new Set<string>()
  for (const uri of uris as readonly unknown[]) {
    const target = resourceTarget(uri)
    if (target.kind !== 'named') return { targets: target, scopes: ['resources:read'] }
    for (const name of target.names) names.add(name)
  }
  return { targets: { kind: 'named', names: [...names] }, scopes: ['resources:read'] }
}

function plainName(name: unknown, what: string): ReadTargets | Denial {
  return isToolName(name) ? { targets: { kind: 'named', names: [name] } } : refusedName(what)
}

function refusedName(what: string): Denial {
  return malformed(`the name of the ${what} is missing, or has other characters than letters, digits, "_", "-", ".", ":" and "/"`)
}

function malformed(detail: string): Denial {
  return deny('body_refused', detail, { hint: `The message cannot be judged: ${detail}.` })
}

function unknown(detail: string): Denial {
  return deny('operation_unknown', detail)
}
