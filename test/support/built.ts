import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bundleDashboard } from '../../scripts/dashboard-bundle.ts'
import { root } from '../house/source-tree.ts'

const DIRECTORY = join(root, 'dist', 'dashboard')

/** Before all tests: the dashboard as it stands in the source, for worlds that run from it. What needs the built program builds it itself. */
export async function setup(): Promise<void> {
  try {
    await bundleDashboard(root, DIRECTORY)
  } catch (error) {
    // While it is being written, what does not look at it can still be tested; where a change is judged, nothing stands in for it.
    if (process.env['CI'] !== undefined || !existsSync(join(DIRECTORY, 'manifest.json'))) throw error
    process.stderr.write('The dashboard does not build at the moment: the tests see the one that was built last.\n')
  }
}
