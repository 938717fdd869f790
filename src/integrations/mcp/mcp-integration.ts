import type { Placement } from '../../model/credential.ts'
import type { Integration, Origin } from '../integration.ts'
import { mcpCatalogue } from './catalogue.ts'
import { mcpDenialAnswer } from './denial-answer.ts'
import { mcpListFilter } from './list-filter.ts'
import { LISTING } from './methods.ts'
import { mcpOperations } from './operations.ts'
import { SESSION_HEADER } from './routing-headers.ts'
import type { ToolOptions } from './tool-access.ts'
import { mcpVocabulary } from './vocabulary.ts'

/** An MCP server as the configuration describes it. */
export interface McpIntegrationOptions {
  readonly name: string
  /** Its `basePath` is the endpoint: `/mcp`. */
  readonly origin: Origin
  readonly tools: readonly ToolOptions[]
  /** `none` only where the configuration says so in words. */
  readonly credential: { readonly placement: Placement } | 'none'
}

/** An MCP server on streamable HTTP: policy by tool and arguments, lists as far as they are allowed, sessions tied to who began them. */
export function mcpIntegration({ name, origin, tools, credential }: McpIntegrationOptions): Integration {
  const operations = mcpOperations(name, tools)
  const endpoint = origin.basePath === '' ? '/' : origin.basePath
  return {
    name,
    origins: [{ ...origin, basePath: '' }],
    endpoint,
    catalogue: mcpCatalogue(endpoint, operations),
    vocabulary: mcpVocabulary(tools),
    sessions: { header: SESSION_HEADER },
    denialAnswer: (view, _request, body) => mcpDenialAnswer(view, body),
    answerFilter: (operation, mayCall) => (LISTING.has(operation.name) ? mcpListFilter(operations, mayCall) : undefined),
    // The endpoint takes no query and no form; what arguments mean, only the tool knows.
    credentialFields: credential !== 'none' && credential.placement.in === 'query' ? [credential.placement.name.toLowerCase()] : [],
    ...(credential === 'none' ? { credential: 'none' } : {}),
  }
}
