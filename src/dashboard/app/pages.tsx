import type { JSX } from 'preact'
import { MyAgentsPage } from '../access/my-agents-page.tsx'
import { AgentPage } from '../agents/agent-page.tsx'
import { AgentsPage } from '../agents/agents-page.tsx'
import { seesAll, type Me } from '../api/me.ts'
import { AuditPage } from '../audit/audit-page.tsx'
import { RecordPage } from '../audit/record-page.tsx'
import { ConnectionsPage } from '../connections/connections-page.tsx'
import { Empty } from '../parts/empty.tsx'
import { PolicyPage } from '../policy/policy-page.tsx'
import type { PageProps } from './page-props.ts'
import { matchPath } from './router.ts'

interface Page {
  /** Of the tab. */
  readonly title: string
  show(props: PageProps): JSX.Element
}

/** The entries of the navigation, in order. */
export const PLACES: readonly { readonly href: string; readonly label: string; readonly elsewhere?: boolean; isFor(me: Me): boolean }[] = [
  { href: '/', label: 'My agents', isFor: () => true },
  { href: '/connections', label: 'Connections', isFor: () => true },
  { href: '/agents', label: 'Agents', isFor: seesAll },
  // Links in messages lead there, also where scripts are off: a page of the server.
  { href: '/approvals', label: 'Approvals', elsewhere: true, isFor: () => true },
  { href: '/audit', label: 'Audit', isFor: () => true },
  { href: '/policy', label: 'Policy', isFor: seesAll },
]

const PAGES: readonly { readonly form: string; readonly title: string; show(props: PageProps, named: Readonly<Record<string, string>>): JSX.Element }[] = [
  { form: '/', title: 'My agents', show: (props) => <MyAgentsPage {...props} /> },
  { form: '/connections', title: 'Connections', show: (props) => <ConnectionsPage {...props} /> },
  { form: '/agents', title: 'Agents', show: (props) => <AgentsPage {...props} /> },
  { form: '/agents/:name', title: 'Agent', show: (props, { name = '' }) => <AgentPage {...props} id={`agent:${name}`} /> },
  { form: '/audit', title: 'Audit', show: (props) => <AuditPage {...props} /> },
  { form: '/audit/:chain/:seq', title: 'Audit record', show: (props, { chain = '', seq = '' }) => <RecordPage {...props} chain={chain} seq={seq} /> },
  { form: '/policy', title: 'Policy', show: (props) => <PolicyPage {...props} /> },
]

/** The page of a path; a path of none says so. */
export function pageAt(path: string): Page {
  for (const { form, title, show } of PAGES) {
    const named = matchPath(form, path)
    if (named !== undefined) return { title, show: (props) => show(props, named) }
  }
  return { title: 'No such page', show: () => <Empty title="There is no such page" next={{ href: '/', label: 'Go to your agents' }}>Nothing of ours is at this address.</Empty> }
}
