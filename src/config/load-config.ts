import { SourceError } from '../lib/source-position.ts'
import type { SourceProblem } from '../lib/source-position.ts'
import type { Config } from './config.ts'
import { deepFreeze } from './deep-freeze.ts'
import { readConfigText } from './read-config-text.ts'
import { References } from './references.ts'
import { resolveConfig } from './resolve/resolve-config.ts'
import type { ConfigText } from './schema/config-schema.ts'

export interface LoadOptions {
  readonly file: string
  /** Default: this process's. */
  readonly env?: NodeJS.ProcessEnv
  /** Where relative paths begin; default: where this process was started. */
  readonly baseDirectory?: string
  /** `ignore`: for reading only; what then stands for secrets, certificates and keys must not be used. Default: `follow`. */
  readonly references?: 'follow' | 'ignore'
}

export interface LoadedConfig {
  readonly config: Config
  /** What stands in the file, with defaults and without secrets: what a later reading is compared with. */
  readonly text: ConfigText
  /** Told, and no reason to refuse. */
  readonly warnings: readonly SourceProblem[]
}

/**
 * Reads the configuration: file, schema, rules over several keys, references; secret commands run once, here.
 * @throws SourceError with every problem found, each with file, line and column
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { env = process.env, baseDirectory = process.cwd(), references: mode = 'follow' } = options
  const { document, text, problems, warnings } = await readConfigText(options.file)
  const references = new References(document, { env, baseDirectory, references: mode })
  const config = await resolveConfig(text, references)
  const all = [...problems, ...references.problems]
  if (all.length > 0) throw new SourceError(all.toSorted((one, other) => one.line - other.line))
  return { config: deepFreeze(config), text: deepFreeze(text), warnings: [...warnings, ...references.warnings] }
}
