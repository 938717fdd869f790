import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { asApiError, type ApiError } from '../api/api-error.ts'
import { Dialog } from './dialog.tsx'
import { Failure } from './failure.tsx'

export interface ConfirmProps {
  /** The question: `Revoke PR Reviewer?` */
  readonly title: string
  /** What will happen, before it does. */
  readonly children: ComponentChildren
  /** Of the button that does it: a verb. */
  readonly verb: string
  readonly danger?: boolean
  /** Asks for a reason, which goes to the audit. */
  readonly asksReason?: boolean
  act(reason: string | undefined): Promise<unknown>
  /** After it was done, or not. */
  onClose(done: boolean): void
}

/** Asks once more before something is done, and says why where it could not be. The second of two clicks. */
export function Confirm({ title, children, verb, danger = false, asksReason = false, act, onClose }: ConfirmProps): JSX.Element {
  const [error, setError] = useState<ApiError>()
  const [isBusy, setBusy] = useState(false)
  const [reason, setReason] = useState('')
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    setBusy(true)
    act(reason.trim() === '' ? undefined : reason.trim()).then(() => { onClose(true) }, (failed: unknown) => { setBusy(false); setError(asApiError(failed)) })
  }
  return <Dialog title={title} onClose={() => { onClose(false) }}>
    <form class="stack" onSubmit={submit}>
      <div class="stack-tight">{children}</div>
      {asksReason && <div class="field">
        <label for="confirm-reason">Reason <span class="muted">(optional, for the audit)</span></label>
        <input id="confirm-reason" type="text" maxLength={512} value={reason} onInput={(event) => { setReason(event.currentTarget.value) }} />
      </div>}
      {error !== undefined && <Failure error={error} />}
      <div class="actions">
        <button type="submit" class={danger ? 'button-danger' : 'button-accent'} disabled={isBusy}>{verb}</button>
        <button type="button" onClick={() => { onClose(false) }}>Cancel</button>
      </div>
    </form>
  </Dialog>
}
