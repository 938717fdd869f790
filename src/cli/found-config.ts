import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { loadConfig, type LoadedConfig } from '../config/load-config.ts'

/** What `postern start` runs where it is there. */
export const DEFAULT_CONFIG = 'config/postern.yaml'
/** Where the demo keeps everything, below the directory that it is started in. */
export const DEMO_DIRECTORY = '.postern/demo'
/** Beside `src/` or `dist/`, in the checkout as in the package. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** Comes with the package: the integrations that its policies are written for. */
export const EXAMPLE_CONFIG = join(PACKAGE_ROOT, 'config', 'postern.example.yaml')

/** The configuration that was last run here: the one that `start` takes, else that of the demo. */
export function lastRunConfig(): string | undefined {
  return [DEFAULT_CONFIG, join(DEMO_DIRECTORY, 'postern.yaml')].find((file) => existsSync(file))
}

/**
 * What a configuration says, for commands that use none of its secrets: they need not be at hand.
 * @throws SourceError where it cannot be used
 */
export function readConfig(file: string): Promise<LoadedConfig> {
  return loadConfig({ file, references: 'ignore' })
}
