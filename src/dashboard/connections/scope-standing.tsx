import type { ComponentChildren, JSX } from 'preact'
import type { ConnectionView } from '../../authority/admin/wire/connection.ts'
import { Badge } from '../parts/badge.tsx'
import { Told } from '../parts/told.tsx'
import { ScopeWords } from '../parts/scope-words.tsx'

/** What the upstream granted, held against what agents' approvals need: what is missing, and what nobody uses. */
export function ScopeStanding({ connection }: { readonly connection: ConnectionView }): JSX.Element {
  const { granted, missing, excess, scopes_note: note, title } = connection
  const unused = new Set((excess ?? []).map(({ scope }) => scope))
  const used = (granted ?? []).filter(({ scope }) => !unused.has(scope))
  return <div class="standing">
    {missing !== null && missing.length > 0 && <Group label="Missing" badge={<Badge tone="warn">not granted</Badge>} hint={`Agents that need this are refused. Consent again and grant it at ${title}.`}>
      <ScopeWords scopes={missing} label="Missing scopes" />
    </Group>}
    {used.length > 0 && <Group label={excess === null ? 'Granted' : 'Granted and used'}><ScopeWords scopes={used} label="Granted scopes" /></Group>}
    {excess !== null && excess.length > 0 && <Group label="Granted, used by no agent" badge={<Badge>in excess</Badge>} hint={`No approval needs this. No agent gets it without one; you can take it back at ${title}.`}>
      <ScopeWords scopes={excess} label="Scopes in excess" />
    </Group>}
    {missing !== null && missing.length === 0 && granted !== null && <p class="muted small">Nothing is missing.</p>}
    {note !== null && <p class="muted"><Told text={note} maxLength={400} /></p>}
  </div>
}

function Group({ label, badge, hint, children }: { readonly label: string; readonly badge?: JSX.Element; readonly hint?: string; readonly children: ComponentChildren }): JSX.Element {
  return <div class="stack-tight">
    <h3>{label} {badge}</h3>
    {children}
    {hint !== undefined && <p class="hint">{hint}</p>}
  </div>
}
