import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { DelegationView } from '../../authority/admin/wire/delegation.ts'
import { asApiError, type ApiError } from '../api/api-error.ts'
import type { Api } from '../api/client.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Failure } from '../parts/failure.tsx'
import { Moment } from '../parts/moment.tsx'
import { Notice } from '../parts/notice.tsx'
import { earlierEnds, narrowingOf, wholeForm, type NarrowingForm } from './narrowing.ts'
import { NarrowPart } from './narrow-part.tsx'
import { nameOf } from './revocation.ts'

export interface NarrowDialogProps {
  readonly api: Api
  readonly delegation: DelegationView
  onClose(): void
}

/** Takes away some of what an approval lets its agent do, in place: fewer scopes or targets, an earlier end. It holds from the next call on. */
export function NarrowDialog({ api, delegation: opened, onClose }: NarrowDialogProps): JSX.Element {
  const [delegation, setDelegation] = useState(opened)
  const [form, setForm] = useState<NarrowingForm>(() => wholeForm(opened.access))
  const [problem, setProblem] = useState<string>()
  const [error, setError] = useState<ApiError>()
  const [isBusy, setBusy] = useState(false)

  const attempt = (work: () => Promise<void>): void => {
    setBusy(true)
    setProblem(undefined)
    setError(undefined)
    work().catch((failed: unknown) => { setError(asApiError(failed)) }).finally(() => { setBusy(false) })
  }
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const narrowing = narrowingOf(delegation, form, Date.now())
    if ('problem' in narrowing) {
      setProblem(narrowing.problem)
      return
    }
    attempt(async () => {
      await api.patch(`/v1/delegations/${delegation.id}`, narrowing.body)
      onClose()
    })
  }
  const readAgain = (): void => {
    attempt(async () => {
      const current = await api.get<DelegationView>(`/v1/delegations/${delegation.id}`)
      if (current.state !== 'active') return onClose()
      setDelegation(current)
      setForm(wholeForm(current.access))
    })
  }
  return <Dialog title={`Narrow what ${nameOf(delegation.agent)} may do`} onClose={onClose}>
    <form class="stack" onSubmit={submit}>
      <p class="muted">Untick what it shall not do any more. What you take away it has to ask you for anew.</p>
      {delegation.access.map((access, at) => <NarrowPart key={`${access.integration} ${at}`} access={access} place={at} kept={form.kept[at]} onChange={(kept) => {
        setForm((before) => ({ ...before, kept: before.kept.map((each, other) => other === at ? kept : each) }))
      }} />)}
      <EndField delegation={delegation} chosen={form.endsInMs} onChoose={(endsInMs) => { setForm((before) => ({ ...before, endsInMs })) }} />
      {problem !== undefined && <Notice tone="bad" title={problem} />}
      {error !== undefined && <Failure error={error} />}
      <div class="actions">
        {error?.code === 'state_conflict'
          ? <button type="button" class="button-accent" disabled={isBusy} onClick={readAgain}>Show it as it is now</button>
          : <button type="submit" class="button-accent" disabled={isBusy}>Narrow it</button>}
        <button type="button" onClick={onClose}>Cancel</button>
      </div>
    </form>
  </Dialog>
}

function EndField({ delegation, chosen, onChoose }: { readonly delegation: DelegationView; readonly chosen: number | undefined; onChoose(endsInMs: number | undefined): void }): JSX.Element {
  return <div class="field">
    <label for="narrow-end">Ends</label>
    <select id="narrow-end" value={chosen === undefined ? '' : String(chosen)} onChange={({ currentTarget: { value } }) => { onChoose(value === '' ? undefined : Number(value)) }}>
      <option value="">as it stands</option>
      {earlierEnds(delegation.expires_at, Date.now()).map(([endsInMs, words]) => <option key={endsInMs} value={String(endsInMs)}>{words}</option>)}
    </select>
    <p class="hint">It stands until <Moment at={delegation.expires_at} />.</p>
  </div>
}
