import type { JSX } from 'preact'
import type { ApprovalView } from '../../authority/admin/wire/approval.ts'
import { Notice } from '../parts/notice.tsx'

/** Questions that wait for the reader's answer; they are answered on pages of the server. */
export function WaitingNotice({ waiting }: { readonly waiting: readonly ApprovalView[] }): JSX.Element {
  const [first] = waiting
  return <div aria-live="polite">
    {first !== undefined && <Notice tone="warn" title={waiting.length === 1 ? 'One question waits for your answer' : `${waiting.length} questions wait for your answer`}>
      <a href={waiting.length === 1 ? `/approvals/${first.id}` : '/approvals'}>{waiting.length === 1 ? 'Look at it' : 'Look at them'}</a>
    </Notice>}
  </div>
}
