import { createRoute, z } from '@hono/zod-openapi'
import { readsAll } from '../access/caller.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminApp } from '../admin-env.ts'
import { refuse } from '../refuse.ts'
import { refusals } from '../wire/problem.ts'
import { moment, momentOf } from '../wire/values.ts'

const show = createRoute({
  method: 'get', path: '/v1/policy', tags: ['Policy'], summary: 'Which policies are in force',
  responses: {
    200: {
      description: 'The policies in force, and the last change that could not be used.',
      content: {
        'application/json': {
          schema: z.object({
            hash: z.string(), loaded_at: moment,
            rejected: z.object({ at: moment, problems: z.array(z.string()) }).nullable(),
          }).openapi('Policy'),
        },
      },
    },
    ...refusals,
  },
})

/** For the API's description. */
export const policyPaths = [show]

/** The policies, for those who answer for them. */
export function policyRoutes(app: AdminApp, deps: AdminDeps): void {
  app.openapi(show, (c) => {
    if (!readsAll(c.get('caller'))) return refuse(c, 'role_required', 'the policies are shown to operators and auditors')
    const { hash, loadedAtMs, rejected } = deps.policy()
    const told = rejected === undefined ? null : { at: momentOf(rejected.atMs), problems: [...rejected.problems] }
    return c.json({ hash, loaded_at: momentOf(loadedAtMs), rejected: told }, 200)
  })
}
