import type { ApprovalId, PersonId } from '../../model/ids.ts'
import type { Approval } from '../../store/ports/approvals.ts'
import type { SignedIn } from '../people/contract.ts'

/** Questions to people, from asking to answering. Each step is on record. */
export interface ApprovalService {
  get(id: ApprovalId): Promise<Approval | undefined>
  /** Whether this person may answer: the one concerned or an operator for an operation; an operator other than the one who asks for break-glass. */
  mayAnswer(approval: Approval, who: SignedIn): boolean
  /** @returns undefined where it was answered, its time is over, or this person may not answer it */
  answer(id: ApprovalId, answer: 'approved' | 'denied', who: SignedIn): Promise<Approval | undefined>
  /** Until when this person is an operator by a colleague's leave; undefined where not now. Synchronous, O(1). */
  breakGlass(person: PersonId): number | undefined
  /** Somebody asks to be an operator for a while. @throws TypeError where the reason is empty or longer than 500 characters, or the time is none */
  askBreakGlass(person: PersonId, reason: string, durationMs: number): Promise<Approval>
}
