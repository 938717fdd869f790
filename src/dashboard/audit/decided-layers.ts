import type { AuditRecord } from './audit-record.ts'

type LayerName = 'org_policy' | 'user_consent' | 'agent_permissions'

/** As `parts/layers.tsx` draws them. */
export interface DecidedLayers {
  readonly layers: Readonly<Partial<Record<LayerName, { readonly effect: string; readonly reason?: string }>>>
  readonly decidedBy: LayerName | undefined
}

const LAYER = /^(org_policy|user_consent|agent_permissions): /

/**
 * The layers of a record as they are shown. The record has one reason for all three: it is put to the layer that it names, or else to the one
 * that did not allow, where it was one alone. Pure.
 */
export function layersOf({ layers, reason }: Pick<AuditRecord, 'layers' | 'reason'>): DecidedLayers {
  const effects: readonly (readonly [LayerName, string | undefined])[] = [['org_policy', layers?.org], ['user_consent', layers?.consent], ['agent_permissions', layers?.agent]]
  const told = effects.flatMap(([name, effect]) => (effect === undefined ? [] : [[name, effect] as const]))
  const against = told.filter(([, effect]) => effect !== 'allow')
  const named = LAYER.exec(reason ?? '')?.[1]
  const decidedBy = against.find(([name]) => name === named)?.[0] ?? (against.length === 1 ? against[0]?.[0] : undefined)
  return { decidedBy, layers: Object.fromEntries(told.map(([name, effect]) => [name, { effect, ...(name === decidedBy && reason !== undefined ? { reason: reason.replace(LAYER, '') } : {}) }])) }
}
