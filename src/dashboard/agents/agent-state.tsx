import type { JSX } from 'preact'
import type { AgentView } from '../../authority/admin/wire/agent.ts'
import { Badge } from '../parts/badge.tsx'
import { Ago } from '../parts/moment.tsx'

/** Whether it is in service, and who took it out, when and why. */
export function AgentState({ agent }: { readonly agent: AgentView }): JSX.Element {
  if (agent.status === 'active') return <Badge tone="good">active</Badge>
  const by = agent.revoked_by === 'config' ? 'in the configuration' : agent.revoked_by?.replace(/^user:/, 'by ')
  return <>
    <Badge tone="bad">revoked</Badge>
    <br /><span class="small muted">{agent.revoked_at !== null && <><Ago at={agent.revoked_at} /> </>}{by}{agent.revoke_reason !== null && <>: <bdi>{agent.revoke_reason}</bdi></>}</span>
  </>
}
