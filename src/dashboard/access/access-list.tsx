import type { JSX } from 'preact'
import type { DelegationView } from '../../authority/admin/wire/delegation.ts'
import { Chips } from '../parts/chips.tsx'
import { ScopeWords } from '../parts/scope-words.tsx'
import { Told } from '../parts/told.tsx'

type Access = DelegationView['access'][number]

/** What was approved at each integration: in words, on what, and by which account. */
export function AccessList({ access }: { readonly access: readonly Access[] }): JSX.Element {
  return <div class="stack access-list">{access.map((each) => <div key={keyOf(each)} class="stack-tight">
    <h3><Told text={each.title} maxLength={80} />{each.account !== null && <span class="muted"> as <Told text={each.account.name} maxLength={80} /></span>}</h3>
    <ScopeWords scopes={each.words} label={`What it may do at ${each.title}`} />
    {each.targets.includes('**') ? <p class="muted">On everything within reach</p> : <Chips texts={each.targets} label={`On what at ${each.title}`} />}
  </div>)}</div>
}

function keyOf({ integration, connection, scopes, targets }: Access): string {
  return [integration, connection ?? '', ...scopes, ...targets].join(' ')
}
