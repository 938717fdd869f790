import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { DelegationView } from '../../authority/admin/wire/delegation.ts'
import type { PageProps } from '../app/page-props.ts'
import { Failure } from '../parts/failure.tsx'
import { Heading } from '../parts/heading.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { Loading } from '../parts/loading.tsx'
import { Notice } from '../parts/notice.tsx'
import { AgentCard } from './agent-card.tsx'
import { FirstSteps } from './first-steps.tsx'
import { NarrowDialog } from './narrow-dialog.tsx'
import { PastDelegations } from './past-delegations.tsx'
import { RevokeDialogs } from './revoke-dialogs.tsx'
import type { Revocation } from './revocation.ts'
import { useMyAccess, type MyAccess } from './use-my-access.ts'
import { WaitingNotice } from './waiting-notice.tsx'
import '../style/access.css'

/** What acts for the reader: what it may do, by which account, until when; and how it is taken back. */
export function MyAgentsPage({ api, me }: PageProps): JSX.Element {
  const access = useMyAccess(api, me)
  const [wish, setWish] = useState<Revocation>()
  const [narrowed, setNarrowed] = useState<DelegationView>()
  return <>
    <Heading title="My agents" lead="Agents that you let act on your behalf. What you revoke stops at once, open connections included." />
    {access.error !== undefined && <Failure error={access.error} retry={access.reload} />}
    {access.value === undefined ? access.error === undefined && <Loading what="your agents" /> : <>
      <WaitingNotice waiting={access.value.waiting} />
      {access.value.groups.length === 0 && !access.value.hasMore ? <FirstSteps api={api} me={me} /> : <Cards access={access.value} person={me.id} onRevoke={setWish} onNarrow={setNarrowed} />}
      {access.value.hasMore && <LoadMore what="approvals" isLoading={access.isLoading} onMore={access.showMore} />}
    </>}
    <PastDelegations api={api} me={me} />
    <RevokeDialogs api={api} wish={wish} onSettled={() => { setWish(undefined) }} onDone={access.reload} />
    {narrowed !== undefined && <NarrowDialog key={narrowed.id} api={api} delegation={narrowed} onClose={() => { setNarrowed(undefined); access.reload() }} />}
  </>
}

interface CardsProps {
  readonly access: MyAccess
  readonly person: string
  onRevoke(wish: Revocation): void
  onNarrow(delegation: DelegationView): void
}

function Cards({ access, person, onRevoke, onNarrow }: CardsProps): JSX.Element {
  return <>
    {access.groups.map((group) => <AgentCard key={group.agent.id} group={group} person={person} onRevoke={onRevoke} onNarrow={onNarrow} />)}
    {access.hasMoreSessions && <Notice tone="plain" title="More sessions run than are shown here">Revoking an approval or an agent ends all of them.</Notice>}
  </>
}
