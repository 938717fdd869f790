import { join } from 'node:path'
import { bundleDashboard } from '../../scripts/dashboard-bundle.ts'
import { root } from '../house/source-tree.ts'

/** Before all tests: the dashboard as it stands in the source, for worlds that run from it. What needs the built program builds it itself. */
export async function setup(): Promise<void> {
  await bundleDashboard(root, join(root, 'dist', 'dashboard'))
}
