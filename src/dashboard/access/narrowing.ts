import type { DelegationView } from '../../authority/admin/wire/delegation.ts'

type Access = DelegationView['access'][number]

/** What is to stay of one part of an approval. */
export interface KeptAccess {
  readonly scopes: ReadonlySet<string>
  readonly targets: ReadonlySet<string>
  /** By pattern: names that it matches, one a line, which take its place; where none is written the pattern stays. */
  readonly names: ReadonlyMap<string, string>
}

/** The form of a narrowing, as it is filled in. */
export interface NarrowingForm {
  /** As the approval's access, in order. */
  readonly kept: readonly KeptAccess[]
  /** From now on; undefined for the end that stands. */
  readonly endsInMs: number | undefined
}

/** What is sent; or why nothing can be, in a sentence. */
export type Narrowing =
  | { readonly body: { readonly version: number; readonly access?: readonly Pick<Access, 'integration' | 'scopes' | 'targets'>[]; readonly expires_at?: string } }
  | { readonly problem: string }

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const EARLIER: readonly (readonly [endsInMs: number, words: string])[] = [
  [15 * MINUTE_MS, 'in 15 minutes'], [HOUR_MS, 'in 1 hour'], [4 * HOUR_MS, 'in 4 hours'], [8 * HOUR_MS, 'in 8 hours'], [DAY_MS, 'in 1 day'], [7 * DAY_MS, 'in 7 days'],
]

/** Everything stays. Pure. */
export function wholeForm(access: readonly Access[]): NarrowingForm {
  return { kept: access.map(({ scopes, targets }) => ({ scopes: new Set(scopes), targets: new Set(targets), names: new Map() })), endsInMs: undefined }
}

/** Ends that can be chosen: only such as come before the one that stands. Pure. */
export function earlierEnds(expiresAt: string, nowMs: number): readonly (readonly [endsInMs: number, words: string])[] {
  return EARLIER.filter(([endsInMs]) => nowMs + endsInMs < Date.parse(expiresAt))
}

/** Whether a target stands for several. Pure. */
export function isPattern(target: string): boolean {
  return target.includes('*')
}

/** The request that the form stands for. Pure. */
export function narrowingOf({ access, version }: Pick<DelegationView, 'access' | 'version'>, form: NarrowingForm, nowMs: number): Narrowing {
  const after = access.flatMap((each, at) => {
    const kept = form.kept[at]
    return kept === undefined ? [] : [keptOf(each, kept)]
  }).filter(({ scopes, targets }) => scopes.length > 0 && targets.length > 0)
  const isSame = after.length === access.length && after.every((each, at) => sameTexts(each.scopes, access[at]?.scopes) && sameTexts(each.targets, access[at]?.targets))
  if (after.length === 0) return { problem: 'Nothing would be left of it. To take all of it back, revoke it.' }
  if (isSame && form.endsInMs === undefined) return { problem: 'Nothing is taken away yet.' }
  return {
    body: {
      version,
      ...(isSame ? {} : { access: after }),
      ...(form.endsInMs === undefined ? {} : { expires_at: new Date(nowMs + form.endsInMs).toISOString() }),
    },
  }
}

function keptOf({ integration, scopes, targets }: Access, { scopes: ticked, targets: kept, names }: KeptAccess): Pick<Access, 'integration' | 'scopes' | 'targets'> {
  const narrowed = targets.filter((target) => kept.has(target)).flatMap((target) => {
    const written = linesOf(names.get(target) ?? '')
    return written.length === 0 ? [target] : written
  })
  return { integration, scopes: scopes.filter((scope) => ticked.has(scope)), targets: [...new Set(narrowed)] }
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').map((line) => line.trim()).filter((line) => line !== '')
}

function sameTexts(some: readonly string[], others: readonly string[] = []): boolean {
  return some.length === others.length && some.every((text, at) => text === others[at])
}
