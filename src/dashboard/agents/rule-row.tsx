import type { JSX } from 'preact'
import type { PermissionsView } from '../../authority/admin/wire/permissions.ts'
import { Badge } from '../parts/badge.tsx'
import { Chips } from '../parts/chips.tsx'
import { durationText } from '../parts/duration.ts'
import { FileName } from '../parts/file-name.tsx'

type Rule = PermissionsView['rules'][number]
const TONES = { allow: 'good', ask: 'warn', deny: 'bad' } as const

/** One rule in its author's words, and where it stands. */
export function RuleRow({ rule }: { readonly rule: Rule }): JSX.Element {
  const conditions = conditionsOf(rule)
  return <li class="rule">
    <span class="rule-effect"><Badge tone={TONES[rule.effect]}>{rule.effect}</Badge></span>
    <div class="rule-line">
      <strong>{rule.id}</strong> <span class="muted"><FileName file={rule.file} line={rule.line} /></span>
      {rule.because !== null && <p class="muted">{rule.because}</p>}
    </div>
    <div class="rule-line">{conditions.length === 0 ? <span class="muted">everything</span> : <Chips texts={conditions} label="What it matches" />}
      {boundsOf(rule) !== '' && <p class="small muted">{boundsOf(rule)}</p>}
    </div>
  </li>
}

/** `target acme-corp/*`, `access write, admin`; of a rule that matches everything none. Pure. */
export function conditionsOf({ match }: Pick<Rule, 'match'>): readonly string[] {
  return Object.entries(match).flatMap(([name, value]) => {
    if (value === undefined) return []
    return [`${name.replaceAll('_', ' ')} ${Array.isArray(value) ? value.join(', ') : String(value)}`]
  })
}

function boundsOf({ expires_in_s: expires, limits }: Rule): string {
  return [
    ...(expires === null ? [] : [`credentials live ${durationText(expires)} at most`]),
    ...limits.map((limit) => `${limit.requests} requests in ${durationText(limit.per_s)} at most`),
  ].join('; ')
}
