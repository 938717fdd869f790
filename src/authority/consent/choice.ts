import { scopesOf, type Level, type Offer } from './offer.ts'

/** What stands in the form: as it is shown first, or as somebody sent it. Nothing in it is to be relied on. */
export interface Choice {
  /** Keys of scopes; those that are not named are not ticked. */
  readonly levels: ReadonlyMap<string, Level>
  /** By a part's key: one target a line. */
  readonly targets: ReadonlyMap<string, string>
  /** By a section's key. */
  readonly connections: ReadonlyMap<string, string>
  /** Or `AS_BEFORE`. */
  readonly durationMs: number
}

/** In the place of a duration: the end of what was approved before stays what it is. */
export const AS_BEFORE = 0

/** Names of the form's fields. */
export const FIELDS = {
  scope: (key: string) => `scope.${key}`,
  level: (key: string) => `level.${key}`,
  targets: (key: string) => `targets.${key}`,
  connection: (key: string) => `connection.${key}`,
  duration: 'duration',
  answer: 'answer',
} as const

/** All that was asked for, as far as it can be approved now: what needs an account that is not connected is not ticked. Pure. */
export function firstChoice(offer: Offer): Choice {
  const open = [...scopesOf(offer)].filter(({ section, scope }) => scope.state === 'open' && section.connection.kind !== 'connect')
  return {
    levels: new Map(open.map(({ scope }) => [scope.key, scope.levels.asked === undefined ? 'read' : 'asked'])),
    targets: new Map(offer.sections.flatMap(({ parts }) => parts.map(({ key, targets }) => [key, targets.join('\n')]))),
    connections: new Map(offer.sections.flatMap(({ key, connection }) =>
      (connection.kind === 'choose' && connection.connections[0] !== undefined ? [[key, connection.connections[0].id]] : []))),
    durationMs: presetOf(offer),
  }
}

/** Reads the form that was made for this offer. Pure. */
export function readChoice(offer: Offer, form: URLSearchParams): Choice {
  const first = firstChoice(offer)
  const ticked = [...scopesOf(offer)].filter(({ scope }) => form.has(FIELDS.scope(scope.key)))
  return {
    levels: new Map(ticked.map(({ scope }) => [scope.key, form.get(FIELDS.level(scope.key)) === 'read' || scope.levels.asked === undefined ? 'read' : 'asked'])),
    // Browsers send lines with CR LF (HTML, form submission).
    targets: new Map([...first.targets].map(([key, asked]) => [key, form.get(FIELDS.targets(key))?.replaceAll('\r\n', '\n') ?? asked])),
    connections: new Map([...first.connections].map(([key, preset]) => [key, form.get(FIELDS.connection(key)) ?? preset])),
    durationMs: Number(form.get(FIELDS.duration) ?? presetOf(offer)),
  }
}

function presetOf({ standingEndMs, presetMs }: Offer): number {
  return standingEndMs === undefined ? presetMs : AS_BEFORE
}
