import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { ReportView } from '../../authority/admin/wire/report.ts'
import type { Api } from '../api/client.ts'
import { Confirm } from '../parts/confirm.tsx'
import { ReportDialog } from '../parts/report-dialog.tsx'
import { carryOut, wordsOf, type Revocation } from './revocation.ts'

export interface RevokeDialogsProps {
  readonly api: Api
  /** What is about to be taken back; undefined for nothing. */
  readonly wish: Revocation | undefined
  /** The question is answered, either way. */
  onSettled(): void
  /** It was done. */
  onDone(): void
}

/** The second click, and what has come of it. */
export function RevokeDialogs({ api, wish, onSettled, onDone }: RevokeDialogsProps): JSX.Element | null {
  const made = useRef<ReportView | undefined>(undefined)
  const [told, setTold] = useState<{ readonly title: string; readonly report: ReportView }>()
  if (told !== undefined) return <ReportDialog {...told} onClose={() => { setTold(undefined) }} />
  if (wish === undefined) return null
  const { question, verb, effect, done } = wordsOf(wish)
  const close = (wasDone: boolean): void => {
    onSettled()
    if (!wasDone || made.current === undefined) return
    setTold({ title: done, report: made.current })
    onDone()
  }
  return <Confirm title={question} verb={verb} danger asksReason onClose={close} act={async (reason) => { made.current = await carryOut(api, wish, reason) }}>
    <p>{effect}</p>
  </Confirm>
}
