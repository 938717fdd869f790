import type { AuditFilter, IndexedRecord } from '../ports/audit-index.ts'
import type { KeySpace } from './key-space.ts'

type Searched = Pick<AuditFilter, 'agent' | 'person' | 'delegation' | 'session' | 'integration' | 'outcome'>

/** The sorted sets of places that a record stands in. */
export function setsOf(key: KeySpace, { agent, person, delegation, session, integration, outcome }: IndexedRecord): readonly string[] {
  return [
    key('audit', 'all'),
    ...(person === undefined ? [] : [key('audit', 'for', person)]),
    ...(agent === undefined ? [] : [key('audit', 'by', agent)]),
    ...(delegation === undefined ? [] : [key('audit', 'under', delegation)]),
    ...(session === undefined ? [] : [key('audit', 'during', session)]),
    ...(integration === undefined ? [] : [key('audit', 'at', integration)]),
    // What went well is nearly all: a set of it would be a second one of all.
    ...(outcome === undefined || outcome === 'ok' ? [] : [key('audit', 'ended', outcome)]),
  ]
}

/**
 * The set that leaves the fewest records to look at.
 * @param filled whether the sets that came with version 2 of the form hold all records
 */
export function narrowestSet(key: KeySpace, { agent, person, delegation, session, integration, outcome }: Searched, filled: boolean): string {
  if (filled) {
    if (session !== undefined) return key('audit', 'during', session)
    if (delegation !== undefined) return key('audit', 'under', delegation)
    if (outcome !== undefined && outcome !== 'ok') return key('audit', 'ended', outcome)
  }
  if (person !== undefined) return key('audit', 'for', person)
  if (agent !== undefined) return key('audit', 'by', agent)
  return integration === undefined ? key('audit', 'all') : key('audit', 'at', integration)
}
