import type { YamlPath } from '../../lib/yaml-document.ts'
import type { ConfigText } from '../schema/config-schema.ts'

/** Something that is wrong only when several keys are looked at together. */
export interface Finding {
  readonly at: YamlPath
  readonly problem: string
  readonly expected: string
  /** Wrong enough to be told, not to refuse. */
  readonly warning?: true
}

/** One rule over the whole configuration. Pure. */
export type Check = (config: ConfigText) => Iterable<Finding>
