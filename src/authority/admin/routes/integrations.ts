import { createRoute } from '@hono/zod-openapi'
import { connectUrl } from '../../connections/connect-url.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { integrationList, integrationView } from '../wire/integration.ts'
import { refusals } from '../wire/problem.ts'

const list = createRoute({
  method: 'get', path: '/v1/integrations', tags: ['Integrations'], summary: 'The upstream services that are configured',
  responses: { 200: { description: 'All of them, in the order of the configuration.', content: { 'application/json': { schema: integrationList } } }, ...refusals },
})

/** For the API's description. */
export const integrationPaths = [list]

/** The integrations: what there is, for everybody who is signed in. */
export function integrationRoutes(app: AdminApp, { integrations, origin }: AdminDeps): void {
  app.openapi(list, (c) => c.json({ items: [...integrations.values()].map((each) => integrationView(each, (name) => connectUrl(origin, name))) }, 200))
}
