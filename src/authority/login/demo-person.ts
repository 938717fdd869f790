import type { PersonId } from '../../model/ids.ts'

/** A person who needs no identity provider: on the demo's machine alone. */
export interface DemoPerson {
  readonly person: PersonId
  readonly name: string
  readonly groups: readonly string[]
}
