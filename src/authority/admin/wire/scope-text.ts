import { z } from '@hono/zod-openapi'
import type { AdminIntegration } from '../integrations/admin-integration.ts'

/** A scope, and what it means to a person. */
export const scopeText = z.object({
  scope: z.string().openapi({ example: 'pulls:read' }),
  text: z.string().openapi({ example: 'Read pull requests, their reviews and comments' }),
}).openapi('ScopeText')

export type ScopeTextView = z.infer<typeof scopeText>

/** Scopes in plain words, as the consent page tells them; by their own name where the integration or the scope is not known. */
export function scopeTexts(scopes: readonly string[], integration: Pick<AdminIntegration, 'vocabulary' | 'words'> | undefined): ScopeTextView[] {
  return scopes.map((scope) => ({ scope, text: integration?.words.can(integration.vocabulary.canonicalScope(scope) ?? scope) ?? scope }))
}
