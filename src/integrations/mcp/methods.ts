import type { Access } from '../../model/operation.ts'

/** Where a method names what it acts on. */
export type TargetSource = 'tool' | 'prompt' | 'resource' | 'task' | 'reference' | 'subscriptions' | 'none'

/** What is known of one method of MCP that clients call. */
export interface MethodFacts {
  readonly access: Access
  /** Needed scopes; none for what only keeps a session going, or is shown as far as it is allowed. */
  readonly scopes: readonly string[]
  readonly target: TargetSource
  /** The member of `params` that `Mcp-Name` has to repeat. */
  readonly name?: 'name' | 'uri' | 'taskId'
}

const upkeep: MethodFacts = { access: 'read', scopes: [], target: 'none' }

/** Requests, of all revisions from 2025-03-26 to 2026-07-28. What is not here is refused. */
export const REQUESTS: ReadonlyMap<string, MethodFacts> = new Map<string, MethodFacts>([
  ['initialize', upkeep],
  ['server/discover', upkeep],
  ['ping', upkeep],
  ['logging/setLevel', upkeep],
  // Scope and targets follow from the resources that it names: each is a `resources/subscribe` of the revisions before.
  ['subscriptions/listen', { access: 'read', scopes: [], target: 'subscriptions' }],
  // Their answers show only what could be called, got or read.
  ['tools/list', upkeep],
  ['prompts/list', upkeep],
  ['resources/list', upkeep],
  // Scope and access follow from the tool.
  ['tools/call', { access: 'write', scopes: ['tools:call'], target: 'tool', name: 'name' }],
  ['prompts/get', { access: 'read', scopes: ['prompts:read'], target: 'prompt', name: 'name' }],
  ['resources/read', { access: 'read', scopes: ['resources:read'], target: 'resource', name: 'uri' }],
  ['resources/subscribe', { access: 'read', scopes: ['resources:read'], target: 'resource' }],
  ['resources/unsubscribe', { access: 'read', scopes: ['resources:read'], target: 'resource' }],
  ['resources/templates/list', { access: 'read', scopes: ['resources:read'], target: 'none' }],
  ['completion/complete', { access: 'read', scopes: [], target: 'reference' }],
  ['tasks/list', { access: 'read', scopes: ['tasks:read'], target: 'none' }],
  ['tasks/get', { access: 'read', scopes: ['tasks:read'], target: 'task', name: 'taskId' }],
  ['tasks/result', { access: 'read', scopes: ['tasks:read'], target: 'task' }],
  ['tasks/update', { access: 'write', scopes: ['tasks:write'], target: 'task', name: 'taskId' }],
  ['tasks/cancel', { access: 'write', scopes: ['tasks:write'], target: 'task', name: 'taskId' }],
])

/** Notifications that clients send; each speaks of the session or of a request of the client's own. */
export const NOTIFICATIONS: ReadonlySet<string> = new Set([
  'notifications/initialized', 'notifications/cancelled', 'notifications/progress', 'notifications/roots/list_changed', 'notifications/tasks/status',
])

/** What is no message of the client's asking, in our own words. */
export const STREAM_OPERATION = 'stream/open'
export const END_OPERATION = 'session/end'
export const RESPONSE_OPERATION = 'response'

/** Operations whose answers list what can be called; the stream among them, since an answer that was broken off is sent again on it. */
export const LISTING: ReadonlySet<string> = new Set(['tools/list', 'prompts/list', 'resources/list', STREAM_OPERATION])

export const TOOL_CALL = 'tools/call'
