import type { JSX } from 'preact'
import type { PermissionsView } from '../../authority/admin/wire/permissions.ts'
import type { Api } from '../api/client.ts'
import { useResource } from '../api/use-resource.ts'
import { Link } from '../app/link.tsx'
import { Card } from '../parts/card.tsx'
import { Failure } from '../parts/failure.tsx'
import { shortFile } from '../parts/file-name.tsx'
import { Loading } from '../parts/loading.tsx'
import { RuleRow } from './rule-row.tsx'

/** What the policies in force say of an agent: its own rules, and those of the organisation that can concern it. */
export function AgentPermissions({ api, id }: { readonly api: Api; readonly id: string }): JSX.Element {
  const told = useResource(`permissions ${id}`, (signal) => api.get<PermissionsView>(`/v1/agents/${encodeURIComponent(id)}/permissions`, { signal }))
  const own = told.value?.rules.filter(({ layer }) => layer === 'agent') ?? []
  const org = told.value?.rules.filter(({ layer }) => layer === 'org') ?? []
  return <Card title="What policy lets it do" aside={<Link class="small" href={`/policy?agent=${encodeURIComponent(id)}#explain`}>Explain a request</Link>}>
    {told.error !== undefined && <Failure error={told.error} retry={told.reload} />}
    {told.value === undefined ? told.error === undefined && <Loading what="its permissions" /> : <div class="stack">
      {told.value.policy_file === null
        ? <p class="empty">No policy file is for this agent, so it may nothing. Write one: <code>policy: agent</code>, <code>agent: {id}</code>, and rules that allow.</p>
        : <Rules label={`Its own rules, of ${shortFile(told.value.policy_file)}; what none of them allows is denied`} rules={own} />}
      {org.length > 0 && <Rules label="Rules of the organisation that can concern it" rules={org} />}
    </div>}
  </Card>
}

function Rules({ label, rules }: { readonly label: string; readonly rules: PermissionsView['rules'] }): JSX.Element {
  return <section class="stack-tight"><h3 class="muted">{label}</h3>
    {rules.length === 0 ? <p>There is none.</p> : <ul class="rules">{rules.map((rule) => <RuleRow key={rule.id} rule={rule} />)}</ul>}
  </section>
}
