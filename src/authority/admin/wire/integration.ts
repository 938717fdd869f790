import { z } from '@hono/zod-openapi'
import type { AdminIntegration } from '../integrations/admin-integration.ts'

/** One configured integration as it is answered. */
export const integration = z.object({
  name: z.string(),
  title: z.string().openapi({ description: 'how people call it', example: 'GitHub' }),
  type: z.string().openapi({ description: 'as the configuration says it', example: 'github' }),
  connectable: z.boolean().openapi({ description: 'whether people connect accounts of their own' }),
  connect_url: z.string().nullable().openapi({ description: 'where one does so' }),
  authority: z.enum(['person', 'organisation', 'both', 'none'])
    .openapi({ description: 'by whose authority calls can be made; `none`: this upstream takes no credential. Whether a rule lends the organisation’s is policy’s to say' }),
}).openapi('Integration')

export const integrationList = z.object({ items: z.array(integration) }).openapi('IntegrationList')

export type IntegrationView = z.infer<typeof integration>

/** The integration as it is answered. */
export function integrationView({ name, title, type, connectable, authority }: AdminIntegration, connectUrl: (name: string) => string): IntegrationView {
  return { name, title, type, connectable, connect_url: connectable ? connectUrl(name) : null, authority }
}
