import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PACKAGE_ROOT } from '../package-root.ts'
import { readDashboardBundle, type DashboardBundle } from '../../authority/dashboard/dashboard-bundle.ts'

/** Beside the program; run from the source, what the last build left. */
const DIRECTORY = join(PACKAGE_ROOT, 'dist', 'dashboard')

/** The dashboard's files. @throws Error in one sentence where they were not built */
export function dashboardFiles(): DashboardBundle {
  if (!existsSync(join(DIRECTORY, 'manifest.json'))) throw new Error('the dashboard is not built: run "npm run build" first')
  return readDashboardBundle(DIRECTORY)
}
