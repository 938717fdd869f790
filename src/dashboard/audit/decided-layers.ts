import type { LayersProps } from '../parts/layers.tsx'
import type { AuditRecord } from './audit-record.ts'

/**
 * The layers of a record as they are shown. The record has one reason for all three: it is put to the layer that did not allow, where it was one
 * alone. Pure.
 */
export function layersOf({ layers, reason }: Pick<AuditRecord, 'layers' | 'reason'>): Pick<LayersProps, 'layers' | 'decidedBy'> {
  const effects = { org_policy: layers?.org, user_consent: layers?.consent, agent_permissions: layers?.agent }
  const told = Object.entries(effects).flatMap(([name, effect]) => (effect === undefined ? [] : [[name, effect] as const]))
  const against = told.filter(([, effect]) => effect !== 'allow')
  const decidedBy = against.length === 1 ? against[0]?.[0] : undefined
  return { decidedBy, layers: Object.fromEntries(told.map(([name, effect]) => [name, { effect, ...(name === decidedBy && reason !== undefined ? { reason } : {}) }])) }
}
