import type { JSX } from 'preact'
import type { PolicyView } from '../../authority/admin/wire/policy.ts'
import { useResource } from '../api/use-resource.ts'
import type { PageProps } from '../app/page-props.ts'
import { Card } from '../parts/card.tsx'
import { Facts } from '../parts/facts.tsx'
import { Failure } from '../parts/failure.tsx'
import { Heading } from '../parts/heading.tsx'
import { Loading } from '../parts/loading.tsx'
import { Ago, Moment } from '../parts/moment.tsx'
import { Notice } from '../parts/notice.tsx'
import { ExplainForm } from './explain-form.tsx'
import { PolicyDocuments } from './policy-documents.tsx'
import { PolicyHistory } from './policy-history.tsx'
import '../style/policy.css'

const REFRESH_MS = 15_000

/** The policies in force, as they were loaded; what a request would get by them; how they came to be. */
export function PolicyPage({ api, place }: PageProps): JSX.Element {
  const policy = useResource('policy', (signal) => api.get<PolicyView>('/v1/policy', { signal }), { everyMs: REFRESH_MS })
  const told = policy.value
  return <>
    <Heading title="Policy" lead="The rules in force, as they were loaded: what agents may do is decided by these, by what people approved, and by nothing else." />
    {policy.error !== undefined && <Failure error={policy.error} retry={policy.reload} />}
    {told === undefined ? policy.error === undefined && <Loading what="the policies" /> : <>
      {told.rejected !== null && <Notice tone="bad" title="A change could not be used: the policies before it are still in force">
        <p><Moment at={told.rejected.at} /></p>
        <ul>{told.rejected.problems.map((problem) => <li key={problem}><code><bdi>{problem}</bdi></code></li>)}</ul>
      </Notice>}
      <Card title="In force"><Facts rows={[
        ['Since', <><Moment at={told.loaded_at} /> <span class="muted small"><Ago at={told.loaded_at} /></span></>],
        ['Hash', <code>{told.hash}</code>],
        ['Files', String(new Set(told.documents.map(({ file }) => file)).size)],
      ]} /></Card>
      <ExplainForm api={api} place={place} />
      <PolicyDocuments documents={told.documents} place={place} />
    </>}
    <PolicyHistory api={api} inForce={told?.hash} />
  </>
}
