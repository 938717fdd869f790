import type { OperationFacts, Vocabulary } from '../integration.ts'
import { END_OPERATION, NOTIFICATIONS, REQUESTS, RESPONSE_OPERATION, STREAM_OPERATION, TOOL_CALL } from './methods.ts'
import { TOOL_SCOPES } from './operations.ts'
import type { ToolOptions } from './tool-access.ts'

/** From the lightest on: each includes those before it. */
const LEVELS: readonly (readonly string[])[] = [['tools:read', 'tools:call', 'tools:admin'], ['tasks:read', 'tasks:write']]
const SCOPES: ReadonlySet<string> = new Set([...LEVELS.flat(), 'resources:read', 'prompts:read'])
/** What the design's words would be. */
const ALIASES: ReadonlyMap<string, string> = new Map([['tools:write', 'tools:call']])

/** The words for any MCP server: which tools there are only the server knows, so that tools are named by `target`. */
export function mcpVocabulary(tools: readonly ToolOptions[]): Vocabulary {
  const operations = [...operationFacts(tools)]
  return {
    canonicalScope: (text) => (SCOPES.has(text) ? text : ALIASES.get(text)),
    covers: (granted, needed) => granted === needed || LEVELS.some((level) => level.includes(needed) && level.indexOf(granted) > level.indexOf(needed)),
    // MCP compares names by case.
    canonicalTarget: (text) => text,
    operations: () => operations,
  }
}

function* operationFacts(tools: readonly ToolOptions[]): Generator<OperationFacts> {
  for (const { name, access } of tools) yield { name: `${TOOL_CALL} ${name}`, access, alternatives: [[TOOL_SCOPES[access]]] }
  for (const [name, { access, scopes, target }] of REQUESTS) {
    if (target === 'reference') yield { name, access, alternatives: [['prompts:read'], ['resources:read']] }
    else if (target === 'subscriptions') yield { name, access, alternatives: [[], ['resources:read']] }
    else yield { name: target === 'tool' ? `${TOOL_CALL} *` : name, access, alternatives: [scopes] }
  }
  for (const name of [...NOTIFICATIONS, STREAM_OPERATION, END_OPERATION, RESPONSE_OPERATION]) yield { name, access: 'read', alternatives: [[]] }
}
