import type { AdminDeps } from './admin-deps.ts'
import type { AdminApp } from './admin-env.ts'
import { agentRoutes } from './routes/agents.ts'
import { approvalRoutes } from './routes/approvals.ts'
import { auditRoutes } from './routes/audit.ts'
import { breakGlassRoutes } from './routes/break-glass.ts'
import { connectionRoutes } from './routes/connections.ts'
import { delegationRoutes } from './routes/delegations.ts'
import { integrationRoutes } from './routes/integrations.ts'
import { peopleRoutes } from './routes/people.ts'
import { permissionRoutes } from './routes/permissions.ts'
import { policyRoutes } from './routes/policy.ts'
import { sessionRoutes } from './routes/sessions.ts'

const ROUTES: readonly ((app: AdminApp, deps: AdminDeps) => void)[] = [
  peopleRoutes, integrationRoutes, agentRoutes, permissionRoutes, delegationRoutes, sessionRoutes, connectionRoutes, approvalRoutes, breakGlassRoutes, auditRoutes, policyRoutes,
]

/** Every route of the admin API, in the order of its description. */
export function addRoutes(app: AdminApp, deps: AdminDeps): void {
  for (const add of ROUTES) add(app, deps)
}
