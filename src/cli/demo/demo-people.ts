import type { Attempt } from '../../demo/agent/agent-page.ts'
import type { DemoPersonText } from './demo-config.ts'

/** Whom anybody can be in the demo, by a click. */
export const DEMO_PEOPLE: readonly DemoPersonText[] = [
  { person: 'user:alice@acme.com', name: 'Alice Chen', groups: ['engineering'] },
  { person: 'user:bob@acme.com', name: 'Bob Diaz', groups: ['engineering'] },
  { person: 'user:olga@acme.com', name: 'Olga Petrova (operator)', groups: ['platform-ops'] },
]

/** What the demo's agent asks a person for (RFC 9396): a little more than it will get. */
export const DEMO_REQUEST: readonly Readonly<Record<string, unknown>>[] = [
  { type: 'postern', integration: 'github', scopes: ['pulls:write', 'contents:read', 'issues:read'], targets: ['acme-corp/*'] },
  { type: 'postern', integration: 'slack', scopes: ['chat:write'], targets: ['C0CODEREVIEW'] },
]

/** What it tries then: allowed, refused by the organisation, refused by its own permissions. */
export const DEMO_ATTEMPTS: readonly Attempt[] = [
  { label: 'Read a pull request', method: 'GET', integration: 'github', path: '/repos/acme-corp/backend/pulls/42', body: undefined, contentType: undefined },
  {
    label: 'Post a review', method: 'POST', integration: 'github', path: '/repos/acme-corp/backend/pulls/42/reviews',
    body: JSON.stringify({ event: 'COMMENT', body: 'Looks right.' }), contentType: 'application/json',
  },
  {
    label: 'Approve a change to production', method: 'POST', integration: 'github', path: '/repos/acme-corp/prod-payments/pulls/3/reviews',
    body: JSON.stringify({ event: 'APPROVE' }), contentType: 'application/json',
  },
  {
    label: 'Post to #general', method: 'POST', integration: 'slack', path: '/api/chat.postMessage',
    body: new URLSearchParams({ channel: 'C0GENERAL', text: 'hello' }).toString(), contentType: 'application/x-www-form-urlencoded',
  },
]
