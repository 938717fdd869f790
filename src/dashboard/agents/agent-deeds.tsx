import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AgentView } from '../../authority/admin/wire/agent.ts'
import type { ReportView } from '../../authority/admin/wire/report.ts'
import type { Api } from '../api/client.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { RevocationReport } from '../parts/revocation-report.tsx'

export interface AgentDeedsProps {
  readonly api: Api
  readonly agent: AgentView
  readonly isSmall?: boolean
  /** After anything was done. */
  onDone(): void
}

/** What an operator can do about an agent, in two clicks; what the configuration revokes, only the configuration restores. */
export function AgentDeeds({ api, agent, isSmall = false, onDone }: AgentDeedsProps): JSX.Element | null {
  const [isAsking, setAsking] = useState(false)
  const [report, setReport] = useState<ReportView>()
  const isActive = agent.status === 'active'
  if (!isActive && agent.revoked_by === 'config') return null
  const close = (done: boolean): void => {
    setAsking(false)
    if (done) onDone()
  }
  return <div class="actions">
    <button type="button" class={isSmall ? 'button-small' : ''} onClick={() => { setAsking(true) }}>
      {isActive ? 'Revoke' : 'Restore'}<span class="visually-hidden">: {agent.name}</span>
    </button>
    {isAsking && isActive && <Confirm title={`Revoke ${agent.name}?`} verb="Revoke" danger asksReason onClose={close}
      act={async (reason) => { setReport(await api.post<ReportView>(`/v1/agents/${agent.id}/revoke`, reason === undefined ? {} : { reason })) }}>
      <p>It stops at once, for everybody: its calls are refused, its open streams are cut, and its delegations end for good. Other agents notice nothing.</p>
      <p class="muted">It can be put back into service; people then have to approve it again.</p>
    </Confirm>}
    {isAsking && !isActive && <Confirm title={`Restore ${agent.name}?`} verb="Restore" asksReason onClose={close}
      act={(reason) => api.post(`/v1/agents/${agent.id}/restore`, reason === undefined ? {} : { reason })}>
      <p>It can be used again. What people had approved stays ended: they approve it anew.</p>
    </Confirm>}
    {report !== undefined && <Dialog title={`${agent.name} is revoked`} onClose={() => { setReport(undefined) }}>
      <RevocationReport report={report} title="What ended with it" />
      <div class="actions"><button type="button" class="button-accent" onClick={() => { setReport(undefined) }}>Close</button></div>
    </Dialog>}
  </div>
}
