import type { JSX } from 'preact'
import type { ExplanationView } from '../../authority/admin/wire/explanation.ts'
import { Chips } from '../parts/chips.tsx'
import { durationText } from '../parts/duration.ts'
import { Facts } from '../parts/facts.tsx'
import { Layers } from '../parts/layers.tsx'
import { Notice } from '../parts/notice.tsx'
import { policyPlace } from './policy-place.ts'

type Decided = Extract<ExplanationView, { matched: true }>

const HEADS = {
  allow: { tone: 'good', title: 'It would be allowed' },
  ask: { tone: 'warn', title: 'A person would be asked first' },
  deny: { tone: 'bad', title: 'It would be denied' },
} as const
const CONSENTS = {
  delegation: 'by a delegation, as it stands',
  assumed: 'assumed: the person is taken to have approved all that is asked',
  none: 'none: the agent acts for itself',
} as const

/** What a request would get, layer by layer. */
export function ExplanationResult({ told }: { readonly told: ExplanationView }): JSX.Element {
  if (!told.matched) return <Notice tone="bad" title={told.title}><p>{told.detail}</p><p class="small muted"><code>{told.code}</code>: refused before any rule is asked.</p></Notice>
  const { tone, title } = HEADS[told.effect]
  return <div class="stack">
    <Notice tone={tone} title={title}><p>{told.sentence}</p></Notice>
    <Layers layers={told.layers} decidedBy={told.decided_by} hrefOf={policyPlace} />
    <Facts rows={factsOf(told)} />
  </div>
}

function factsOf({ operation, scopes, expires_in_s: expires, limits, authority, consent, effect }: Decided): Parameters<typeof Facts>[0]['rows'] {
  return [
    ['Operation', <><code>{operation.name}</code> at {operation.integration}, {operation.access}</>],
    ['Targets', operation.targets.kind === 'named' ? <Chips texts={operation.targets.names} /> : operation.targets.kind === 'none' ? 'it has none' : `could not be told: ${operation.targets.reason}`],
    ['Needs', operation.scopes.length === 0 ? 'not known' : operation.scopes.map((set) => set.join(' and ')).join(', or ')],
    effect === 'deny' ? undefined : ['Credential', <>{scopes.length === 0 ? 'without a scope' : <Chips texts={scopes} />}{expires === null ? '' : ` for ${durationText(expires)} at most`}, by the {authority === 'person' ? 'person’s' : 'organisation’s'} authority</>],
    ['Consent', CONSENTS[consent]],
    limits.length === 0 ? undefined : ['Limits', limits.map(({ rule, requests, per_s: seconds }) => `${requests} in ${durationText(seconds)} by ${rule}`).join('; ')],
  ]
}
