import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readDashboardBundle, type DashboardBundle } from '../../authority/dashboard/dashboard-bundle.ts'

/** Beside the built program; run from the source, what the last build left. */
const DIRECTORIES = [join(import.meta.dirname, '..', '..', 'dashboard'), join(import.meta.dirname, '..', '..', '..', 'dist', 'dashboard')]

/** The dashboard's files. @throws Error in one sentence where they were not built */
export function dashboardFiles(): DashboardBundle {
  const directory = DIRECTORIES.find((candidate) => existsSync(join(candidate, 'manifest.json')))
  if (directory === undefined) throw new Error('the dashboard is not built: run "npm run build" first')
  return readDashboardBundle(directory)
}
