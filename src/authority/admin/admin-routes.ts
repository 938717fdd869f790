import { OpenAPIHono } from '@hono/zod-openapi'
import { HTTPException } from 'hono/http-exception'
import { codeOfThrown, Fault } from '../../model/denial.ts'
import { StoreError } from '../../store/store-error.ts'
import type { AdminDeps } from './admin-deps.ts'
import { addRoutes } from './all-routes.ts'
import type { AdminApp, AdminContext, AdminEnv } from './admin-env.ts'
import { openApiDocument } from './openapi-document.ts'
import { notFound, refuse } from './refuse.ts'
import { answerHeaders, boundedBody, breakGlassOnRecord, knownMethods, recordRefusals, whoAsks, withinRate } from './steps.ts'

/** The admin API (`/v1`): a list of steps that every request takes, then one handler for each route. */
export function adminRoutes(deps: AdminDeps): AdminApp {
  const app: AdminApp = new OpenAPIHono<AdminEnv>({
    defaultHook: (result, c: AdminContext) => {
      if (result.success) return undefined
      const errors = result.error.issues.slice(0, 20).map(({ path, message }) => ({ field: path.join('.').slice(0, 100), problem: message.slice(0, 200) }))
      return refuse(c, 'input_refused', 'a field is missing, unknown or malformed', { errors })
    },
  })
  app.onError((error, c) => answerFor(error, c, deps))
  app.use('/v1/*', answerHeaders)
  app.use('/v1/*', recordRefusals(deps)) // outside all that refuses
  app.use('/v1/*', knownMethods)
  // Public: it says nothing that the documentation does not.
  let described: string | undefined
  app.get('/v1/openapi.json', (c) => c.body((described ??= JSON.stringify(openApiDocument())), 200, { 'Content-Type': 'application/json' }))
  app.use('/v1/*', whoAsks(deps)) // before a body is read
  app.use('/v1/*', withinRate(deps)) // needs to know who
  app.use('/v1/*', boundedBody)
  app.use('/v1/*', breakGlassOnRecord(deps)) // last: what was refused was no use of the role
  addRoutes(app, deps)
  app.all('/v1/*', (c) => notFound(c))
  return app
}

function answerFor(error: Error, c: AdminContext, deps: AdminDeps): Response {
  if (error instanceof HTTPException) {
    return error.status === 415
      ? refuse(c, 'media_type_refused', 'the body is no application/json', { hint: 'Bodies are application/json.' })
      : refuse(c, 'input_refused', 'the body cannot be read', { hint: 'The body is no JSON.' })
  }
  deps.onBroken(error)
  if (error instanceof StoreError) return refuse(c, 'store_unavailable', error.code)
  return refuse(c, codeOfThrown(error), error instanceof Fault ? error.message : 'a defect')
}
