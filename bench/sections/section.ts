import type { Row } from '../measure.ts'
import type { World } from '../world.ts'

/** One table of the bench. */
export interface Section {
  /** By which `--only` names it. */
  readonly name: string
  readonly title: string
  measure(world: World): Promise<readonly Row[]>
}
