import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { LoadedConfig } from '../config/load-config.ts'

/** What `postern start` runs where it is there. */
export const DEFAULT_CONFIG = 'config/postern.yaml'
/** Where the demo keeps everything, below the directory that it is started in. */
export const DEMO_DIRECTORY = '.postern/demo'
/** The configuration that was last run here: the one that `start` takes, else that of the demo. */
export function lastRunConfig(): string | undefined {
  return [DEFAULT_CONFIG, join(DEMO_DIRECTORY, 'postern.yaml')].find((file) => existsSync(file))
}

/**
 * What a configuration says, for commands that use none of its secrets: they need not be at hand.
 * @throws SourceError where it cannot be used
 */
export async function readConfig(file: string): Promise<LoadedConfig> {
  const { loadConfig } = await import('../config/load-config.ts')
  return loadConfig({ file, references: 'ignore' })
}
